"""Published weights in timm's networks: the same logits as timm's own, and no other way in."""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save
from timm.models import save_for_hf
from torch import nn

from bench.checkpoints.build import build
from bench.checkpoints.weights import resolve
from bench.spec import Model, replace
from bench.spec.errors import DataError
from tests import declared
from tests.checkpoints.hub_server import Hub

ARCHITECTURES = ("test_convnext", "test_vit")
State = dict[str, torch.Tensor]


def model(architecture: str = "test_vit", tag: str = "r160_in1k", **changes: Any) -> Model:
    known: dict[str, Any] = {
        "name": f"{architecture}.{tag}",
        "arch": "timm:create_model",
        "kwargs": {"model_name": architecture},
        "classes": 1000,
        "resolution": 160,
        "weights": f"hf-hub:timm/{architecture}.{tag}",
        "weights_sha256": "",
        "source": "timm",
    }
    return replace(declared.model(), **(known | changes))


def trained(architecture: str = "test_vit", **options: Any) -> nn.Module:
    """A network of timm with weights unlike any fresh one's."""
    torch.manual_seed(7)
    network: nn.Module = timm.create_model(architecture, **options).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return network


@torch.inference_mode()
def logits(network: nn.Module, size: int = 160) -> torch.Tensor:
    torch.manual_seed(0)
    return network(torch.randn(2, 3, size, size))  # type: ignore[no-any-return]


def put(folder: Path, checkpoint: object, suffix: str = "pth") -> Path:
    file = folder / f"test_vit.r160_in1k.{suffix}"
    torch.save(checkpoint, file)
    return file


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_are_those_of_timm_from_the_same_hub(
    hub: Hub, architecture: str, tmp_path: Path
) -> None:
    network = trained(architecture)
    save_for_hf(network, str(tmp_path / "published"), safe_serialization="both")
    files = {file.name: file.read_bytes() for file in (tmp_path / "published").iterdir()}
    assert {"config.json", "model.safetensors", "pytorch_model.bin"} <= files.keys()
    repository = f"timm/{architecture}.r160_in1k"
    hub.publish(repository, files)
    timms = timm.create_model(f"hf-hub:{repository}", pretrained=True).eval()
    ours = build(resolve(model(architecture)))
    assert not ours.training
    assert torch.equal(logits(ours), logits(timms))
    assert torch.equal(logits(ours), logits(network))


def test_a_larger_input_is_adapted_to_as_timm_does(own: Path) -> None:
    file = put(own, trained().state_dict(), "bin")
    larger = model(kwargs={"model_name": "test_vit", "img_size": 192}, resolution=192)
    timms = timm.create_model(
        "test_vit", pretrained=True, pretrained_cfg_overlay={"file": str(file)}, img_size=192
    )
    ours = build(resolve(larger))
    assert torch.equal(logits(ours, 192), logits(timms.eval(), 192))


@pytest.mark.parametrize("wrap", ["", "model", "state_dict", "state_dict_ema"])
def test_checkpoints_of_training_scripts_are_read(own: Path, wrap: str) -> None:
    network = trained(num_classes=10)
    state = network.state_dict()
    options = argparse.Namespace(lr=0.1)
    put(own, {wrap: state, "args": options, "epoch": 3} if wrap else state)
    ours = build(resolve(model(classes=10, weights="hf-hub:me/mine")))
    assert torch.equal(logits(ours), logits(network))


def test_half_precision_is_widened(own: Path) -> None:
    network = trained().half().float()
    (own / "test_vit.r160_in1k.safetensors").write_bytes(save(network.half().state_dict()))
    ours = build(resolve(model()))
    assert {parameter.dtype for parameter in ours.parameters()} == {torch.float32}
    assert torch.equal(logits(ours), logits(network.float()))


class Trap:
    """A pickle of it writes a file when it is opened."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return exec, (f"open({str(self.target)!r}, 'w').close()",)


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_a_pickle_with_code_never_runs(hub: Hub, own: Path, tmp_path: Path, form: str) -> None:
    sprung = tmp_path / "sprung"
    bad = {"model": trained().state_dict(), "args": Trap(sprung)}
    file = own / "test_vit.r160_in1k.pth"
    if form == "bare":
        file.write_bytes(pickle.dumps(bad))
    else:
        torch.save(bad, file, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(DataError, match=r"test_vit\.r160_in1k\.pth is not loaded") as caught:
        build(resolve(model()))
    assert "\n" not in str(caught.value)
    assert ("builtins.exec" if form == "zip" else "no checkpoint") in str(caught.value)
    assert "safetensors" in str(caught.value)
    hub.publish("timm/test_vit.r160_in1k", {"pytorch_model.bin": file.read_bytes()})
    file.unlink()
    with pytest.raises(DataError, match=r"pytorch_model\.bin is not loaded"):
        build(resolve(model()))
    assert not sprung.exists()
    torch.save(bad, file)
    torch.load(file, weights_only=False)
    assert sprung.exists()  # the trap does work


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x02.", b"PK\x03\x04 cut"])
def test_what_is_no_checkpoint_is_refused(own: Path, suffix: str, content: bytes) -> None:
    (own / f"test_vit.r160_in1k.{suffix}").write_bytes(content)
    with pytest.raises(DataError, match=r"test_vit\.r160_in1k") as caught:
        build(resolve(model()))
    assert "\n" not in str(caught.value)


def _without(state: State) -> State:
    del state["blocks.0.attn.proj.bias"]
    return state


def _with_more(state: State) -> State:
    return state | {"blocks.99.bias": torch.zeros(3)}


def _misshapen(state: State) -> State:
    return state | {"norm.weight": torch.zeros(3)}


def _of_another_head(state: State) -> State:
    return state | {"head.weight": torch.zeros(10, 64), "head.bias": torch.zeros(10)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without, r"Missing key.*blocks\.0\.attn\.proj\.bias"),
        (_with_more, r"Unexpected key.*blocks\.99\.bias"),
        (_misshapen, r"size mismatch for norm\.weight"),
        (_of_another_head, r"size mismatch for head\.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused(own: Path, change: Any, said: str) -> None:
    put(own, change(trained().state_dict()))
    with pytest.raises(
        DataError, match=rf"\.pth does not fit test_vit\.r160_in1k.*{said}"
    ) as caught:
        build(resolve(model()))
    assert "\n" not in str(caught.value)


def test_a_head_is_never_left_at_random(own: Path) -> None:
    put(own, trained(num_classes=1000).state_dict())
    with pytest.raises(DataError, match=r"size mismatch for head\.weight"):
        build(resolve(model(classes=10)))


def test_a_file_that_changed_since_it_was_resolved_is_refused(own: Path) -> None:
    put(own, trained().state_dict())
    found = resolve(model())
    put(own, timm.create_model("test_vit").state_dict())
    with pytest.raises(
        DataError, match=r"is not the file that test_vit\.r160_in1k was resolved to"
    ):
        build(found)


@pytest.mark.parametrize("weights", [True, False])
def test_a_name_that_timm_does_not_know(own: Path, weights: bool) -> None:
    unknown = replace(model(), kwargs={"model_name": "hf-hub:a/b"}, weights_sha256="0" * 64)
    with pytest.raises(DataError, match=r"timm [\d.]+\w* knows no architecture 'hf-hub:a/b'"):
        build(unknown, weights=weights)


@pytest.mark.parametrize(
    "architecture", [*ARCHITECTURES, "resnet18", "swin_tiny_patch4_window7_224"]
)
def test_on_the_meta_device_a_network_has_shapes_and_no_memory(architecture: str) -> None:
    known = model(architecture, classes=21)
    network = build(known, weights=False, device="meta")
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"meta"}
    true = timm.create_model(architecture, num_classes=21)
    assert {name: tensor.shape for name, tensor in network.state_dict().items()} == {
        name: tensor.shape for name, tensor in true.state_dict().items()
    }
