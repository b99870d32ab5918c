"""Networks from declarations: the only file of the package that imports timm."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import nn

from bench.checkpoints.weights import verified
from bench.spec import Model
from bench.spec.errors import DataError


def basic_resnet(**kwargs: Any) -> nn.Module:
    """A timm `ResNet` of basic blocks: the block is a class, which a declaration cannot hold."""
    from timm.models.resnet import BasicBlock, ResNet

    block: Any = BasicBlock  # timm annotates an instance where it takes the class
    return cast(nn.Module, ResNet(block, **kwargs))


def build(model: Model, *, weights: bool = True, device: str = "cpu") -> nn.Module:
    """The network in eval mode, float32; with random weights if ``weights`` is false.

    On ``device``; ``meta`` allocates nothing, for counting, and takes no weights. Raises
    `DataError` when the weights are missing, unreadable, of another digest than was resolved, hold
    code, or do not fit the network. Half-precision weights are widened, which is exact.
    """
    module, name = model.arch.split(":")
    by_name = model.arch == "timm:create_model"
    options = _options(model) if by_name else dict(model.kwargs)
    file = verified(model) if weights else None
    if file is not None:
        _refuse_code(file)
        if by_name:  # timm's own loader knows how to convert what was published
            options["pretrained"] = True
            options["pretrained_cfg_overlay"] |= {"file": str(file)}
    try:
        with torch.device(device):
            network = cast(nn.Module, getattr(import_module(module), name)(**options))
        if file is not None and not by_name:
            network.load_state_dict(load_file(file))
    except Exception as error:  # whatever an architecture or a conversion stumbles over
        what = f"{file} does not fit {model.name}" if file else f"cannot build {model.name}"
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{what} from {model.arch}: {reason[:300]}") from error
    return network.float().eval()


def _options(model: Model) -> dict[str, Any]:
    """What `timm.create_model` is called with, for a model that is declared by timm's name."""
    import timm

    name = str(model.kwargs.get("model_name"))
    if not timm.is_model(name):
        raise DataError(
            f"{model.name}: timm {timm.__version__} knows no architecture {name!r}; "
            "check the name or upgrade timm"
        )
    known = model.name.startswith(f"{name}.") and timm.is_model_pretrained(model.name)
    # The head is as declared: timm would leave one of another width at random, and say nothing.
    overlay = {"num_classes": model.classes, "custom_load": False}
    return {
        "num_classes": model.classes,
        "pretrained_cfg": model.name.removeprefix(f"{name}.") if known else None,
        "pretrained_cfg_overlay": overlay,
        **model.kwargs,
    }


def _refuse_code(file: Path) -> None:
    """A pickle may run code when it is opened, as some releases of timm do: only tensors pass.

    `argparse.Namespace` passes too: training scripts keep their options in their checkpoints.
    """
    if file.suffix == ".safetensors":
        return
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            torch.load(file, map_location="meta", weights_only=True)
    except Exception as error:  # of a file that is no pickle, anything
        raise DataError(
            f"{file} is not loaded: {_besides_weights(file)}; get it as safetensors or convert it "
            "where it may be trusted"
        ) from error


def _besides_weights(file: Path) -> str:
    try:
        found = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except Exception:  # damaged, or in a form that torch does not write
        found = []
    names = ", ".join(found[:3])
    return f"it holds {names} besides weights" if names else "it is no checkpoint of weights alone"
