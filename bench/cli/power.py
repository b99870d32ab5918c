"""``bench power``: what a comparison can see, before anything is run."""

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
            min=0, max=1, help="Share of images that are right for one of the two models only."
        ),
    ],
    difference: Annotated[
        float | None,
        typer.Option(help="A difference in points that is to be found: 0.2.", show_default=False),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", help="Chance of finding it, between 0 and 1.")
    ] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided size of the test.")] = 0.05,
    accuracy: Annotated[
        float, typer.Option(help="Accuracy in %, for the comparison without stored predictions.")
    ] = 80.0,
    as_json: options.Json = False,
) -> None:
    """What McNemar's test on so many images can see, and how many a difference takes."""
    if not 0 < alpha < 1:
        raise UsageError(f"--alpha {alpha:g}: a size lies between 0 and 1")
    if not alpha < chance < 1:
        raise UsageError(f"--power {chance:g}: give a share above --alpha and below 1")
    if not 0 < accuracy < 100:
        raise UsageError(f"--accuracy {accuracy:g}: give percent between 0 and 100")
    if difference is not None and not 0 < difference <= 100 * disc:
        raise UsageError(
            f"--difference {difference:g}: accuracies cannot differ by more points than models "
            f"disagree; give more than 0 and at most {100 * disc:g}, or a larger --disc"
        )
    from bench.analysis.stats.sensitivity import Plan, sensitivity
    from bench.report import power as section

    plan = Plan(images, disc, chance, alpha, accuracy, difference)
    if as_json:
        print(output.json_text(sensitivity(plan)))
    else:
        output.show(section.report(plan), "terminal", None)
