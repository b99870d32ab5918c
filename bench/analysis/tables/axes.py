"""What can be asked of axes and columns; standard library only, so that `--help` stays fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

#: Distribution shifts, and all roles of sets that models are judged on, in the order of tables.
SHIFTS = ("v2", "a", "r", "sketch", "c")
ROLES = ("val", "real", *SHIFTS)


class MatchBy(StrEnum):
    """The axis on which the two of a pair must agree."""

    GMACS = "gmacs"
    LATENCY = "latency"
    PARAMS = "params"
    RESOLUTION = "resolution"


#: What each axis is called in a sentence, and its unit.
TITLES = {
    MatchBy.GMACS: ("GMACs", ""),
    MatchBy.LATENCY: ("latency", "ms"),
    MatchBy.PARAMS: ("parameters", "M"),
    MatchBy.RESOLUTION: ("resolution", "pixels"),
}


class CostAxis(StrEnum):
    """What a scaling law of the report is over."""

    GMACS = "gmacs"
    PARAMS = "params"
    ACTIVATIONS = "activations"
    LATENCY = "latency"
    TRAINING = "training"


@dataclass(frozen=True)
class Cost:
    """How an axis is read from a scaling table, and said."""

    column: str
    name: str  #: ``Fitted val error over <name>``
    unit: str  #: ``12 % at 3.4 <unit>``
    about: str


COSTS: Mapping[CostAxis, Cost] = {
    CostAxis.GMACS: Cost(
        "gmacs",
        "GMACs",
        "GMACs",
        "billions of multiply-accumulates (half the FLOPs) of one forward pass of the whole "
        "network at its test resolution; not the compute of training",
    ),
    CostAxis.PARAMS: Cost(
        "params", "params", "M params", "millions of numbers that training changes, head included"
    ),
    CostAxis.ACTIVATIONS: Cost(
        "activations",
        "activations",
        "M activations",
        "millions of outputs of convolutions, linear layers and matrix products for one image",
    ),
    CostAxis.LATENCY: Cost(
        "latency",
        "latency",
        "ms",
        "median latency of one image on the device named at the top, ms",
    ),
    CostAxis.TRAINING: Cost(
        "train_gmacs",
        "training GMACs",
        "GMACs of training",
        "3 x forward GMACs x images seen in all stages (Kaplan et al., 2020, section 2.1)",
    ),
}


class FrontCost(StrEnum):
    """What a Pareto front weighs accuracy against."""

    PARAMS = "params"
    GMACS = "gmacs"
    ACTIVATIONS = "activations"
    LATENCY = "latency"
    THROUGHPUT = "throughput"
    MEMORY = "memory"


@dataclass(frozen=True)
class FrontAxis:
    """How the cost of a front is read from an efficiency table, and said."""

    column: str
    name: str
    unit: str
    better: Literal["lower", "higher"] = "lower"
    timed: bool = False  #: belongs to a device and a way to run, not to the network alone


FRONTS: Mapping[FrontCost, FrontAxis] = {
    FrontCost.PARAMS: FrontAxis("params", "params", "M"),
    FrontCost.GMACS: FrontAxis("gmacs", "GMACs", "GMACs"),
    FrontCost.ACTIVATIONS: FrontAxis("activations", "activations", "M"),
    FrontCost.LATENCY: FrontAxis("latency_p50", "latency", "ms", timed=True),
    FrontCost.THROUGHPUT: FrontAxis("throughput", "throughput", "img/s", "higher", timed=True),
    FrontCost.MEMORY: FrontAxis("peak_memory", "peak memory", "MiB", timed=True),
}


class Quantity(StrEnum):
    """What a column of y holds."""

    ERROR = "error"
    ACCURACY = "accuracy"
    LOSS = "loss"


class Unit(StrEnum):
    """Unit of a column of errors or accuracies."""

    PERCENT = "percent"
    FRACTION = "fraction"
