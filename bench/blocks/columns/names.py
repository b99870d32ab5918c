"""Columns that say what a row is of: models, image sets, ways to run, remarks."""

from __future__ import annotations

from collections.abc import Mapping

from bench.blocks.columns.entry import Entry, fixed, text, whole

NAMES: Mapping[str, Entry] = {
    # models
    "model": text("Model"),
    "family": text("Family"),
    "size": text("Size"),
    "scale": text("Pretrain", about="1k: that set alone; 12k, 22k, web: pretrained on more"),
    "architecture": text("Architecture"),
    "resolution": whole("Pixels"),
    "crop_pct": fixed("Crop", 3, about="Share kept of the resized image"),
    "interpolation": text("Resize"),
    "changed": text("Changed", about="What differs from the model's own"),
    "source": text("Source", about="measured here, or published elsewhere"),
    "origin": text("Top-1 from"),
    "pair": text("First – second"),
    "group": text("Group"),
    "part": text("Part"),
    # image sets
    "dataset": text("Set"),
    "set": text("Set"),
    "role": text("Role"),
    "dataset_about": text("What it is"),
    "n": whole("Images"),
    "digest": text("SHA-256", about="Of pixels and labels; of read files, names, sizes and labels"),
    "as_published": text("Pixels"),
    # ways to run
    "device_name": text("Device"),
    "precision": text("Precision"),
    "layout": text("Layout"),
    "mode": text("Mode"),
    "way": text("Way"),
    # remarks
    "measure": text("Measure"),
    "error": text("Error"),
    "problems": text("Problems", about="Errors of jobs that failed"),
    "remark": text("Remark"),
    "reason": text("Why"),
    "verdict": text("Verdict"),
    "what": text(""),
    "equal": text("Equal"),
}
