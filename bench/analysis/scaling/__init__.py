"""Scaling laws with honest intervals.

`fit` makes the law of some points, `groups` that of each group of a table with its trials, `laws`
those of a scaling table; `compare`, `hypotheses`, `between` and `equal_cost` set them side by side.
"""

from bench.analysis.scaling.compare import Comparison, Verdict, compare, probability_lower
from bench.analysis.scaling.fit import FormFit, fit_form, last_decade
from bench.analysis.scaling.forms import Form
from bench.analysis.scaling.heldout import HeldOut
from bench.analysis.scaling.hypotheses import Hypothesis, SharedLaw, shared_law
from bench.analysis.scaling.law import ScalingFit, fit
from bench.analysis.scaling.posterior import Posterior, posterior

__all__ = [
    "Comparison",
    "Form",
    "FormFit",
    "HeldOut",
    "Hypothesis",
    "Posterior",
    "ScalingFit",
    "SharedLaw",
    "Verdict",
    "compare",
    "fit",
    "fit_form",
    "last_decade",
    "posterior",
    "probability_lower",
    "shared_law",
]
