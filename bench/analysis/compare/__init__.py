"""Comparisons: two models, two families, a model and what is published of it."""
