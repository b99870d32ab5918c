"""What a reader must know before trusting a number: warnings that a results frame calls for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.analysis.stats.chance import chance_level
from bench.analysis.worlds import world
from bench.blocks import Note, Tone
from bench.report.common.titles import title

if TYPE_CHECKING:
    import pandas as pd

#: Options that a speed depends on besides the device; the tables have columns for that.
_WAYS = ("precision", "batch_size", "channels_last", "compile")
#: What evaluations of one set of weights differ in.
_SAME = (
    *("model", "resolution", "crop_pct", "crop_mode", "interpolation", "dataset"),
    *("dataset_digest", "limit", "precision", "batch_size"),
)
#: Sets that every trained model knows something of.
_KNOWN = ("val", "real", "v2")


def cautions(frame: pd.DataFrame) -> Iterator[Note]:
    """What a reader must know before trusting a number."""
    if "glyphs" in set(frame["world"].dropna()):
        yield Note(
            text="Glyphs are drawn characters in the shape of ImageNet, and the models are small "
            "ones of the same families. What holds here need not hold on ImageNet."
        )
    limits = sorted({int(limit) for limit in frame["limit"].dropna()})
    if limits:
        first = ", ".join(map(str, limits))
        yield Note(
            text=f"Some numbers come from only {first} images of a set; their intervals show how "
            "uncertain that is.",
            tone=Tone.WARN,
        )
    if "published" in set(frame["source"]):
        yield Note(
            text="These figures are published, by papers and by timm, each with its source in the "
            "download. None of them was measured here.",
            tone=Tone.WARN,
        )
    yield from _pixels(frame)
    yield from _mixed(frame)
    yield from _unmatched(frame)
    yield from _at_chance(frame)


def _pixels(frame: pd.DataFrame) -> Iterator[Note]:
    """A warning for sets that are not as published, and for sets that changed between jobs."""
    names = ["dataset", "dataset_digest", "as_published"]
    used = frame.loc[frame["dataset_digest"].notna(), names].drop_duplicates()
    used = used.sort_values("dataset", kind="stable")
    altered = used.loc[used["as_published"].eq(False).fillna(False), "dataset"]
    if len(altered):
        yield Note(
            tone=Tone.WARN,
            text=f"{', '.join(dict.fromkeys(altered))}: these pixels are not the published ones. "
            "Numbers here compare with each other, but not with numbers on the published pixels.",
        )
    pixels = used.drop_duplicates(["dataset", "dataset_digest"])
    mixed = pixels.loc[pixels["dataset"].duplicated(), "dataset"]
    if len(mixed):
        yield Note(
            tone=Tone.WARN,
            text=f"{', '.join(dict.fromkeys(mixed))}: models were measured on different pixels "
            "under one name, so their rows do not compare. Run the suite again.",
        )


def _mixed(frame: pd.DataFrame) -> Iterator[Note]:
    """Warnings where one column holds numbers that do not compare."""
    evaluated = frame[(frame["metric"] == "top1") & frame["role"].notna()]
    for role, sets in evaluated.groupby("role", observed=True)["dataset"]:
        if sets.nunique() > 1:
            yield Note(
                tone=Tone.WARN,
                text=f"{' and '.join(sorted(sets.unique()))} fill one column, "
                f"{title(role)}, where the newest of a model counts. Give each a "
                "store of its own (--output).",
            )
    yield from _twice(evaluated[evaluated["source"] == "measured"])
    precisions = sorted(evaluated["precision"].dropna().unique())
    if len(precisions) > 1:
        yield Note(
            tone=Tone.WARN,
            text=f"Accuracies were measured in {' and '.join(precisions)}; of a model and set "
            "measured in several, the newest counts.",
        )
    timed = frame[(frame["metric"] == "throughput") & (frame["source"] != "published")]
    ways = [name for name in _WAYS if name in timed and timed[name].nunique() > 1]
    if ways:
        what = ", ".join(name.replace("_", " ") for name in ways)
        yield Note(
            tone=Tone.WARN,
            text=f"Speeds were measured with different options ({what}) and do not compare; of a "
            "model measured in several ways, the newest counts.",
        )


def _twice(evaluated: pd.DataFrame) -> Iterator[Note]:
    """A warning where one name has answered to the same images twice: with other weights."""
    same = [name for name in _SAME if name in evaluated]
    jobs = evaluated.groupby(same, dropna=False)["job"].nunique()
    if names := sorted(set(jobs[jobs > 1].index.get_level_values("model"))):
        yield Note(
            tone=Tone.WARN,
            text=f"{', '.join(names)}: measured on the same images with other weights under one "
            "name, or by another version of bench; the newest counts.",
        )


def _unmatched(frame: pd.DataFrame) -> Iterator[Note]:
    """A warning where families were shown images of different size or crop."""
    wanted = ["resolution", "crop_pct", "interpolation"]
    if not {"metric", *wanted} <= set(frame.columns):
        return
    val = frame[(frame["metric"] == "top1") & (frame["role"] == "val")]
    ways = val.groupby("family")[wanted].agg(_values)
    if len(ways) > 1 and len(ways.drop_duplicates()) > 1:
        said = (
            f"{family} {'/'.join(f'{p}' for p in row['resolution'])} pixels, crop "
            f"{'/'.join(f'{c:g}' for c in row['crop_pct'])}, {'/'.join(row['interpolation'])}"
            for family, row in ways.to_dict("index").items()
        )
        yield Note(
            tone=Tone.WARN,
            text=f"Comparisons across families are unmatched in preprocessing ({'; '.join(said)}). "
            "Measured with --img-size, --crop-pct and --interpolation they could be equal.",
        )


def _values(column: pd.Series) -> tuple[object, ...]:
    return tuple(sorted(set(column.dropna())))


def _at_chance(frame: pd.DataFrame) -> Iterator[Note]:
    """A warning for models that know nothing: most likely the labels are another order's."""
    seen = frame[(frame["metric"] == "top1") & frame["role"].isin(_KNOWN) & frame["n"].notna()]
    for row in seen[seen["source"] == "measured"].to_dict("records"):
        classes = world(row["world"]).ordered_classes
        said = chance_level(float(row["value"]), int(row["n"]), classes)
        if said:
            yield Note(tone=Tone.WARN, text=f"{row['model']} on {row['dataset']}: {said}.")
