"""Statistics of proportions: intervals, tests, power, ranks."""
