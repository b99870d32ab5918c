"""Tasks: what a network predicts, and how its predictions are scored."""
