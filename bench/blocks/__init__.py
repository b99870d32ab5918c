"""What a report is made of: frozen blocks that say what to show, never how."""

from __future__ import annotations

from bench.blocks.blocks import (
    Axis,
    AxisScale,
    Block,
    Cell,
    Code,
    Column,
    Curve,
    Download,
    Figure,
    Form,
    Heading,
    Note,
    Report,
    Row,
    Table,
    Text,
    Tone,
)

__all__ = [
    "Axis",
    "AxisScale",
    "Block",
    "Cell",
    "Code",
    "Column",
    "Curve",
    "Download",
    "Figure",
    "Form",
    "Heading",
    "Note",
    "Report",
    "Row",
    "Table",
    "Text",
    "Tone",
]
