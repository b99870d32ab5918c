"""Profile: what one image costs in params, multiply-accumulates, activations and bytes moved.

One MAC is one multiplication and one addition, of convolutions, linear layers and matrix products,
attention's two among them. Biases, norms, activations, softmax and pooling are not in it.

All of it is a property of the architecture at its resolution: weights, device and precision
change nothing, so it is counted on the meta device, without a weight or a computation.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from bench.checkpoints.build import build
from bench.cost.count import Cost, count
from bench.cost.meta_cache import Shapes
from bench.spec import Job, Measurement, Model, Outcome, Status
from bench.spec.errors import DataError, JobError

#: Largest relative difference of the two counters at which a number is still given.
TOLERANCE = 0.03

#: Largest network, in parameters, that is run where it cannot be counted without running it.
RUN_UP_TO = 100_000_000


def measure(job: Job) -> Outcome:
    """Params, MACs, activations and traffic for one image, in all and by stage.

    ``params`` and ``activations`` are in millions. ``gmacs`` in 1e9 is by fvcore's rules and
    ``gmacs_torch`` by torch's counter; ``gmacs_fvcore`` is all that fvcore counts, norms and
    pooling too, as timm's tables have it. ``params/<stage>`` and so on sum to the total.
    ``traffic`` is in 1e9 bytes at float32, weights not among them. Raises `JobError`, with both
    numbers, where the counters differ by more than `TOLERANCE`.
    """
    cost = counted(job.model)
    agreed(cost, job.model.name)
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=tuple(_measurements(cost)),
        notes={
            "macs_by_operator": cost.by_operator,
            "not_in_gmacs": cost.elementwise,
            "uncounted_ops": cost.uncounted,
            "blind_kernels": cost.blind,
            "torch": torch.__version__,
        },
    )


def counted(model: Model) -> Cost:
    """Counted on the meta device, or by running it where its code looks at values."""
    network = _without_weights(model)
    try:
        return count(network, model.resolution)
    except (NotImplementedError, RuntimeError) as error:
        params = sum(parameter.numel() for parameter in network.parameters())
        if params > RUN_UP_TO:
            raise JobError(
                f"{model.name} cannot be counted without running it ({error}), "
                f"and with {params / 1e6:.0f} M params it is too large to be run"
            ) from error
    return count(build(model, weights=False), model.resolution)


def _without_weights(model: Model) -> torch.nn.Module:
    try:
        with Shapes():
            return build(model, weights=False, device="meta")
    except DataError:  # many constructors read drop rates from a tensor
        return build(model, weights=False).to("meta")


def _measurements(cost: Cost) -> Iterator[Measurement]:
    macs = sum(cost.macs.values()) / 1e9
    yield Measurement(metric="params", value=sum(cost.params.values()) / 1e6, unit="M")
    yield Measurement(metric="gmacs", value=macs, unit="GMACs")
    everything = macs + sum(cost.elementwise.values()) / 1e9
    yield Measurement(metric="gmacs_fvcore", value=everything, unit="GMACs")
    yield Measurement(metric="gmacs_torch", value=cost.torch_macs / 1e9, unit="GMACs")
    activations = sum(cost.activations.values()) / 1e6
    yield Measurement(metric="activations", value=activations, unit="M")
    yield Measurement(metric="traffic", value=cost.traffic / 1e9, unit="GB")
    for stage in cost.params:
        yield Measurement(metric=f"params/{stage}", value=cost.params[stage] / 1e6, unit="M")
        yield Measurement(metric=f"gmacs/{stage}", value=cost.macs[stage] / 1e9, unit="GMACs")
        activations = cost.activations[stage] / 1e6
        yield Measurement(metric=f"activations/{stage}", value=activations, unit="M")


def agreed(cost: Cost, name: str) -> None:
    """Raise `JobError` unless both counters found about the same, and something at all."""
    fvcore = sum(cost.macs.values())
    most = max(fvcore, cost.torch_macs)
    if most == 0:
        raise JobError(f"{name} has no convolution or matrix product that can be counted")
    apart = abs(fvcore - cost.torch_macs) / most
    if apart > TOLERANCE:
        raise JobError(
            f"MACs of {name}: fvcore counts {fvcore:,}, torch {cost.torch_macs:,}, which differ by "
            f"{apart:.1%} (at most {TOLERANCE:.0%} may); functions without a rule: "
            f"{', '.join(cost.uncounted) or 'none'}; kernels without a formula: "
            f"{', '.join(cost.blind) or 'none'}"
        )
