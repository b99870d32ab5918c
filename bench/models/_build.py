"""Networks from declarations: the only file of the package that imports timm."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import nn

from bench.errors import DataError
from bench.models._weights import read
from bench.spec import Model

#: What timm raises for a name or an argument that it does not know.
_UNBUILDABLE = (ImportError, AttributeError, TypeError, ValueError, AssertionError, RuntimeError)


def basic_resnet(**kwargs: Any) -> nn.Module:
    """A timm `ResNet` of basic blocks: the block is a class, which a declaration cannot hold."""
    from timm.models.resnet import BasicBlock, ResNet

    block: Any = BasicBlock  # timm annotates an instance where it takes the class
    return cast(nn.Module, ResNet(block, **kwargs))


def build(model: Model, *, weights: bool = True, device: str = "cpu") -> nn.Module:
    """The network in eval mode, float32; with random weights if ``weights`` is false.

    On ``device``; ``meta`` allocates nothing, for counting, and takes no weights. Raises
    `DataError` when the weights are missing, unreadable, of another digest than the card says, or
    do not fit the network. Half-precision weights are widened, which is exact.
    """
    module, name = model.arch.split(":")
    kwargs = dict(model.kwargs)
    if module == "timm":
        kwargs.setdefault("num_classes", model.classes)
    try:
        with torch.device(device):
            network = cast(nn.Module, getattr(import_module(module), name)(**kwargs))
    except _UNBUILDABLE as error:
        reason = " ".join(str(error).split())
        raise DataError(f"cannot build {model.name} from {model.arch}: {reason}") from error
    if weights:
        _load(network, model)
    return network.float().eval()


def _load(network: nn.Module, model: Model) -> None:
    data = read(model)
    try:
        state: dict[str, torch.Tensor] = load_safetensors(data)
        network.load_state_dict(state)
    except (SafetensorError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{model.weights} does not fit {model.name}: {reason}") from error
