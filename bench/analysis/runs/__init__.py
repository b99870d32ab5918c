"""Many runs at once: loss over size and data, and the lower envelope of a cloud."""
