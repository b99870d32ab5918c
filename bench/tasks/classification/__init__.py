"""Classification: one label an image, or several of which any is right."""

from __future__ import annotations

from bench.tasks.classification.metric import Answers, Estimate, Logits, Metric, Rows, Targets, mean

__all__ = ["Answers", "Estimate", "Logits", "Metric", "Rows", "Targets", "mean"]
