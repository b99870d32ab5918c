"""``bench power``: the differences that a comparison can detect, before anything is run."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.lib import options, output
from bench.spec.errors import UsageError

_MOST = 100_000_000  # images


def power(
    images: Annotated[int, typer.Option("--images", "-n", min=1, max=_MOST, help="Images.")],
    disc: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of images that only one of the two models gets right."
        ),
    ],
    difference: Annotated[
        float | None,
        typer.Option(help="Difference in points to detect: 0.2.", show_default=False),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", help="Probability of detecting it, between 0 and 1.")
    ] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided significance level.")] = 0.05,
    accuracy: Annotated[
        float, typer.Option(help="Accuracy in %, for a comparison without paired predictions.")
    ] = 80.0,
    as_json: options.Json = False,
) -> None:
    """Show which differences McNemar's test can detect.

    With --difference, also how many images it takes to detect that one.
    """
    if not 0 < alpha < 1:
        raise UsageError(f"--alpha {alpha:g}: must be between 0 and 1")
    if not alpha < chance < 1:
        raise UsageError(f"--power {chance:g}: must be above --alpha and below 1")
    if not 0 < accuracy < 100:
        raise UsageError(f"--accuracy {accuracy:g}: must be between 0 and 100 %")
    if difference is not None and not 0 < difference <= 100 * disc:
        raise UsageError(
            f"--difference {difference:g}: must be above 0 and at most {100 * disc:g}, the points "
            "on which the models disagree; or give a larger --disc"
        )
    from bench.analysis.stats.sensitivity import Plan, sensitivity
    from bench.report import power as section

    plan = Plan(images, disc, chance, alpha, accuracy, difference)
    if as_json:
        print(output.json_text(sensitivity(plan)))
    else:
        output.show(section.report(plan), "terminal", None)
