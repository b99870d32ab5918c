"""What can be asked of axes and columns; standard library only, so that `--help` stays fast."""

from __future__ import annotations

from enum import StrEnum


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


class Quantity(StrEnum):
    """What a column of y holds."""

    ERROR = "error"
    ACCURACY = "accuracy"
    LOSS = "loss"


class Unit(StrEnum):
    """Unit of a column of errors or accuracies."""

    PERCENT = "percent"
    FRACTION = "fraction"
