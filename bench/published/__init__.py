"""Published figures, as a frame like that of a store."""
