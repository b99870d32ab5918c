"""Parts of reports: functions from frames of results and of analysis to blocks.

``reports/<name>.py`` puts them in order. What is computed here is only how to say it; the
statistics are `bench.analysis`'s.
"""
