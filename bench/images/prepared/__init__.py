"""Prepared images: decoded, resized and cut once, for every model that asks for the same."""
