"""What a figure shows: colours, markers, and the points that fit on its axes."""

from __future__ import annotations

from collections.abc import Iterator

from bench.blocks import AxisScale, Figure, Row, cells

# Placeholder colours that are used nowhere else; `vector.inline` turns them into CSS variables.
INK, MUTED, GRID, PAPER = "#fe0001", "#fe0002", "#fe0003", "#fe0004"
HUES = tuple(f"#fd000{i}" for i in range(1, 9))
VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"} | {
    colour: f"--hue-{i}" for i, colour in enumerate(HUES, 1)
}
MARKERS = ("o", "D", "s", "^", "v", "P")
_SWATCHES = {
    "o": "M11 2.5a3.5 3.5 0 1 0 .01 0z",
    "D": "M11 1.5l4.5 4.5-4.5 4.5-4.5-4.5z",
    "s": "M7.5 2.5h7v7h-7z",
    "^": "M11 2l4 8h-8z",
    "v": "M11 10l4-8h-8z",
    "P": "M9.5 2h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5v-3h2.5z",
}


def panels(figure: Figure) -> tuple[str | None, ...]:
    """The panels with something to show, in order; ``(None,)`` for a figure without panels."""
    if figure.panel is None:
        return (None,)
    shown = {str(row.get(figure.panel)) for row in drawable(figure)}
    return tuple(panel for panel in figure.panels if panel in shown)


def hidden(figure: Figure) -> tuple[Row, ...]:
    """Rows with values that do not fit on the axes, such as 0 on a log axis."""
    drawn = {id(row) for row in drawable(figure)}
    keys = (figure.x.key, figure.y.key)
    return tuple(
        row
        for row in figure.rows
        if id(row) not in drawn and all(cells.is_number(row.get(key)) for key in keys)
    )


def legend(figure: Figure) -> Iterator[tuple[str, str]]:
    """(swatch as SVG, label) of everything in the picture; labels are not escaped."""
    rows = drawable(figure)
    used = {str(row[figure.hue]) for row in rows} | {c.hue for c in figure.curves}
    for name in figure.hues:
        if name in used:
            ink = f"var({VARIABLES[colour(figure, name)]})"
            yield _swatch(_SWATCHES["o"], ink, line=True), name
    styles = {str(row[figure.style]) for row in rows}
    for i, name in enumerate(figure.styles):
        if name in styles:
            yield _swatch(_SWATCHES[MARKERS[i % len(MARKERS)]], "var(--ink)"), name
    for dashed, label in dict.fromkeys((c.dashed, c.label) for c in figure.curves if c.label):
        yield _swatch("", "var(--muted)", line=True, dashed=dashed), label


def _swatch(path: str, colour: str, *, line: bool = False, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    rule = f'<path d="M0 6H22" stroke="{colour}" stroke-width="2"{dash}/>' if line else ""
    shape = f'<path d="{path}" fill="{colour}"/>' if path else ""
    return f'<svg viewBox="0 0 22 12" width="22" height="12" aria-hidden="true">{rule}{shape}</svg>'


def colour(figure: Figure, hue: str | None) -> str:
    """The placeholder colour of a hue; None is neutral."""
    return MUTED if hue is None else HUES[figure.hues.index(hue) % len(HUES)]


def placed(value: object, scale: AxisScale) -> float | None:
    """The value if it fits on the axis, else None."""
    if not isinstance(value, int | float) or not cells.is_number(value):
        return None
    low, high = {
        AxisScale.LINEAR: (float("-inf"), float("inf")),
        AxisScale.LOG: (0.0, float("inf")),
        AxisScale.LOGIT: (0.0, 1.0),
    }[scale]
    return float(value) if low < value < high else None


def drawable(figure: Figure) -> list[Row]:
    """Rows whose two values fit on the axes."""
    return [
        row
        for row in figure.rows
        if all(placed(row.get(axis.key), axis.scale) is not None for axis in (figure.x, figure.y))
    ]
