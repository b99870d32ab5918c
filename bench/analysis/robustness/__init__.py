"""Robustness: accuracy under shift beside what in-distribution accuracy predicts."""
