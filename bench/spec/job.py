"""A job: one measurement to make, and the id of everything that changes its number.

`MODEL`, `DATASET` and `OPTIONS` state for every field of a declaration which measures' numbers it
changes, and when. Exactly those fields enter the id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from bench.spec.declare import Dataset, Model, Options, Suite
from bench.spec.kinds import Measure

#: Raise a measure's version when its definition changes: stored results are then measured again.
MEASURE_VERSION: Mapping[Measure, int] = {
    Measure.EVALUATE: 1,
    Measure.PROFILE: 3,
    Measure.SPEED: 2,
}


#: Whether a field counts for a job.
When = Callable[["Job"], bool]
#: Field of a declaration -> measure -> when the field changes that measure's number.
Rules = Mapping[str, Mapping[Measure, When]]


def always(_job: Job) -> bool:
    """Whatever the job."""
    return True


def under_autocast(job: Job) -> bool:
    """In mixed precision only: float32 predictions do not depend on how they are computed."""
    return job.options.amp


def of_files(job: Job) -> bool:
    """For encoded images only: drawn ones have the right size and are not resampled."""
    return job.dataset is not None and not job.dataset.draw


_EVERY: Mapping[Measure, When] = MappingProxyType(dict.fromkeys(Measure, always))
_ACCURACY: Mapping[Measure, When] = MappingProxyType({Measure.EVALUATE: always})
_FILES: Mapping[Measure, When] = MappingProxyType({Measure.EVALUATE: of_files})
_SPEED: Mapping[Measure, When] = MappingProxyType({Measure.SPEED: always})
_COMPUTING: Mapping[Measure, When] = MappingProxyType(
    {Measure.EVALUATE: under_autocast, Measure.SPEED: always}
)
_NEVER: Mapping[Measure, When] = MappingProxyType({})

MODEL: Rules = {
    **dict.fromkeys(("arch", "kwargs", "resolution", "classes"), _EVERY),
    **dict.fromkeys(("weights_sha256", "mean", "std"), _ACCURACY),
    **dict.fromkeys(("crop_pct", "crop_mode", "interpolation"), _FILES),
    # Names, provenance and the location of the weights.
    **dict.fromkeys(("name", "family", "kind", "size", "world", "scale", "trained_on"), _NEVER),
    **dict.fromkeys(("pretrain_images", "images_seen", "weights", "weights_path"), _NEVER),
    **dict.fromkeys(("revision", "source", "changed"), _NEVER),
}
DATASET: Rules = {
    # Which classes are scored, and which groups have numbers of their own; see `JUDGED`.
    **dict.fromkeys(("classes", "options"), _ACCURACY),
    # The images themselves are in `Job.dataset_digest`.
    **dict.fromkeys(("name", "world", "role", "images", "resolution"), _NEVER),
    **dict.fromkeys(("draw", "place", "twin", "digest", "about"), _NEVER),
}
OPTIONS: Rules = {
    "limit": _ACCURACY,
    "amp": {Measure.EVALUATE: always, Measure.SPEED: always},
    "amp_dtype": {Measure.EVALUATE: under_autocast, Measure.SPEED: under_autocast},
    **dict.fromkeys(("device_name", "batch_size", "channels_last", "compile"), _COMPUTING),
    "replicates": _SPEED,
    # ``device`` is an address, ``device_name`` is the hardware; the rest only moves images.
    **dict.fromkeys(("device", "workers", "cache", "folders"), _NEVER),
}
#: The keys of ``Dataset.options`` that decide how predictions are scored. The others are for
#: drawing, and the drawn images are in the digest.
JUDGED = ("classes", "subsets", "groups")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One measurement of one model; evaluate also has a ``dataset`` and its ``dataset_digest``."""

    measure: Measure
    model: Model
    options: Options
    dataset: Dataset | None = None
    dataset_digest: str | None = None

    @cached_property
    def id(self) -> str:
        """16 hex digits of the sha256 of everything that changes the number.

        The suite is not included, so suites share results. Neither are the workers or, in float32,
        the batch size: near-ties are decided in float64, so they change nothing. Params and MACs
        depend on the architecture alone, speed on the machine too.
        """
        return self.id_of(MEASURE_VERSION[self.measure])

    def id_of(self, version: int) -> str:
        """The id under another version of its measure's definition."""
        text = json.dumps(self.identity | {"version": version}, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def identity(self) -> dict[str, Any]:
        """The fields that the id is made of, by name, without the version."""
        key: dict[str, Any] = {"measure": self.measure}
        if self.measure is Measure.EVALUATE:
            key["data"] = self.dataset_digest
        for record, rules in (
            (self.model, MODEL),
            (self.dataset, DATASET),
            (self.options, OPTIONS),
        ):
            if record is not None:
                key |= self._counted(record, rules)
        return key

    def _counted(self, record: Model | Dataset | Options, rules: Rules) -> dict[str, Any]:
        kind = type(record).__name__.lower()
        found = {}
        for field in fields(record):
            counts = rules[field.name].get(self.measure)
            if counts and counts(self):
                found[f"{kind}.{field.name}"] = _value(record, field.name)
        return found

    @property
    def images(self) -> int:
        """Number of images that it reads, as declared and up to the limit; 0 without a dataset."""
        if self.dataset is None:
            return 0
        limit = self.options.limit
        return self.dataset.images if limit is None else min(limit, self.dataset.images)

    @property
    def label(self) -> str:
        """For people: ``evaluate convnext_m.g22k glyphs-r``."""
        where = self.dataset.name if self.dataset else ""
        if self.measure is Measure.SPEED and self.options.condition != "float32":
            where = self.options.condition
        return f"{self.measure} {self.model.name} {where}".rstrip()


def _value(record: Model | Dataset | Options, name: str) -> Any:
    """A field as it enters the id."""
    value = getattr(record, name)
    if isinstance(record, Dataset) and name == "options":
        return {judged: value[judged] for judged in JUDGED if judged in value}
    return dict(value) if isinstance(value, Mapping) else value


def to_json(record: Model | Dataset | Suite | Options | Job) -> dict[str, Any]:
    """A declaration as JSON-ready built-ins; jobs and options without paths on this disk."""
    if isinstance(record, Options):
        record = replace(record, folders=())
    if isinstance(record, Job):
        record = replace(record, options=replace(record.options, folders=()))
        if record.dataset is not None:
            record = replace(record, dataset=replace(record.dataset, place=""))
    data: dict[str, Any] = json.loads(json.dumps(asdict(record), default=str))
    if isinstance(record, Job):
        del data["model"]["weights_path"]
    elif isinstance(record, Model):
        del data["weights_path"]
    return data
