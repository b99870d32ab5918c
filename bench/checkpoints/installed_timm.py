"""What the installed timm knows; the catalog is what one release of it knew."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Any

from bench.checkpoints.entry import Entry
from bench.spec.kinds import Kind

#: Family by the start of an architecture's name, less specific last; else it is timm's module.
_FAMILY = re.compile(
    r"(?:tf_|dm_|test_|sam2_)?(?:(?P<regnet>regnet[vxyz])|(?P<name>"
    r"convnextv2|convnext|swinv2_cr|swinv2|swin_s3|swin|deit3|deit|beitv2|beit3|beit|eva02|eva|"
    r"maxxvitv2|maxxvit|maxvit|coatnet|coatnext|resnext|resnetv2|resnet|wide_resnet|ecaresnet|"
    r"seresnext|seresnet|efficientnetv2|efficientnet|mobilenetv\d|nfnet|vit_s?relpos|flexivit|"
    r"aimv2|vit(?=_)|caformer|convformer|poolformerv2|poolformer|resmlp|gmlp|gmixer|mixer))_?"
)
_SIZES = re.compile(
    r"x{1,2}(small|large|tiny)|zepto|atto|femto|pico|nano|tiny|little|small|medium|base|large|huge"
    r"|giant|gigantic|enormous|so\d+m"
)
_VARIANTS = frozenset({"bn", "legacy", "rmlp", "rw", "tf"})
_TRANSFORMERS = """
    beit cait convit crossvit davit deepseek_vit deit eva gemma4_vit hiera hieradet_sam2 mvitv2
    naflexvit nest pit pvt_v2 qwen3_vit swin_transformer swin_transformer_v2 swin_transformer_v2_cr
    tnt twins vision_transformer vision_transformer_relpos vision_transformer_sam volo xcit
"""
_HYBRIDS = """
    byoanet coat cpubone csatv2 edgenext efficientformer efficientformer_v2 efficientvit_mit
    efficientvit_msra fastvit gcvit iformer levit lowformer maxxvit mobilenetv5 mobilevit nextvit
    shvit swiftformer tiny_vit visformer vision_transformer_hybrid vitamin
"""
_CONVNETS = """
    byobnet convmixer convnext cspnet cspnext densenet dla dpn efficientnet fasternet focalnet
    ghostnet hardcorenas hgnet hrnet inception_next inception_resnet_v2 inception_v3 inception_v4
    lcnetv2 mambaout mobilenetv3 nasnet nfnet pnasnet rdnet regnet repghost repvit res2net resnest
    resnet resnetv2 rexnet selecsls senet sknet starnet tresnet vgg vovnet xception
    xception_aligned
"""
_KINDS = {
    **dict.fromkeys(_TRANSFORMERS.split(), Kind.TRANSFORMER),
    **dict.fromkeys(_HYBRIDS.split(), Kind.HYBRID),
    **dict.fromkeys(_CONVNETS.split(), Kind.CONVNET),
}
#: Architectures that are of another kind than the rest of their module.
_KIND_BY_NAME = {
    "caformer_*": Kind.HYBRID,
    "convformer_*": Kind.CONVNET,
    "fastvit_t*": Kind.CONVNET,
    "fastvit_s[0-9]*": Kind.CONVNET,
    "mobilenetv4_hybrid_*": Kind.HYBRID,
}
#: What sizes a network of fixed size is built for besides its own; see `Entry.step`. Others that
#: are fixed take any.
_STEPS = {
    "crossvit": 0,  # its two branches are of two sizes
    "efficientformer": 0,
    **dict.fromkeys(("levit", "nest", "vision_transformer_sam", "xcit"), 16),
    **dict.fromkeys(("byoanet", "byobnet", "efficientformer_v2", "gcvit", "hiera"), 32),
    **dict.fromkeys(("maxxvit", "twins", "vision_transformer_hybrid", "visformer"), 32),
}


def version() -> str:
    """Of the installed timm."""
    import timm

    return str(timm.__version__)


def entries(known: Collection[str] = ()) -> Iterator[Entry]:
    """Checkpoints of all architectures that have a name, with or without tag, that is not known.

    In timm's order, an architecture's default first; an architecture without weights is one entry
    without tag.
    """
    import timm
    from timm.models import PretrainedCfg, get_arch_pretrained_cfgs, model_entrypoint

    names = {*timm.list_models(), *timm.list_pretrained()}
    new = {name.partition(".")[0] for name in names.difference(known)}
    for architecture in filter(new.__contains__, timm.list_models()):
        module = model_entrypoint(architecture).__module__.rpartition(".")[2]
        configs = get_arch_pretrained_cfgs(architecture)
        published = {cfg.tag or "": cfg for cfg in configs.values() if cfg.has_weights}
        default = timm.get_pretrained_cfg(architecture) or PretrainedCfg()
        for tag in sorted(published or {"": default}, key=lambda tag: tag != (default.tag or "")):
            cfg = published.get(tag, default)
            if cfg.input_size[0] == 3:
                yield _entry(architecture, module, tag, cfg)


def former_names() -> dict[str, str]:
    """Names that timm maps to others with a warning, and these, with or without a tag.

    Left out are those it maps to weights that it does not list: it cannot build them either.
    """
    import timm
    from timm.models import _registry  # timm has no public function for this

    listed = {*timm.list_models(), *timm.list_pretrained()}
    mapped = _registry._deprecated_models.items()
    return {name: now for name, now in mapped if now in listed and name not in listed}


def _entry(architecture: str, module: str, tag: str, cfg: Any) -> Entry:
    family, size = _family_and_size(architecture, module)
    if cfg.hf_hub_id and cfg.hf_hub_filename:
        raise NotImplementedError(f"{architecture}.{tag} is a file of its own name on the hub")
    address = cfg.hf_hub_id or cfg.url or ""
    own = address.endswith(f"/{architecture}.{tag}")
    return Entry(
        architecture=architecture,
        tag=tag,
        family=family,
        kind=_kind(architecture, module),
        size=size,
        classes=str(cfg.num_classes),
        pixels=_pixels(cfg.input_size),
        test_pixels=_pixels(cfg.test_input_size) if cfg.test_input_size else "",
        step=_step(architecture, module) if cfg.fixed_input_size else "",
        mean=" ".join(map(str, cfg.mean)),
        std=" ".join(map(str, cfg.std)),
        crop_pct=str(cfg.crop_pct),
        test_crop_pct=str(cfg.test_crop_pct or ""),
        crop_mode=cfg.crop_mode,
        interpolation=cfg.interpolation,
        weights=address.rpartition("/")[0] + "/" if own else address,
    )


def _pixels(size: tuple[int, int, int]) -> str:
    _, height, width = size
    return str(height) if height == width else f"{height}x{width}"


def _family_and_size(architecture: str, module: str) -> tuple[str, str]:
    """Family and size: ``swin_tiny_patch4_window7_224`` is ``swin``, ``tiny``."""
    start = _FAMILY.match(architecture)
    rest = architecture[start.end() :] if start else architecture
    family = (start["name"] or "regnet") if start else module
    if module == "vision_transformer_hybrid":
        family = "vit_hybrid"
    elif architecture.endswith("_bit"):
        family = "bit"
    words = [word for word in rest.split("_") if word not in _VARIANTS]
    if not start and len(words) > 1:
        words = words[1:]  # the first is the family's own name
    size = next((word for word in words if _SIZES.fullmatch(word)), "")
    return family, size or (words[0].removeprefix(family) if words else "") or "base"


def _kind(architecture: str, module: str) -> Kind:
    """What is neither, or of a module that is newer than the tables, is of the other kinds."""
    for name, kind in _KIND_BY_NAME.items():
        if fnmatchcase(architecture, name):
            return kind
    return _KINDS.get(module, Kind.OTHER)


def _step(architecture: str, module: str) -> str:
    if architecture.startswith(("halo2", "lamhalo")):
        return "128"  # blocks of 8 positions at stride 16
    if "dinov3" in architecture or architecture.startswith("test_vit"):
        return "16"
    return str(_STEPS.get(module, 1))
