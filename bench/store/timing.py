"""How long finished jobs took: what estimates of the time left are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.spec import Job


@dataclass(frozen=True)
class Timing:
    """How long one finished job took, and what that depends on."""

    measure: str
    architecture: str
    device_name: str
    images: int  #: 0 where no dataset is read
    seconds: float
    compiled: bool = False
    replicates: int = 1
    resolution: int = 32  #: pixels, height and width

    @staticmethod
    def of(job: Job, seconds: float) -> Timing:
        """The timing of one job."""
        options = job.options
        return Timing(
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
    def stored(job: Mapping[str, Any], seconds: float) -> Timing:
        """The timing of a job as the store keeps it; KeyError or TypeError if it is none."""
        options = job["options"]
        return Timing(
            measure=job["measure"],
            architecture=job["architecture"],
            device_name=options["device_name"],
            images=job["images"],
            seconds=seconds,
            compiled=options["compile"],
            replicates=options.get("replicates", 1),  # rows of before there were any
            resolution=job["model"]["resolution"],
        )
