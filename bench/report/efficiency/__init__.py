"""Parts of the efficiency report."""
