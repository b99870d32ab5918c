"""Scaling laws with honest intervals: `fit` one family, `fit_families` of a table."""

from bench.analysis.scaling.compare import Comparison, Verdict, compare, probability_lower
from bench.analysis.scaling.families import fit_families
from bench.analysis.scaling.fit import FormFit, fit_form, last_decade
from bench.analysis.scaling.forms import Form
from bench.analysis.scaling.heldout import HeldOut, drop_one, leave_largest_out
from bench.analysis.scaling.hypotheses import Hypothesis, SharedLaw, shared_law
from bench.analysis.scaling.law import ScalingFit, fit
from bench.analysis.scaling.posterior import Posterior, posterior
from bench.analysis.scaling.surface import LossSurface, fit_surface

__all__ = [
    "Comparison",
    "Form",
    "FormFit",
    "HeldOut",
    "Hypothesis",
    "LossSurface",
    "Posterior",
    "ScalingFit",
    "SharedLaw",
    "Verdict",
    "compare",
    "drop_one",
    "fit",
    "fit_families",
    "fit_form",
    "fit_surface",
    "last_decade",
    "leave_largest_out",
    "posterior",
    "probability_lower",
    "shared_law",
]
