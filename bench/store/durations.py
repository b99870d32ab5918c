"""How long finished jobs took: the basis of estimates of the time left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.spec import Job


@dataclass(frozen=True)
class JobDuration:
    """How long one finished job took, and what that depends on."""

    measure: str
    architecture: str
    device_name: str
    images: int  #: 0 without a dataset
    seconds: float
    compiled: bool = False
    replicates: int = 1
    resolution: int = 32  #: pixels, height and width

    @staticmethod
    def of(job: Job, seconds: float) -> JobDuration:
        """The duration of one job."""
        options = job.options
        return JobDuration(
            measure=str(job.measure),
            architecture=job.model.architecture,
            device_name=options.device_name,
            images=job.images,
            seconds=seconds,
            compiled=options.compile,
            replicates=options.replicates,
            resolution=job.model.resolution,
        )

    @staticmethod
    def stored(job: Mapping[str, Any], seconds: float) -> JobDuration:
        """The duration of a job as stored; KeyError or TypeError if it is malformed."""
        options = job["options"]
        return JobDuration(
            measure=job["measure"],
            architecture=job["architecture"],
            device_name=options["device_name"],
            images=job["images"],
            seconds=seconds,
            compiled=options["compile"],
            replicates=options.get("replicates", 1),  # old rows do not have it
            resolution=job["model"]["resolution"],
        )
