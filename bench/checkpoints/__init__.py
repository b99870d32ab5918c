"""Checkpoints: what timm and the zoo publish, where their weights lie, networks built from them."""
