"""A `Figure` as inline SVG, one picture a panel: the only import of matplotlib and seaborn.

Colours leave here as CSS variables (``var(--hue-1)``), so that one picture serves light, dark and
print; text stays text. The same figure gives the same bytes on every run.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.render import cells, vector
from bench.report import Axis, AxisScale, Curve, Figure, Form, Row

# Colours that no drawing uses by chance; `vector.inline` turns them into CSS variables.
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
_SIZE = (5.9, 4.3)  # inches of 72 units: type stays readable when scaled to a phone
_LOGIT_TICKS = (
    *(0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    *(0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.997, 0.999),
)
_LOG_STEPS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 2, 3, 5, 7),
    (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
)
_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "text.parse_math": False,
    "font.size": 11,
    "axes.labelsize": 11,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.xmargin": 0.06,
    "axes.ymargin": 0.08,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": INK,
    "figure.facecolor": "none",
}


def panels(figure: Figure) -> tuple[str | None, ...]:
    """The panels that have something to show, in order; ``(None,)`` for a single picture."""
    if figure.panel is None:
        return (None,)
    shown = {str(row.get(figure.panel)) for row in _drawable(figure)}
    return tuple(panel for panel in figure.panels if panel in shown)


def hidden(figure: Figure) -> tuple[Row, ...]:
    """Rows with values that the axes have no place for, such as 0 on a log axis."""
    drawn = {id(row) for row in _drawable(figure)}
    keys = (figure.x.key, figure.y.key)
    return tuple(
        row
        for row in figure.rows
        if id(row) not in drawn and all(cells.is_number(row.get(key)) for key in keys)
    )


def svg(figure: Figure, panel: str | None = None) -> str:
    """One panel as an ``<svg>`` element, to put into a page as it is."""
    rows = [
        row
        for row in _drawable(figure)
        if panel is None or str(row.get(figure.panel or "")) == panel
    ]
    curves = [c for c in figure.curves if panel is None or c.panel in (None, panel)]
    with mpl.rc_context(_RC):
        canvas = Canvas(figsize=_SIZE, layout="constrained")
        axes = canvas.add_subplot()
        _frame(axes, figure, rows, curves)
        for curve in curves:
            _curve(axes, figure, curve)
        _points(axes, figure, rows)
        buffer = io.StringIO()
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return vector.inline(
        buffer.getvalue(),
        colours=VARIABLES,
        prefix=f"{figure.name}-{figure.panels.index(panel) if panel in figure.panels else 0}",
        label=f"{figure.alt} {panel or ''}".strip(),
        points=("points", [_tooltip(figure, row) for row in rows]),
    )


def legend(figure: Figure) -> Iterator[tuple[str, str]]:
    """(swatch as SVG, label) of all that the picture shows; labels are not yet escaped."""
    rows = _drawable(figure)
    used = {str(row[figure.hue]) for row in rows} | {c.hue for c in figure.curves}
    for name in figure.hues:
        if name in used:
            colour = f"var({VARIABLES[_colour(figure, name)]})"
            yield _swatch(_SWATCHES["o"], colour, line=True), name
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


def _colour(figure: Figure, hue: str | None) -> str:
    return MUTED if hue is None else HUES[figure.hues.index(hue) % len(HUES)]


def _placed(value: object, scale: AxisScale) -> float | None:
    """The value if the axis has a place for it."""
    if not isinstance(value, int | float) or not cells.is_number(value):
        return None
    low, high = {
        AxisScale.LINEAR: (float("-inf"), float("inf")),
        AxisScale.LOG: (0.0, float("inf")),
        AxisScale.LOGIT: (0.0, 1.0),
    }[scale]
    return float(value) if low < value < high else None


def _drawable(figure: Figure) -> list[Row]:
    return [
        row
        for row in figure.rows
        if all(_placed(row.get(axis.key), axis.scale) is not None for axis in (figure.x, figure.y))
    ]


def _frame(axes: Axes, figure: Figure, rows: Sequence[Row], curves: Sequence[Curve]) -> None:
    """Scales, limits, ticks and labels; limits follow points and lines, never wide bands."""
    shown = _drawable(figure) if figure.share else rows
    lines = figure.curves if figure.share else curves
    for axis, name in ((figure.x, "x"), (figure.y, "y")):
        getattr(axes, f"set_{name}scale")(axis.scale.value)
    spans = [list(_extent(figure.x, shown)), list(_extent(figure.y, shown))]
    for curve in lines:
        spans[0] += curve.x
        spans[1] += [y for y in curve.y if _placed(y, figure.y.scale) is not None]
    for i, (axis, name) in enumerate(((figure.x, "x"), (figure.y, "y"))):
        if spans[i]:
            corners = [(v, v) for v in (min(spans[i]), max(spans[i]))]
            axes.update_datalim(corners, updatex=i == 0, updatey=i == 1)
        axes.autoscale_view(scalex=i == 0, scaley=i == 1)
        limits = getattr(axes, f"get_{name}lim")()
        getattr(axes, f"set_{name}lim")(limits)
        ruler = getattr(axes, f"{name}axis")
        _ticks(ruler, axis.scale, *limits)
        getattr(axes, f"set_{name}label")(axis.label + (f" ({axis.unit})" if axis.unit else ""))
    sns.despine(ax=axes, left=True)


def _extent(axis: Axis, rows: Iterable[Row]) -> Iterator[float]:
    for row in rows:
        for key in (axis.key, axis.low, axis.high):
            value = _placed(row.get(key), axis.scale) if key else None
            if value is not None:
                yield value


def _ticks(ruler: Any, scale: AxisScale, low: float, high: float) -> None:
    """Few round numbers, written out."""
    ruler.set_minor_locator(NullLocator())
    if scale is AxisScale.LINEAR:
        ruler.set_major_locator(MaxNLocator(6))
        return
    ticks = log_ticks(low, high) if scale is AxisScale.LOG else logit_ticks(low, high)
    ruler.set_major_locator(FixedLocator(ticks))
    percent = scale is AxisScale.LOGIT
    ruler.set_major_formatter(FuncFormatter(lambda v, _: _percent(v) if percent else _plain(v)))


def _percent(value: float) -> str:
    """A proportion as a reader says it.

    >>> _percent(0.5), _percent(0.003), _percent(0.997)
    ('50%', '0.3%', '99.7%')
    """
    return f"{float(f'{value:.6%}'[:-1]):g}%"


def _plain(value: float) -> str:
    """A tick without idle zeros.

    >>> _plain(0.0003), _plain(1000.0), _plain(2.5)
    ('0.0003', '1,000', '2.5')
    """
    text = cells.number(value, Form.SIGNIFICANT, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers inside low..high (both > 0): about four to seven.

    >>> log_ticks(0.00008, 0.02), log_ticks(18, 62)
    ([0.0001, 0.0003, 0.001, 0.003, 0.01], [20.0, 25.0, 30.0, 40.0, 50.0, 60.0])
    """
    best: list[float] = []
    for steps in _LOG_STEPS:
        found = [float(f"{s}e{d}") for d in range(-12, 13) for s in steps]
        best = [tick for tick in found if low <= tick <= high]
        if len(best) >= 4:
            break
    return best[:: len(best) // 8 + 1]


def logit_ticks(low: float, high: float) -> list[float]:
    """Round proportions inside low..high (both in 0..1): at least two where there are any.

    >>> logit_ticks(0.08, 0.72), logit_ticks(0.61, 0.68)
    ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [0.62, 0.64, 0.66, 0.68])
    """
    ticks = [tick for tick in _LOGIT_TICKS if low <= tick <= high]
    if len(ticks) < 3:
        fine = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
        ticks = [round(float(tick), 9) for tick in fine if low <= tick <= high and 0 < tick < 1]
    return ticks[:: len(ticks) // 8 + 1]


def _curve(axes: Axes, figure: Figure, curve: Curve) -> None:
    """One line with its band; bands stay inside the picture."""
    colour = _colour(figure, curve.hue)
    if curve.low is not None and curve.high is not None:
        floor, ceiling = axes.get_ylim()
        low = [max(v, floor) for v in curve.low]
        high = [min(v, ceiling) for v in curve.high]
        axes.fill_between(curve.x, low, high, color=colour, alpha=0.13, linewidth=0)
    style = (0, (4, 3)) if curve.dashed else "solid"
    axes.plot(curve.x, curve.y, color=colour, linestyle=style, linewidth=1.6)


def _points(axes: Axes, figure: Figure, rows: Sequence[Row]) -> None:
    """Intervals, then points on top of them."""
    if not rows:
        return
    x = [float(str(row[figure.x.key])) for row in rows]
    y = [float(str(row[figure.y.key])) for row in rows]
    hue = [str(row[figure.hue]) for row in rows]
    for axis, draw, at in ((figure.y, axes.vlines, x), (figure.x, axes.hlines, y)):
        if axis.low and axis.high:
            ends = [
                tuple(_placed(r.get(k), axis.scale) for k in (axis.low, axis.high)) for r in rows
            ]
            for place, name, (low, high) in zip(at, hue, ends, strict=True):
                if low is not None and high is not None:
                    draw(place, low, high, color=_colour(figure, name), alpha=0.55, linewidth=1.3)
    # Names go by their number: a drawing library need not cope with every text.
    style = [figure.styles.index(str(row[figure.style])) for row in rows]
    sns.scatterplot(
        data={
            "x": x,
            "y": y,
            "hue": [str(figure.hues.index(name)) for name in hue],
            "style": [str(i) for i in style],
        },
        x="x",
        y="y",
        hue="hue",
        style="style",
        palette={str(i): _colour(figure, name) for i, name in enumerate(figure.hues)},
        markers={str(i): MARKERS[i % len(MARKERS)] for i in style},
        s=52,
        edgecolor=PAPER,
        linewidth=0.9,
        legend=False,
        ax=axes,
        zorder=4,
        gid="points",
    )
    for axis, name in ((figure.x, "x"), (figure.y, "y")):  # seaborn renames them
        getattr(axes, f"set_{name}label")(axis.label + (f" ({axis.unit})" if axis.unit else ""))


def _tooltip(figure: Figure, row: Row) -> str:
    """``convnext_m.g22k · 0.0041 GMACs · 31.2 %``."""
    parts = [str(row.get(figure.label))]
    for axis in (figure.x, figure.y):
        value = row.get(axis.key)
        if axis.scale is AxisScale.LOGIT:
            parts.append(f"{axis.label} {float(str(value)):.1%}")
        else:
            parts.append(f"{axis.label} {cells.number(value, Form.SIGNIFICANT, 3)} {axis.unit}")
    return " · ".join(parts).strip()


__all__ = ["hidden", "legend", "log_ticks", "logit_ticks", "panels", "svg"]
