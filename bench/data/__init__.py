"""Datasets: one data-only file a source; the files with an underscore do the work."""
