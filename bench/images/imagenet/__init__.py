"""ImageNet's classes, and whether a set is what it says."""
