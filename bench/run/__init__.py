"""Runs: from what is asked for to jobs, from jobs to outcomes in the store."""
