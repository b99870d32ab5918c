"""Benchmark suite: do modern ConvNets scale like Vision Transformers, and stay robust?"""

__version__ = "0.1.0"
