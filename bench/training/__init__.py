"""Training: how the zoo's checkpoints are made."""
