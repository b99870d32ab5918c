"""From the long frame to tables: one row a model, a network or a way to run it."""
