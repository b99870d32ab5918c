"""What a network said of some images, as comparisons take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """Arrays of one length; see `bench.analysis.compare.gap`."""

    target: Any
    prediction: Any
    confidence: Any
    target_logp: Any

    @property
    def rank(self) -> Any:
        return (self.prediction != self.target).astype(int)
