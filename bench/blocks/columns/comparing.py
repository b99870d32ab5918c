"""Columns of comparisons on the same images: gaps, tests, and what tests can see."""

from __future__ import annotations

from collections.abc import Mapping

from bench.blocks.columns.entry import Entry, fixed, signed, significant, text, whole

COMPARING: Mapping[str, Entry] = {
    "first": fixed("First", unit="%"),
    "second": fixed("Second", unit="%"),
    "first_is": text("First", key="first"),
    "second_is": text("Second", key="second"),
    "gap": signed("Gap", 2, unit="points", interval=True),
    "mean_gap": signed("Mean gap", 2, unit="points", key="mean", interval=True),
    "widening": signed("Gap less val's", unit="points", interval=True),
    "over_gap": signed("Over, first less second", unit="points", interval=True),
    "nll_gap": signed("NLL, first less second", 3, unit="nat", interval=True),
    "error_ratio": fixed("Error ratio", 2, key="ratio", interval=True),
    "discordance": fixed(
        "Discordant", unit="%", about="Images that are right for one of the two only"
    ),
    "same_answer": fixed(
        "Same answer", unit="%", about="Images that both give one class, right or wrong"
    ),
    "kappa": fixed(
        "Error consistency",
        2,
        about="Cohen's kappa of being right: 1 the same images, 0 no more than by chance",
    ),
    "p": fixed("p", 3),
    "p_holm": fixed("p, Holm", 3),
    "detectable": fixed(
        "Detectable",
        2,
        unit="points",
        about="The difference that this test finds 4 times in 5",
    ),
    "step": text("Step"),
    "pairs": whole("Pairs"),
    # what so many images can see
    "discordant": significant("Discordant images", 2, unit="%"),
    "paired": fixed("McNemar", 2, unit="points"),
    "paired_power": fixed("its exact power", unit="%"),
    "finer": fixed("finer than unpaired", unit="times"),
}
