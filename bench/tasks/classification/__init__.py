"""Classification: one label per image, or several of which any counts as right."""

from __future__ import annotations

from bench.tasks.classification.metric import Estimate, Logits, Metric, Outputs, Rows, Targets, mean

__all__ = ["Estimate", "Logits", "Metric", "Outputs", "Rows", "Targets", "mean"]
