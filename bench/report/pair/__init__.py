"""Two models or two families side by side."""
