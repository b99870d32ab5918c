"""A `bench.blocks.Report` as HTML, Markdown, LaTeX or terminal text.

Each format is one module with one ``render``. They format and escape; they compute nothing.
"""
