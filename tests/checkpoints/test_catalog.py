"""The catalog of published models is what the installed timm says, found by name or glob."""

from __future__ import annotations

import csv
import sys
from importlib.metadata import version
from types import ModuleType
from typing import Any

import pytest
import timm
import torch
from timm.data.config import resolve_data_config
from timm.models import PretrainedCfg, _registry

from bench import registry
from bench.checkpoints import catalog, installed_timm
from bench.checkpoints.build import build
from bench.checkpoints.catalog import search, with_preprocessing
from bench.checkpoints.entry import Entry
from bench.published import figures
from bench.registry import select
from bench.spec import Model
from bench.spec.errors import UnknownNameError, UsageError
from bench.spec.kinds import Interpolation, Kind, Scale

same_release = pytest.mark.skipif(
    version("timm") != catalog.release(), reason="the catalog lists another release of timm"
)


def cfg_of(name: str) -> PretrainedCfg:
    found = timm.get_pretrained_cfg(name)
    assert found is not None
    return found


def one(name: str) -> Model:
    (model,) = search(name)
    return model


@same_release
def test_every_checkpoint_is_what_timm_says() -> None:
    """Of timm's own resolution, as its ``validate.py`` calls it."""
    names = timm.list_pretrained()
    assert len(names) > 1800
    square = 0
    for name in names:
        cfg, model = cfg_of(name), one(name)
        assert model.name == name == f"{cfg.architecture}.{cfg.tag}"
        assert model.kwargs["model_name"] == model.architecture == cfg.architecture
        assert model.classes == cfg.num_classes
        assert model.weights == (f"hf-hub:{cfg.hf_hub_id}" if cfg.hf_hub_id else cfg.url)
        told = resolve_data_config(pretrained_cfg=cfg.to_dict(), use_test_size=True)
        _, height, width = told["input_size"]
        assert model.resolution == height
        assert (model.changed == "") == (height == width), name
        for field in ("mean", "std", "crop_pct", "crop_mode", "interpolation"):
            assert getattr(model, field) == told[field], (name, field)
        trained = resolve_data_config(pretrained_cfg=cfg.to_dict(), use_test_size=False)
        square += height == width
        if height == width:
            as_trained = with_preprocessing(model, train_size=True)
            assert as_trained.resolution == trained["input_size"][1]
            assert as_trained.crop_pct == trained["crop_pct"]
    assert square > 1800


@same_release
def test_the_file_is_what_the_script_writes() -> None:
    entries = list(installed_timm.entries())
    assert entries == list(catalog._catalog().values())
    assert set(timm.list_models()) == set(catalog.architectures())
    assert {e.name for e in entries if e.tag} == set(timm.list_pretrained())
    assert catalog.FILE.stat().st_size < 350_000
    with catalog.FILE.open() as lines:
        next(lines)
        assert next(csv.reader(lines)) == list(Entry._fields)


def test_families_and_kinds_are_those_of_the_published_tables() -> None:
    for row in figures.checkpoints():
        model = one(row.model)
        assert (model.family, model.kind) == (row.family, row.kind), row.model


def test_a_name_a_default_and_a_glob() -> None:
    assert [m.name for m in search("MaxViT_tiny_tf_224.in1k")] == ["maxvit_tiny_tf_224.in1k"]
    assert one("coatnet_0_rw_224").name == "coatnet_0_rw_224.sw_in1k"
    assert one("resnet50").name == f"resnet50.{cfg_of('resnet50').tag}"
    tagged = {m.name for m in search("eva02_*")}
    assert tagged == set(timm.list_pretrained("eva02_*"))
    assert {m.name for m in search("*.fcmae")} == set(timm.list_pretrained("*.fcmae"))
    assert search("resnet50.none") == search("resnet5") == search("") == ()


@same_release
def test_former_names_are_those_that_timm_maps(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is what ``timm.create_model`` makes of it, default weights where no tag is said."""
    assert len(_registry._deprecated_models) > 200
    lost = set()
    for former, now in _registry._deprecated_models.items():
        if now is None or not (timm.is_model_pretrained(now) or now in timm.list_models()):
            lost.add(former)
            continue
        cfg = cfg_of(now)
        found = one(former)
        assert found.name == (f"{cfg.architecture}.{cfg.tag}" if cfg.tag else cfg.architecture)
        said = capsys.readouterr().err
        assert said == f"bench: {former} is a former name: timm now calls it {found.name}\n"
    # timm maps these to a tag that it has no longer, and cannot build them.
    assert lost == {"vit_base_patch16_224_sam", "vit_base_patch32_224_sam"}
    assert not any(map(search, lost))


def test_a_former_name_is_taken_wherever_models_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for selector in ("TF_efficientnet_b0_ns", "timm:tf_efficientnet_b0_ns"):
        (model,) = registry.models(selector)
        assert model.name == "tf_efficientnet_b0.ns_jft_in1k"
        assert len(capsys.readouterr().err.splitlines()) == 1
    registry.models("tf_efficientnet_b0.ns_jft_in1k")
    assert capsys.readouterr().err == ""


def test_an_architecture_without_weights_is_one_that_can_be_timed() -> None:
    model = one("coatnet_5_224")
    assert (model.name, model.weights, model.scale) == ("coatnet_5_224", "", Scale.UNKNOWN)
    assert (model.kind, model.classes, model.pretrain_images) == (Kind.HYBRID, 1000, None)


@pytest.mark.parametrize("name", ["timm:vit_small_r_s16_p9", "convnext_tinny", "coatnet_0_rw"])
def test_a_mistyped_name_has_its_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        registry.models(name)


def names(selector: str, world: str | None) -> list[str]:
    return [model.name for model in registry.models(selector, world=world)]


def test_worlds_keep_to_themselves() -> None:
    assert {m.world for m in registry.models("convnext,swin", world="glyphs")} == {"glyphs"}
    assert {m.source for m in registry.models("convnext,swin", world="imagenet")} == {"timm"}
    assert {m.world for m in registry.models("convnext")} == {"glyphs", "imagenet"}
    worlds = [model.world for model in registry.models()]
    assert worlds == sorted(worlds)  # one after the other, glyphs first
    with pytest.raises(UnknownNameError):
        registry.models("maxvit_tiny_tf_224", world="glyphs")
    assert names("maxvit_tiny_tf_224.in1k,coatnet_0_rw_224", "imagenet") == [
        "maxvit_tiny_tf_224.in1k",
        "coatnet_0_rw_224.sw_in1k",
    ]


def test_a_declared_ladder_comes_before_the_catalog() -> None:
    declared = names("convnext*", "imagenet")
    assert "convnext_tiny.fb_in1k" in declared
    assert "convnext_tiny.in12k_ft_in1k" not in declared
    assert "convnext_tiny.in12k_ft_in1k" in names("timm:convnext*", "imagenet")
    assert names("swin_tiny", "imagenet")[0] == "swin_tiny_patch4_window7_224.ms_in1k"


@pytest.mark.parametrize(
    ("family", "sizes"),
    [
        ("convnext", ["tiny", "small", "base", "large", "xlarge"]),
        ("convnextv2", ["atto", "femto", "pico", "nano", "tiny", "base", "large", "huge"]),
        ("swin", ["tiny", "small", "base", "large"]),
        ("swinv2", ["tiny", "small", "base", "large"]),
        ("vit", ["tiny", "small", "base", "large"]),
        ("deit", ["tiny", "small", "base"]),
        ("deit3", ["small", "medium", "base", "large", "huge"]),
        ("resnet", ["18", "34", "50", "101", "152"]),
    ],
)
def test_ladders_go_up(family: str, sizes: list[str]) -> None:
    ladder = registry.models(family, world="imagenet")
    assert list(dict.fromkeys(model.size for model in ladder)) == sizes
    assert {model.classes for model in ladder} == {1000}
    assert {model.scale for model in ladder} <= {Scale.IN1K, Scale.IN22K}
    again = select.models("all", tuple(reversed(ladder)))
    if family != "resnet":  # whose depths go by the order declared
        assert again == ladder


CHANGES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("convnext_tiny.fb_in1k", {"img_size": 224}, "img-size=224", {}),
    ("convnext_tiny.fb_in1k", {"img_size": 288, "crop_pct": 1.0}, "", {}),
    ("convnext_tiny.fb_in1k", {"train_size": True}, "img-size=224 crop-pct=0.875", {}),
    (
        "convnext_tiny.fb_in1k",
        {"train_size": True, "img_size": 256, "interpolation": Interpolation.BILINEAR},
        "img-size=256 crop-pct=0.875 interpolation=bilinear",
        {},
    ),
    ("swin_tiny_patch4_window7_224.ms_in1k", {"train_size": True, "img_size": 224}, "", {}),
    (
        "swin_tiny_patch4_window7_224.ms_in1k",
        {"img_size": 256},
        "img-size=256",
        {"img_size": 256},
    ),
    ("vit_small_patch16_224.augreg_in1k", {"img_size": 288}, "img-size=288", {"img_size": 288}),
    ("maxvit_tiny_tf_224.in1k", {"img_size": 256}, "img-size=256", {"img_size": 256}),
]


@pytest.mark.parametrize(("name", "asked", "changed", "kwargs"), CHANGES)
def test_preprocessing_is_changed_and_marked(
    name: str, asked: dict[str, Any], changed: str, kwargs: dict[str, Any]
) -> None:
    model = one(name)
    made = with_preprocessing(model, **asked)
    assert made.changed == changed
    assert made.kwargs == {"model_name": model.architecture, **kwargs}
    assert with_preprocessing(made, **asked) == made
    back: dict[str, Any] = {"img_size": model.resolution, "crop_pct": model.crop_pct}
    assert with_preprocessing(made, **back, interpolation=model.interpolation) == model


@pytest.mark.parametrize(
    "name",
    ["swin_tiny_patch4_window7_224.ms_in1k", "resnet18.a1_in1k", "coatnet_nano_rw_224"],
)
def test_a_network_is_built_for_the_size_that_was_asked_for(name: str) -> None:
    made = with_preprocessing(one(name), img_size=256)
    network = build(made, weights=False, device="meta")
    logits = network(torch.empty(1, 3, 256, 256, device="meta"))
    assert logits.shape == (1, made.classes)


def test_a_network_of_another_aspect_is_built_square_and_says_so() -> None:
    model = one("vit_base_patch16_sapiens2.fb")
    assert (model.resolution, model.changed) == (1024, "img-size=1024")
    assert model.kwargs["img_size"] == 1024


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("resnet18", {"img_size": 31}, "--img-size 31: give 32 to 4096"),
        ("resnet18", {"img_size": -1}, "give 32 to 4096"),
        ("resnet18", {"crop_pct": 0.0}, "--crop-pct 0: give a share above 0"),
        ("resnet18", {"crop_pct": float("nan")}, "--crop-pct nan"),
        ("crossvit_9_240", {"img_size": 256}, "takes 240 pixels only"),
        ("maxvit_tiny_tf_224", {"img_size": 240}, "takes 224 pixels or a multiple of 32"),
    ],
)
def test_what_a_network_cannot_take_is_one_clear_line(
    name: str, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        with_preprocessing(one(name), **asked)


def test_drawn_images_are_taken_as_they_are() -> None:
    (model,) = registry.models("convnext_m.g22k")
    with pytest.raises(UsageError, match=r"convnext_m.g22k takes its images of 32 pixels"):
        with_preprocessing(model, img_size=64)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture that a user registered with timm: the catalog cannot know it."""
    for name, value in vars(_registry).items():
        if name.startswith("_mod") and isinstance(value, dict | set):
            monkeypatch.setattr(_registry, name, value.copy())
    module = ModuleType("toy_models")
    cfg: dict[str, Any] = {"num_classes": 7, "input_size": (3, 48, 48), "mean": (0.1, 0.2, 0.3)}
    cfg |= {"hf_hub_id": "me/toy", "crop_pct": 0.5}
    module.__dict__["default_cfgs"] = timm.models.generate_default_cfgs(
        {"toy_tiny_48.mine_in1k": cfg}
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def toy_tiny_48(**kwargs: Any) -> torch.nn.Module:
        features = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
        return torch.nn.Sequential(*features, torch.nn.Linear(3, kwargs["num_classes"]))

    toy_tiny_48.__module__ = module.__name__
    timm.models.register_model(toy_tiny_48)


@pytest.mark.usefixtures("toy")
def test_what_was_registered_with_timm_is_found_too() -> None:
    (model,) = registry.models("toy_tiny_48", world="imagenet")
    assert model.name == "toy_tiny_48.mine_in1k"
    assert (model.resolution, model.classes, model.crop_pct) == (48, 7, 0.5)
    assert (model.family, model.size, model.kind) == ("toy_models", "tiny", Kind.OTHER)
    assert (model.scale, model.trained_on) == (Scale.UNKNOWN, "unknown")
    assert model.weights == "hf-hub:me/toy"
    assert search("toy_*") == search("toy_tiny_48.mine_in1k") == (model,)
    assert with_preprocessing(model, img_size=64).changed == "img-size=64"
