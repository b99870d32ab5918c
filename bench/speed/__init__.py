"""Speed: throughput and latency of a network on this device, with an interval."""
