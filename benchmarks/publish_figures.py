"""Turns transcribed published figures into ``reports/published/*.csv``, the project's own schema.

    python benchmarks/publish_figures.py FOLDER

FOLDER holds what was copied from the sources, one file each: ``imagenet.csv`` (a row a checkpoint
and test resolution), ``throughput.csv`` (a row a run) and ``paper_tables.csv`` (``table row metric
value``). Run it when new figures were copied, and read the diff. ``sources.csv`` is kept by hand.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

OUT = Path(__file__).parents[1] / "reports" / "published"
Row = Mapping[str, str]

SCALES = {
    **dict.fromkeys(("none", "in1k"), "1k"),
    "in12k": "12k",
    **dict.fromkeys(("in21k", "in22k"), "22k"),
    **dict.fromkeys(("laion2b", "laiona", "laion400m", "openai_wit400m", "webli"), "web"),
    **dict.fromkeys(("ig1b", "ig3.6b", "ig1b_random", "yfcc100m", "m30m", "m38m"), "web"),
}
#: Sizes that other sources state: EVA's paper (arXiv 2211.07636) counts its merged 30M as 29.6 M.
SIZES = {"m30m": "29600000"}
#: Families whose speed is kept: those with a ladder. The others would double the file.
TIMED = frozenset({"convnext", "convnextv2", "swin", "swinv2", "vit", "deit", "deit3", "resnet"})
TORCH = "2.9.1"  #: the one release whose runs cover every architecture
DEVICES = {
    "rtx4090": "NVIDIA RTX 4090",
    "rtx5090": "NVIDIA RTX 5090",
    "rtxpro6000_maxq": "NVIDIA RTX PRO 6000 Max-Q",
}
PRECISIONS = {"amp": "float16", "amp_bf16": "bfloat16", "bf16": "pure bfloat16"}
PAPER = {
    "convnext_table1": ("convnext-t1", "NVIDIA V100", "float32", "", ""),
    "convnext_table12_a100": ("convnext-t12", "NVIDIA A100", "tf32", "true", "1.10"),
}
SIZES = {"T": "tiny", "S": "small", "B": "base", "L": "large", "XL": "xlarge"}
OTHERS = {
    "RegNetY-16G": "regnety_160",
    "EffNet-B7": "tf_efficientnet_b7",
    "EffNetV2-L": "tf_efficientnetv2_l",
    "EffNetV2-XL": "tf_efficientnetv2_xl",
    "DeiT-S": "deit_small_patch16_224",
    "DeiT-B": "deit_base_patch16_224",
    "ViT-B/16": "vit_base_patch16_384",
    "ViT-L/16": "vit_large_patch16_384",
}


def read(file: Path) -> list[Row]:
    """All rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(name: str, rows: Iterable[Row]) -> None:
    """One CSV file, columns as the first row has them."""
    body = list(rows)
    with (OUT / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(body[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(body)
    print(f"{name}: {len(body)} rows, {(OUT / name).stat().st_size:,} bytes")


def chain(row: Row) -> str:
    """Data sets in the order of training; ImageNet-21K is ImageNet-22K under its other name."""
    steps = [] if row["pretrain"] == "none" else [row["pretrain"]]
    steps += ["in1k"] if row["finetune"] == "none" else row["finetune"].split(">")
    return ">".join(step.replace("in21k", "in22k") for step in steps)


def checkpoint(row: Row) -> Row:
    """One checkpoint at one resolution."""
    shifts = {name: row[f"top1_{name}"] for name in ("real", "v2", "a", "r", "sketch")}
    return {
        **{key: row[key] for key in ("model", "family", "kind", "size")},
        "scale": SCALES[row["pretrain"]],
        "trained_on": chain(row),
        "pretrain_images": SIZES.get(row["pretrain"], row["pretrain_images"]),
        "resolution": row["resolution"],
        "crop_pct": f"{float(row['crop_pct']):g}",
        "interpolation": row["interpolation"],
        "params": row["params_m"],
        "gmacs": row["gmacs"],
        "activations": row["macts"],
        "val": row["top1"],
        "val_top5": row["top5"],
        "val_a": row["top1_a_clean"],
        "val_r": row["top1_r_clean"],
        **shifts,
        "source": "timm-results",
        "cost_source": "timm-pro6000",
    }


def run(row: Row) -> Row:
    """One timm benchmark row."""
    mode = "compiled" if row["compile"] == "dynamo" else "eager"
    key = f"timm-{row['device'].removeprefix('rtx').split('_')[0]}-{row['precision']}-{mode}"
    return {
        "architecture": row["model"],
        "resolution": row["resolution"],
        "device_name": DEVICES[row["device"]],
        "precision": PRECISIONS[row["precision"]],
        "channels_last": str(row["layout"] == "nhwc").lower(),
        "compile": str(mode == "compiled").lower(),
        "torch": row["torch"],
        "batch_size": row["batch"],
        "throughput": row["img_per_s"],
        "source": key.replace("amp-", "").replace("_", "-"),
    }


def papers(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of the ConvNeXt paper's comparisons that have a throughput."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row["table"] in PAPER:
            found.setdefault((row["table"], row["row"]), {})[row["metric"]] = row["value"]
    for (table, name), cells in found.items():
        speed = [value for metric, value in cells.items() if metric.startswith("throughput")]
        match = re.fullmatch(r"(.+)@(\d+)(?: in(1k|22k))?", name)
        assert match is not None, name
        label, resolution, scale = match.groups()
        if not speed:
            continue
        source, device, precision, layout, torch = PAPER[table]
        yield {
            "architecture": architecture(label, resolution),
            "label": label,
            "resolution": resolution,
            "scale": scale or "",
            "params": cells.get("params_m", ""),
            "gmacs": cells["flops_g"],
            "top1": cells.get("top1", ""),
            "device_name": device,
            "precision": precision,
            "channels_last": layout,
            "torch": torch,
            "throughput": speed[0],
            "source": source,
        }


def architecture(label: str, resolution: str) -> str:
    """Name in timm of what a paper calls ``Swin-T``.

    >>> architecture("Swin-T", "224"), architecture("ConvNeXt-XL", "384")
    ('swin_tiny_patch4_window7_224', 'convnext_xlarge')
    """
    if label in OTHERS:
        return OTHERS[label]
    family, size = label.split("-")
    if family == "ConvNeXt":
        return f"convnext_{SIZES[size]}"
    window = {"224": 7, "384": 12}[resolution]
    return f"swin_{SIZES[size]}_patch4_window{window}_{resolution}"


def main() -> None:
    """Rewrites the three files."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    given = Path(sys.argv[1])
    OUT.mkdir(exist_ok=True)
    checkpoints = read(given / "imagenet.csv")
    write("imagenet.csv", map(checkpoint, checkpoints))
    timed = {row["model"].split(".")[0] for row in checkpoints if row["family"] in TIMED}
    runs = (row for row in read(given / "throughput.csv") if row["torch"] == TORCH)
    write("throughput.csv", (run(row) for row in runs if row["model"] in timed))
    write("papers.csv", papers(read(given / "paper_tables.csv")))


if __name__ == "__main__":
    main()
