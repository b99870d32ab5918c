"""``bench doctor``: what this machine has, and whether anything is damaged."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from typing import Annotated

import typer

import bench
from bench.cli.lib import console, options
from bench.spec.errors import DataError, ExitCode


def doctor(
    speed: Annotated[
        bool,
        typer.Option(
            "--speed", help="Measure how well speed repeats on this machine; takes a minute."
        ),
    ] = False,
    device: options.Device = "auto",
) -> None:
    """Check devices, versions, data, weights, cache and disk.

    Exits with 4 if anything is damaged. With --speed, reports the smallest difference in speed that
    can be detected here.
    """
    if speed:
        from bench.cli.lib import noise

        noise.show(device)
        return
    problems: list[str] = []
    for title, lines in (
        ("program", _program()),
        ("devices", _devices()),
        ("data", _data()),
        ("weights", _weights(problems)),
        ("cache", _cache(problems)),
    ):
        for number, line in enumerate(lines):
            print(f"{title if number == 0 else '':<9}{line}")
    if not problems:
        print("all good")
        return
    for problem in problems:
        console.warn(problem)
    raise typer.Exit(ExitCode.DATA)


def _program() -> list[str]:
    from bench import registry
    from bench.run import provenance

    packages = [
        f"{name} {version or 'MISSING'}"
        for name, version in provenance.snapshot()["packages"].items()
    ]
    declared = registry.load()
    counts = ", ".join(
        console.counted(len(found), noun)
        for found, noun in (
            (declared.models, "model"),
            (declared.datasets, "dataset"),
            (declared.suites, "suite"),
            (declared.reports, "report"),
        )
    )
    folders = os.environ.get(registry.SEARCH_PATH)
    return [
        f"bench {bench.__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(packages),
        counts + (f"; {registry.SEARCH_PATH}={folders}" if folders else ""),
    ]


def _devices() -> list[str]:
    from bench.network.device import available, describe

    found = [describe(name) for name in available()]
    return [
        f"{d['device']:<7} {d['name']}" + (f", {d['memory_mib']:,} MiB" if d["memory_mib"] else "")
        for d in found
    ]


def _data() -> list[str]:
    """One line per drawn dataset; pixels that differ from the published ones are not damage."""
    from bench import registry
    from bench.images.drawn.store import cached_digest

    lines = []
    for dataset in registry.datasets():
        if not dataset.draw:
            continue
        actual = cached_digest(dataset)
        state = "not drawn yet"
        if actual is not None:
            state = f"drawn, sha256 {actual[:12]}, "
            state += {None: "none published", actual: "as published"}.get(
                dataset.digest, "PIXELS DIFFER from the published ones: another library version"
            )
        lines.append(f"{dataset.name:<14} {dataset.images:>7} images, {state}")
    if read := [dataset.name for dataset in registry.datasets() if not dataset.draw]:
        lines.append(f"{', '.join(read)}: check with `bench data check --data-dir FOLDER`")
    return lines or ["none declared"]


def _weights(problems: list[str]) -> list[str]:
    """One line per family of the zoo; all missing and damaged files together are one problem."""
    from bench import registry
    from bench.checkpoints import weights

    whole: Counter[str] = Counter()
    total: Counter[str] = Counter()
    size, bad = 0, list[str]()
    for model in registry.models():
        if weights.published(model):
            continue
        total[model.family] += 1
        try:
            size += weights.verified(model).stat().st_size
            whole[model.family] += 1
        except DataError as error:
            bad.append(str(error))
    if bad:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        problems.append(f"{bad[0]}{more}")
    lines = [f"{family:<14} {whole[family]} of {total[family]} intact" for family in total]
    return [*lines, f"{size / 2**20:.1f} MiB, checked against the digests in the cards"]


def _cache(problems: list[str]) -> list[str]:
    from bench.images.drawn.store import cache_folder

    folder = cache_folder()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if not os.access(there, os.W_OK):
        problems.append(f"{there} cannot be written; set BENCH_CACHE to another folder")
    free = shutil.disk_usage(there).free
    return [f"{folder}, {size / 2**20:.0f} MiB, {free / 2**30:.1f} GiB free on that disk"]
