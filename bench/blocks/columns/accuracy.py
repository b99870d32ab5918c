"""Columns of accuracy, robustness and calibration."""

from __future__ import annotations

from collections.abc import Mapping

from bench.blocks.columns.entry import Entry, fixed, signed, text, whole

ACCURACY: Mapping[str, Entry] = {
    "top1": fixed("Top-1", unit="%", interval=True, about="With its 95 % Wilson interval"),
    "rank": whole("Rank", mark="tied", about="One more than the models that are surely better"),
    "place": whole(
        "Place",
        interval=True,
        about="By accuracy, with the places that the tests leave open, all at once at 5 %",
    ),
    # under shift
    "effective": signed(
        "Effective robustness",
        about="Accuracy above what these models' own line predicts from val; circular for few",
    ),
    "mean_effective": signed("Mean effective robustness", interval=True),
    "published_effective": signed("Effective robustness over the published line"),
    "drop": fixed("Mean drop", unit="points", about="Points lost from val, mean over models"),
    "line_models": whole("Models", key="n"),
    "line_slope": fixed("Slope", 2, key="slope"),
    "line_r2": fixed("R²", 3, key="r2"),
    "mce": fixed("mCE", unit="%", interval=True),
    "mean_error": fixed("Mean error", unit="%", interval=True, key="error"),
    "corruption_error": fixed("Error"),
    # what pretraining buys
    "gain": signed("Gain", interval=True),
    "data_slope": signed(
        "Slope over images",
        3,
        key="slope",
        interval=True,
        about="Of ln error over ln training images, between the two: a secant, no law",
    ),
    # measured beside published
    "figure": text("Figure", key="what", about="Top-1 in % where nothing else is said"),
    "measured": fixed(
        "Measured", 2, key="value", interval=True, about="With its 95 % interval over images"
    ),
    "published": fixed("Published", 2),
    "difference": signed(
        "Difference",
        2,
        interval=True,
        about="Measured less published: points, of params and GMACs %",
    ),
    "diagnosis": text("What fits the evidence"),
    "published_by": text("Published by", key="run"),
    # how sure
    "confidence": fixed("Sure"),
    "over": signed("Over"),
    "ece": fixed("ECE"),
}
