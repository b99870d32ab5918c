"""A `Figure` as inline SVG, one picture per panel; the only import of matplotlib and seaborn.

Colours become CSS variables (``var(--hue-1)``), so that one picture works in light and dark mode
and in print; text stays text. The same figure gives the same bytes on every run, whatever the
user's settings for matplotlib.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bench.blocks import Axis, AxisScale, Curve, Figure, Form, Row, cells
from bench.render import marks, ticks, vector
from bench.render.own_settings import of_matplotlib

with of_matplotlib():
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

_SIZE = (5.9, 4.3)  # inches of 72 units: type stays readable when scaled to a phone
_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "text.parse_math": False,
    "font.sans-serif": ["DejaVu Sans"],  # the one that matplotlib brings along
    "font.size": 11,
    "axes.labelsize": 11,
    "axes.labelcolor": marks.INK,
    "axes.edgecolor": marks.MUTED,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.xmargin": 0.06,
    "axes.ymargin": 0.08,
    "grid.color": marks.GRID,
    "grid.linewidth": 0.8,
    "xtick.color": marks.MUTED,
    "ytick.color": marks.MUTED,
    "xtick.labelcolor": marks.INK,
    "ytick.labelcolor": marks.INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": marks.INK,
    "figure.facecolor": "none",
}


def svg(figure: Figure, panel: str | None = None) -> str:
    """One panel as an ``<svg>`` element, ready for a page."""
    rows = [
        row
        for row in marks.drawable(figure)
        if panel is None or str(row.get(figure.panel or "")) == panel
    ]
    curves = [c for c in figure.curves if panel is None or c.panel in (None, panel)]
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's matplotlibrc, style or program has set
        mpl.rcParams.update(_RC)
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
        colours=marks.VARIABLES,
        prefix=f"{figure.name}-{figure.panels.index(panel) if panel in figure.panels else 0}",
        label=f"{figure.alt} {panel or ''}".strip(),
        points=("points", [_tooltip(figure, row) for row in rows]),
    )


def _frame(axes: Axes, figure: Figure, rows: Sequence[Row], curves: Sequence[Curve]) -> None:
    """Scales, limits, ticks and labels; limits follow points and lines, not the bands."""
    shown = marks.drawable(figure) if figure.share else rows
    lines = figure.curves if figure.share else curves
    for axis, name in ((figure.x, "x"), (figure.y, "y")):
        getattr(axes, f"set_{name}scale")(axis.scale.value)
    spans = [list(_extent(figure.x, shown)), list(_extent(figure.y, shown))]
    for curve in lines:
        spans[0] += curve.x
        spans[1] += [y for y in curve.y if marks.placed(y, figure.y.scale) is not None]
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
            value = marks.placed(row.get(key), axis.scale) if key else None
            if value is not None:
                yield value


def _ticks(ruler: Any, scale: AxisScale, low: float, high: float) -> None:
    """A few round numbers, written out."""
    ruler.set_minor_locator(NullLocator())
    if scale is AxisScale.LINEAR:
        ruler.set_major_locator(MaxNLocator(6))
        return
    logit = scale is AxisScale.LOGIT
    places = ticks.logit_ticks(low, high) if logit else ticks.log_ticks(low, high)
    ruler.set_major_locator(FixedLocator(places))
    label = ticks.percent if logit else ticks.plain
    ruler.set_major_formatter(FuncFormatter(lambda value, _: label(value)))


def _curve(axes: Axes, figure: Figure, curve: Curve) -> None:
    """One line with its band, clipped to the picture."""
    colour = marks.colour(figure, curve.hue)
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
                tuple(marks.placed(r.get(k), axis.scale) for k in (axis.low, axis.high))
                for r in rows
            ]
            for place, name, (low, high) in zip(at, hue, ends, strict=True):
                if low is not None and high is not None:
                    draw(
                        place,
                        low,
                        high,
                        color=marks.colour(figure, name),
                        alpha=0.55,
                        linewidth=1.3,
                    )
    # Names are passed as numbers, because seaborn does not cope with every text.
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
        palette={str(i): marks.colour(figure, name) for i, name in enumerate(figure.hues)},
        markers={str(i): marks.MARKERS[i % len(marks.MARKERS)] for i in style},
        s=52,
        edgecolor=marks.PAPER,
        linewidth=0.9,
        legend=False,
        ax=axes,
        zorder=4,
        gid="points",
    )
    for axis, name in ((figure.x, "x"), (figure.y, "y")):  # seaborn overwrites them
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
