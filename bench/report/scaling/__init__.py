"""Parts of the scaling report."""
