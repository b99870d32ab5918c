"""What one run is about: a suite with the models, datasets and options that were chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.run.plan import plan
from bench.spec import Dataset, Job, Model, Options, Suite


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A suite and all choices; ``output`` is where the results store is, or will be."""

    suite: Suite
    models: tuple[Model, ...]
    datasets: tuple[Dataset, ...]
    options: Options
    output: Path
    conditions: tuple[Options, ...] = ()  #: ways to measure speed; `options` alone if empty

    def jobs(self, digests: Mapping[str, str | None]) -> list[Job]:
        """The plan, with the digests of the datasets by name; UsageError if it is empty."""
        return plan(self.suite, self.models, self.datasets, self.options, digests, self.conditions)

    @property
    def ways(self) -> dict[str, Any]:
        """How speed is measured, for the provenance."""
        if not self.conditions:
            return {}
        return {
            "conditions": [options.condition for options in self.conditions],
            "replicates": self.conditions[0].replicates,
        }

    def resolved(self, models: Iterable[Model], datasets: Iterable[Dataset]) -> Selection:
        """The same with those models and datasets in place of their namesakes."""
        model = {model.name: model for model in models}
        dataset = {dataset.name: dataset for dataset in datasets}
        return replace(
            self,
            models=tuple(model.get(m.name, m) for m in self.models),
            datasets=tuple(dataset.get(d.name, d) for d in self.datasets),
        )

    def evaluated(self) -> tuple[tuple[Model, ...], tuple[Dataset, ...]]:
        """Models and datasets that meet: those whose weights and images are needed."""
        pairs = [(job.model, job.dataset) for job in self.jobs({}) if job.dataset]
        names = {model.name for model, _ in pairs}, {dataset.name for _, dataset in pairs}
        return (
            tuple(model for model in self.models if model.name in names[0]),
            tuple(dataset for dataset in self.datasets if dataset.name in names[1]),
        )
