"""Images: drawn or listed, prepared for a network, opened by whoever measures."""
