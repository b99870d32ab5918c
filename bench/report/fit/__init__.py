"""Scaling fits of any table of points, and what must be said of each."""
