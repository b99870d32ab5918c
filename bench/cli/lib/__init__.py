"""What several commands share: options, progress, text."""
