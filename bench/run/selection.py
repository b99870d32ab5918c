"""What one run covers: a suite with the selected models, datasets and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.run.plan import plan
from bench.spec import Dataset, Job, Model, Options, Suite


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A suite with everything selected; ``output`` is the folder of the results store."""

    suite: Suite
    models: tuple[Model, ...]
    datasets: tuple[Dataset, ...]
    options: Options
    output: Path
    conditions: tuple[Options, ...] = ()  #: conditions to time under; `options` if empty

    def jobs(self, digests: Mapping[str, str | None]) -> list[Job]:
        """The planned jobs, given the datasets' digests by name; UsageError if there are none."""
        return plan(self.suite, self.models, self.datasets, self.options, digests, self.conditions)

    @property
    def speed_settings(self) -> dict[str, Any]:
        """How speed is measured, for the provenance."""
        if not self.conditions:
            return {}
        return {
            "conditions": [options.condition for options in self.conditions],
            "replicates": self.conditions[0].replicates,
        }

    def resolved(self, models: Iterable[Model], datasets: Iterable[Dataset]) -> Selection:
        """A copy with these models and datasets in place of those with the same names."""
        model = {model.name: model for model in models}
        dataset = {dataset.name: dataset for dataset in datasets}
        return replace(
            self,
            models=tuple(model.get(m.name, m) for m in self.models),
            datasets=tuple(dataset.get(d.name, d) for d in self.datasets),
        )

    def to_evaluate(self) -> tuple[tuple[Model, ...], tuple[Dataset, ...]]:
        """The models and datasets of evaluate jobs, whose weights and images are needed."""
        pairs = [(job.model, job.dataset) for job in self.jobs({}) if job.dataset]
        names = {model.name for model, _ in pairs}, {dataset.name for _, dataset in pairs}
        return (
            tuple(model for model in self.models if model.name in names[0]),
            tuple(dataset for dataset in self.datasets if dataset.name in names[1]),
        )
