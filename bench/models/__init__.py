"""Models: one data-only file a family; the files with an underscore do the work."""
