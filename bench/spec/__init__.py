"""Declarations and records: the vocabulary that all other modules share.

Standard library only, so that listing, planning and ``--help`` never import torch.
A *declaration* (`Model`, `Dataset`, `Suite`) is data that a user can add in one file. A *job* is
one measurement to make; an *outcome* is its result.
"""

from __future__ import annotations

from dataclasses import replace

from bench.spec.declare import Dataset, Model, Options, Suite, Transform
from bench.spec.job import MEASURE_VERSION, Job, to_json
from bench.spec.kinds import AmpDtype, CropMode, Interpolation, Kind, Measure, Role, Scale, Status
from bench.spec.outcome import Measurement, Outcome

__all__ = [
    "MEASURE_VERSION",
    "AmpDtype",
    "CropMode",
    "Dataset",
    "Interpolation",
    "Job",
    "Kind",
    "Measure",
    "Measurement",
    "Model",
    "Options",
    "Outcome",
    "Role",
    "Scale",
    "Status",
    "Suite",
    "Transform",
    "replace",
    "to_json",
]
