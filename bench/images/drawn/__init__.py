"""Drawn images: the embedded world, made on this machine and kept on its disk."""
