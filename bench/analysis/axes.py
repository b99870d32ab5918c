"""Axes on which models can be matched; standard library only, so that `--help` stays fast."""

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
