"""Networks at work: devices, forward passes, pixels on their way, memory."""
