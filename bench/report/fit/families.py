"""Do families share a law, and which is better at equal scale? Each answer a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bench.analysis.scaling import Comparison, SharedLaw, Verdict
from bench.analysis.scaling.between import MOST_PAIRED, Between
from bench.blocks import Block, Cell, Form, Row, Table, Text
from bench.blocks.cells import number
from bench.blocks.columns import column, columns

#: Pairs up to which each has a sentence.
MOST_SPOKEN = 3
_VERDICTS = (
    "Equivalent: the interval of the difference lies within ±{margin:g}; undecided: neither that "
    "nor clear of zero. Exponents are not compared, as each form has its own."
)


def blocks(found: Between, x: str, *, name: str = "families") -> Iterator[Block]:
    """Sentences on same curve, shape and exponent, then a table of all pairs.

    ``x`` is what the axis of the laws is called.
    """
    if not found.tests:
        total = len(found.fitted) + len(found.refused)
        why = f"{len(found.fitted)} of {total} with a fitted curve; a test takes two"
        yield Text(text=f"Whether these share a law is not testable: {why}.")
        return
    yield Text(text=". ".join(map(said, found.tests)) + ".")
    if found.refused:
        out = "; ".join(f"{family} ({reason})" for family, reason in found.refused.items())
        yield Text(text=f"Left out of these tests: {out}.")
    if not found.pairs:
        groups = len(found.fitted)
        yield Text(text=f"Pairs are compared for up to {MOST_PAIRED} groups; here are {groups}.")
        return
    if len(found.pairs) <= MOST_SPOKEN:
        yield Text(text=" ".join(map(sentence, found.pairs)))
    yield pairs_table(found.pairs, x, name)


def said(test: SharedLaw) -> str:
    """One test in words, the families named where there are few.

    >>> from bench.analysis.scaling import Hypothesis
    >>> said(SharedLaw(Hypothesis.SHAPE, ("a", "b"), 1.5, 0.31, 2, 4))
    'Same shape of a and b: not rejected at 5 %, F(2, 4) = 1.50, p = 0.310'
    """
    names = test.families
    who = " and ".join(names) if len(names) <= MOST_PAIRED else f"all {len(names)} groups"
    title = f"{str(test.hypothesis).capitalize()} of {who}"
    if test.reason:
        return f"{title}: not testable: {test.reason}"
    verdict = "rejected" if test.p < 0.05 else "not rejected"
    p = "p < 0.001" if test.p < 0.001 else f"p = {test.p:.3f}"
    return f"{title}: {verdict} at 5 %, F({test.restrictions}, {test.dof}) = {test.f:.2f}, {p}"


def sentence(found: Comparison) -> str:
    """One pair in words, with intervals of 90 %."""
    first, second = found.names
    if found.verdict is Verdict.NOT_TESTABLE:
        return f"{first} against {second}: not testable: {found.reason}."
    gap, ratio = found.elasticity, found.ratio[0]
    odds = [chance(p) for p in found.lower]
    return (
        f"{first} against {second}: elasticities differ by {number(gap.value, Form.SIGNED, 3)} "
        f"[{number(gap.low, Form.SIGNED, 3)}, {number(gap.high, Form.SIGNED, 3)}], {found.verdict} "
        f"at a margin of {found.margin:g}; at the top of the shared range y is "
        f"{number(ratio.value, Form.FIXED, 3)} [{number(ratio.low, Form.FIXED, 3)}, "
        f"{number(ratio.high, Form.FIXED, 3)}] times the other's; that {first} has the lower y has "
        f"a probability of {odds[0]} there, {odds[1]} at twice and {odds[2]} at four times that."
    )


def pairs_table(found: Sequence[Comparison], x: str, name: str) -> Table:
    """Elasticities, error ratios and probabilities of each pair."""
    body = [_row(comparison) for comparison in found]
    reasons = any(row["reason"] for row in body)
    chance = f"P(first has the lower y) at the top of the shared {x}, times"
    return Table(
        name=name,
        caption="Each pair, with 90 % intervals",
        columns=(
            *columns("pair", "elasticity_gap"),
            column("verdict", title="Elasticities"),
            column("y_ratio"),
            *(
                column("chance", key=f"p{i}", title=title, group=chance, brief=f"P {title}")
                for i, title in enumerate(("1×", "2×", "4×"))
            ),
            *((column("remark", key="reason"),) if reasons else ()),
        ),
        rows=tuple(body),
        notes=(_VERDICTS.format(margin=found[0].margin),),
    )


def _row(found: Comparison) -> Row:
    row: dict[str, Cell] = {"pair": " – ".join(found.names), "verdict": str(found.verdict)}
    row["reason"] = found.reason
    if found.verdict is Verdict.NOT_TESTABLE:
        return row
    gap, ratio = found.elasticity, found.ratio[0]
    row |= {"gap": gap.value, "gap_low": gap.low, "gap_high": gap.high}
    row |= {"ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high}
    return row | {f"p{i}": chance(p) for i, p in enumerate(found.lower)}


def chance(p: float) -> str:
    """A probability from finitely many draws, never 0 or 1.

    >>> chance(1.0), chance(0.5), chance(0.001)
    ('> 99 %', '50 %', '< 1 %')
    """
    if p > 0.99:
        return "> 99 %"
    return "< 1 %" if p < 0.01 else f"{100 * p:.0f} %"


def numbers(found: Between) -> dict[str, Any]:
    """Tests and pairs as built-ins, for JSON; empty where fewer than two laws were fitted."""
    return {
        "tests": [
            {"hypothesis": str(t.hypothesis), "families": list(t.families), "f": t.f, "p": t.p,
             "restrictions": t.restrictions, "dof": t.dof, "reason": t.reason}
            for t in found.tests
        ],
        "pairs": [
            {**_row(c), **{f"p{i}": p for i, p in enumerate(c.lower)}, "x": list(c.x),
             "margin": c.margin, "sentence": c.sentence}
            for c in found.pairs
        ],
    }  # fmt: skip
