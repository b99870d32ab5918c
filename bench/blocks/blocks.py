"""What a report is made of: frozen blocks that say what to show, never how.

``reports/<name>.py`` builds a `Report` from data; ``bench.render`` turns it into HTML, Markdown,
LaTeX or terminal text. All numbers are computed before they get here: a renderer only formats.
Text is plain text: every renderer escapes it, so a name may hold any character.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Cell = str | int | float | None
Row = Mapping[str, Cell]


class Form(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    FIXED = "fixed"  #: ``digits`` decimals
    SIGNED = "signed"  #: ``digits`` decimals, always with a sign
    SIGNIFICANT = "significant"  #: ``digits`` significant digits, never an exponent


class Tone(StrEnum):
    """What a `Note` is for."""

    INFO = "info"
    WARN = "warn"


class AxisScale(StrEnum):
    """Spacing of an axis; ``LOGIT`` takes proportions in 0..1 and labels them in %."""

    LINEAR = "linear"
    LOG = "log"
    LOGIT = "logit"


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A section title; level 2 is the first below the report's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; ``lead`` marks the answer the reader came for."""

    text: str
    lead: bool = False


@dataclass(frozen=True, kw_only=True)
class Code:
    """A command to copy."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """A remark set apart from the text."""

    text: str
    tone: Tone = Tone.INFO


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: ``key`` names the row's value; ``low``, ``high`` and ``mark`` name others.

    ``mark`` is a short text set after the value, a dagger that a footnote explains.
    """

    key: str
    title: str
    unit: str = ""
    group: str = ""  #: columns side by side in one group share a header
    form: Form = Form.TEXT
    digits: int = 1
    low: str | None = None
    high: str | None = None
    mark: str | None = None
    brief: str = ""  #: title that stands without its group, where groups are not shown
    about: str = ""  #: one line for readers who do not know the title

    @property
    def numeric(self) -> bool:
        """Numbers align right and sort by value."""
        return self.form is not Form.TEXT


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under columns; the first column names the row."""

    name: str  #: ``scaling``: of the CSV file, and the anchor in a page
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()  #: footnotes
    filterable: bool = False


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a `Figure`: ``key`` names the rows' value, ``low`` and ``high`` its interval."""

    key: str
    label: str
    unit: str = ""
    scale: AxisScale = AxisScale.LINEAR
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line through (x, y), with a band low..high where one is known.

    ``hue`` None draws it in neutral ink; ``panel`` None draws it in every panel.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    hue: str | None = None
    panel: str | None = None
    dashed: bool = False
    label: str = ""  #: in the legend, for neutral curves


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Points from ``rows``, coloured by ``hue``, marked by ``style``, split by ``panel``.

    ``hues`` and ``styles`` give the full order, shown or not, so that a family has one colour
    in every figure.
    """

    name: str
    title: str
    caption: str  #: how to read it
    alt: str  #: what the picture shows, for readers who cannot see it
    rows: tuple[Row, ...]
    x: Axis
    y: Axis
    hue: str
    style: str
    hues: tuple[str, ...]
    styles: tuple[str, ...]
    label: str  #: key of the row's name, shown when pointed at
    panel: str | None = None
    panels: tuple[str, ...] = ()
    share: bool = True  #: panels share their limits
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Download:
    """A text file that travels inside the report."""

    name: str
    title: str
    text: str
    media: str = "text/csv"


Block = Heading | Text | Code | Note | Table | Figure | Download


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole report; ``provenance`` is (what, value) pairs, ``data`` all measurements."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    provenance: tuple[tuple[str, str], ...] = ()
    data: Download | None = None
