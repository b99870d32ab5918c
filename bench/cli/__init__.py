"""The command line: parse, call, print.

Commands import what they need when they run, so that ``bench --help`` loads neither torch nor
pandas. `main` is the only place that turns errors into a line and an exit code.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

import bench
from bench.blocks.encodings import IN_WORDS
from bench.cli import (
    compare,
    data,
    doctor,
    export,
    fit,
    listing,
    power,
    prefetch,
    report,
    run,
    train,
)
from bench.spec.errors import BenchError, ExitCode, one_line

_EPILOG = """\
\b
Exit codes:
    0  success
    1  a regression
    2  an invalid option, name or path
    3  some jobs failed; the others are stored
    4  missing or damaged images or weights
   70  a bug in bench
  130  interrupted; run the same command to resume

\b
Environment:
  BENCH_PATH        your own models, datasets, suites, reports and metrics
  BENCH_CACHE       folder for images and for the commits of weights
  BENCH_CACHE_SIZE  limit for prepared images in it: 50GB
  BENCH_DATA        folder with ImageNet's datasets, as --data-dir
  BENCH_ZOO         folder with your own weights, searched before the package's
  BENCH_WEIGHTS     folder with published weights, as --weights-dir
  BENCH_DEBUG       1 shows the traceback of an unexpected error
"""

app = typer.Typer(
    name="bench",
    help="Do modern ConvNets scale like Vision Transformers, and do they stay robust?",
    epilog=_EPILOG,
    rich_markup_mode=None,  # plain help starts in a third of the time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("run")(run.run)
app.command("list")(listing.show)
app.command("prefetch")(prefetch.prefetch)
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("fit")(fit.fit)
app.command("power")(power.power)
app.command("export")(export.export)
app.command("import")(export.merge)
app.command("train")(train.train)
app.command("doctor")(doctor.doctor)
app.add_typer(data.app, name="data")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bench {bench.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code, see `bench.spec.errors.ExitCode`.

    Errors become one line on stderr; an unexpected one shows its traceback if ``BENCH_DEBUG=1``.
    """
    _open_streams()
    _hear_no_warnings_as_errors()
    try:
        code = app(args=arguments, prog_name="bench", standalone_mode=False)
    except BenchError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except Exception as error:
        # The parser's errors have no public base class, only this method.
        format_message = getattr(error, "format_message", None)
        if format_message is not None:
            return _fail(f"{format_message()} (`bench --help` shows the commands)", ExitCode.USAGE)
        if os.environ.get("BENCH_DEBUG") == "1":
            traceback.print_exc()
        text = f"unexpected {one_line(error)}; set BENCH_DEBUG=1 to see where"
        return _fail(text, ExitCode.INTERNAL)
    if code == ExitCode.INTERRUPTED:
        return _fail("interrupted; run the same command to resume", ExitCode.INTERRUPTED)
    return int(code or 0)


def _open_streams() -> None:
    """Make stdout and stderr take any text, whatever the locale.

    If the caller closed one, as some daemons do, discard what goes there. Characters that the
    encoding lacks are written in ASCII.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper) and stream.errors != IN_WORDS:
            stream.reconfigure(errors=IN_WORDS)


def _hear_no_warnings_as_errors() -> None:
    """Forget ``PYTHONWARNINGS`` and ``-W``, here and in processes to come.

    They are meant for a program under test; ``error`` would make a remark of any library fatal.
    """
    if sys.warnoptions:
        sys.warnoptions.clear()
        os.environ.pop("PYTHONWARNINGS", None)
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)


def _fail(message: str, code: ExitCode) -> int:
    print(f"bench: {' '.join(message.split())}", file=sys.stderr)
    return int(code)
