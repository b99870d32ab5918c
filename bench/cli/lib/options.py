"""Options shared by several commands, each declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.spec.kinds import AmpDtype, Interpolation


class Source(StrEnum):
    """Where numbers come from."""

    MEASURED = "measured"
    PUBLISHED = "published"


DEFAULT_OUTPUT = Path("results")
DEFAULT_REPORT = "scaling"

Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder with the results.", show_default=True)
]
Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda[:N]|mps", help="auto is CUDA if available, else the CPU."),
]
Workers = Annotated[
    int, typer.Option("--workers", "-j", min=1, help="Processes or threads that prepare images.")
]

_MODELS = "Families, sizes, names, globs or @file, comma-separated; the suite's by default."
_DATA = "World (glyphs, imagenet), datasets, roles or globs; the suite's by default."
_FROM = "Location of a dataset, NAME=PLACE; repeatable. See `bench data check --help`."

SuiteName = Annotated[str, typer.Argument(help="Name of a suite, see `bench list suites`.")]
Models = Annotated[str | None, typer.Option("--models", "-m", help=_MODELS)]
Pretrain = Annotated[
    str | None, typer.Option(help="Pretraining scales: in1k, in12k, in22k, web; all by default.")
]
Data = Annotated[str | None, typer.Option(help=_DATA)]
DataDir = Annotated[
    Path | None, typer.Option(envvar="BENCH_DATA", help="Folder with ImageNet's datasets.")
]
From = Annotated[list[str] | None, typer.Option("--from", help=_FROM)]
WeightsDir = Annotated[
    Path | None, typer.Option(envvar="BENCH_WEIGHTS", help="Folder with published weights.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch nothing; fail at once if weights are missing.")
]
NumbersFrom = Annotated[
    Source, typer.Option(help="published: show figures from papers and timm, run nothing.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the jobs and how long they may take.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Use only this many images per dataset.")]
BatchSize = Annotated[
    str | None,
    typer.Option(
        "--batch-size", "-b", metavar="auto|N", help="Images per batch; auto on ImageNet."
    ),
]
Amp = Annotated[bool, typer.Option("--amp", help="Use mixed precision.")]
AmpType = Annotated[
    AmpDtype | None, typer.Option(help="dtype of --amp; float16 by default.", show_default=False)
]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last", help="Use the channels-last memory layout.")
]
Compiled = Annotated[bool, typer.Option("--compile", help="Compile models with torch.compile.")]
Conditions = Annotated[
    str | None,
    typer.Option(
        help="Conditions to time under: float32,bfloat16+compile+channels_last, default or all."
    ),
]
Replicates = Annotated[
    int | None, typer.Option(min=1, help="Processes that time each job; the suite's by default.")
]
ImgSize = Annotated[
    int | None, typer.Option(min=1, help="Image size in pixels, instead of the model's own.")
]
CropPct = Annotated[float | None, typer.Option(help="Share of the resized image to keep, 0..1.")]
Filter = Annotated[Interpolation | None, typer.Option(help="Filter for resizing.")]
UseTrainSize = Annotated[
    bool, typer.Option("--use-train-size", help="Use the training size, not the test size.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no prepared images on disk.")]

Html = Annotated[bool, typer.Option("--html", help="Write one self-contained HTML page.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Write Markdown.")]
Latex = Annotated[bool, typer.Option("--latex", help="Write LaTeX for a paper.")]
Json = Annotated[bool, typer.Option("--json", help="Write all numbers as JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Write one CSV row each.")]
To = Annotated[Path | None, typer.Option("--to", help="File to write; standard output by default.")]
