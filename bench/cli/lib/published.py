"""``--source published``: reports of published figures, without a measurement or a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import registry
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.blocks import Report

_WITH_FIGURES = ("scaling", "leaderboard")


def show(suite: str, models: str | None, pretrain: str | None) -> None:
    """The suite's report of published figures, in the terminal."""
    from bench.cli.lib import console
    from bench.render import terminal

    terminal.render(built(registry.suite(suite).report, models, pretrain), console.stdout_console())


def built(
    name: str, models: str | None = None, pretrain: str | None = None, **choices: object
) -> Report:
    """The named report of published figures; what they cite stands where provenance would.

    Raises UsageError for a report that published figures do not fill.
    """
    from bench.published import figures
    from bench.published.ladders import ladders
    from bench.store import predictions

    if name not in _WITH_FIGURES:
        allowed = " and ".join(_WITH_FIGURES)
        raise UsageError(f"no published figures for the report {name!r}; there are for {allowed}")
    frame = ladders(models, pretrain)
    made: Report = predictions.report(
        registry.report(name), frame, figures.cited(frame), None, **choices
    )
    return made
