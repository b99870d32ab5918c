"""Running networks: devices, forward passes, uploads, memory."""
