"""Columns of scaling laws: what they rest on, what they say, how far they carry."""

from __future__ import annotations

from collections.abc import Mapping

from bench.blocks.columns.entry import Entry, fixed, signed, significant, text, whole

LAWS: Mapping[str, Entry] = {
    # what they rest on
    "fit": text("Fit", key="name"),
    "sizes": whole("Sizes"),
    "used": whole("Used"),
    "points": whole("Points"),
    "missing": whole("Blank", about="Rows without x or y"),
    "decades": fixed("Range", 2, unit="decades"),
    "form": text("Form"),
    "forms": text("Forms"),
    "delta": significant("Robust delta", 2),
    "converged": text("Converged", about="Of the forms"),
    "gradient": text(
        "Largest gradient", about="Infinity norm of the objective's scaled gradient at the end"
    ),
    "second_start": text(
        "Second best start",
        key="second",
        about="Its objective over the best one's; of the forms, the worst",
    ),
    # what they say
    "error_at": fixed("Fitted error", interval=True),
    "elasticity": signed("Elasticity, middle", 3, interval=True),
    "elasticity_top": signed("At the largest", 3, interval=True),
    "exponent": fixed("c", 2, interval=True, mark="unsure"),
    "floor": fixed("Floor", interval=True),
    "actual": fixed("Measured", key="held_out_actual"),
    # how far they carry
    "drop_one": signed(
        "Drop-one", 2, about="Over leaving out each size in turn: wide if one model carries it all"
    ),
    "held_out_miss": signed(
        "Held-out miss",
        2,
        unit="points",
        about="The largest model predicted from the others, less measured",
    ),
    "arms": fixed("in arms of its interval", 2, about="Above 1, the measured value lies outside"),
    "spread": fixed("At 2×: median and range of forms", 2, interval=True),
    "slope_top": signed(
        "Slope at the top: all, and range with each size dropped",
        3,
        key="slope",
        interval=True,
        about="A wide range says that one model carries the conclusion",
    ),
    # families against each other
    "axis": text("Cost"),
    "at": text("Compared at", about="The largest cost that all reach"),
    "elasticity_gap": signed(
        "Elasticity, first less second",
        3,
        key="gap",
        interval=True,
        about="Slope of ln y over ln x at the middle of the range that both cover",
    ),
    "y_ratio": fixed(
        "Ratio of y, first over second",
        3,
        key="ratio",
        interval=True,
        about="At the top of the shared range",
    ),
    "chance": text("Probability"),
    # clouds of runs
    "surface_e": significant("E", key="e", interval=True, about="Loss that no scale removes"),
    "surface_a": significant("A", key="a"),
    "surface_b": significant("B", key="b"),
    "alpha": fixed("alpha", 3, interval=True, about="Exponent of the size"),
    "beta": fixed("beta", 3, interval=True, about="Exponent of the data"),
    "size_exponent": fixed(
        "Optimal size", 3, interval=True, about="Exponent of compute in the optimal size"
    ),
    "frontier_factor": significant("Factor", 4, key="factor"),
    "frontier_exponent": signed("Exponent", 4, key="exponent"),
    "bins": whole("Bins", about="Of five that hold a run"),
    "x_low": significant("From"),
    "x_high": significant("To"),
}
