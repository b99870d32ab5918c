"""Shared by several commands: options, progress, text."""
