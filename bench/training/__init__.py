"""Training: how the checkpoints of the zoo are made."""
