"""The options of commands, declared once and by name; each command says what they do to it."""

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
    Path, typer.Option("--output", "-o", help="Folder of the results store.", show_default=True)
]
Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda[:N]|mps", help="auto: CUDA where there is one, else CPU."),
]
Workers = Annotated[
    int, typer.Option("--workers", "-j", min=1, help="Processes or threads that prepare images.")
]

_MODELS = "Families, sizes, names, globs, @file, comma between; the suite's if not given."
_DATA = "A world (glyphs, imagenet), datasets, roles, globs; the suite's if not given."
_FROM = "Where one dataset lies, NAME=PLACE; may be given again. See `bench data check --help`."

SuiteName = Annotated[str, typer.Argument(help="Name of a suite; `bench list suites`.")]
Models = Annotated[str | None, typer.Option("--models", "-m", help=_MODELS)]
Pretrain = Annotated[
    str | None, typer.Option(help="Pretraining scales: in1k, in12k, in22k, web; all if not given.")
]
Data = Annotated[str | None, typer.Option(help=_DATA)]
DataDir = Annotated[
    Path | None, typer.Option(envvar="BENCH_DATA", help="Folder that ImageNet's sets lie in.")
]
From = Annotated[list[str] | None, typer.Option("--from", help=_FROM)]
WeightsDir = Annotated[
    Path | None, typer.Option(envvar="BENCH_WEIGHTS", help="Folder with published weights.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch nothing; say at once what is missing.")
]
NumbersFrom = Annotated[
    Source, typer.Option(help="published shows figures from papers and timm; runs nothing.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the jobs and how long they may take.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only so many images of each dataset.")]
BatchSize = Annotated[
    str | None,
    typer.Option(
        "--batch-size", "-b", metavar="auto|N", help="Images at a time; auto on ImageNet."
    ),
]
Amp = Annotated[bool, typer.Option("--amp", help="Mixed precision.")]
AmpType = Annotated[
    AmpDtype | None, typer.Option(help="Its dtype; float16 if not given.", show_default=False)
]
ChannelsLast = Annotated[bool, typer.Option("--channels-last", help="Channels-last memory layout.")]
Compiled = Annotated[bool, typer.Option("--compile", help="torch.compile the models.")]
Conditions = Annotated[
    str | None,
    typer.Option(
        help="How speed is measured: float32,bfloat16+compile+channels_last, default, all."
    ),
]
Replicates = Annotated[
    int | None, typer.Option(min=1, help="Processes that time each speed; the suite's or 1.")
]
ImgSize = Annotated[int | None, typer.Option(min=1, help="Pixels, instead of the model's own.")]
CropPct = Annotated[float | None, typer.Option(help="Share kept of the resized image, 0..1.")]
Filter = Annotated[Interpolation | None, typer.Option(help="Filter of the resize.")]
UseTrainSize = Annotated[
    bool, typer.Option("--use-train-size", help="The size models were trained at, not tested at.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no prepared images on disk.")]

Html = Annotated[bool, typer.Option("--html", help="One self-contained page.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Markdown.")]
Latex = Annotated[bool, typer.Option("--latex", help="LaTeX to put into a paper.")]
Json = Annotated[bool, typer.Option("--json", help="All numbers as JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="One row each as CSV.")]
To = Annotated[Path | None, typer.Option("--to", help="File to write; else standard output.")]
