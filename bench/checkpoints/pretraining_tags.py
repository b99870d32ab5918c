"""What published weights were pretrained on, read from timm's ``<architecture>.<tag>`` names.

A tag is words joined by ``_``: recipes and authors, then data sets in the order they were used,
``ft`` before a set that was fine-tuned on. Every word must be known here, else nothing is said of
the weights: a word that is not known may be a set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bench.spec.kinds import Scale


@dataclass(frozen=True)
class Pretraining:
    """Which images a set of weights has seen."""

    scale: Scale  #: of the largest set
    chain: str  #: sets in the order of use, ``imagenet-22k>imagenet-1k``
    #: distinct images of the largest set, 0 from scratch on ImageNet-1K; None where not known
    images: int | None
    method: str = ""  #: ``supervised``, ``fcmae``, ``clip`` ...; "" where the tag leaves it open


@dataclass(frozen=True)
class _Set:
    chain: str
    scale: Scale
    images: int | None


UNKNOWN = Pretraining(Scale.UNKNOWN, "unknown", None)

_1K = _Set("imagenet-1k", Scale.IN1K, 1_281_167)
_22K = _Set("imagenet-22k", Scale.IN22K, 14_197_122)
# Training images of ImageNet-21K-P's two releases, by Alibaba-MIIL/ImageNet21K's instructions of
# preprocessing: the first has 11,221 classes, as heads of the weights have, the second 10,450.
_21K_P = _Set("imagenet-21k-p", Scale.IN22K, 11_797_632)
_21K_P_WINTER = _Set("imagenet-21k-p-winter", Scale.IN22K, 11_060_223)

#: ImageNet's counts are exact. Those of the web are round, as their names or cards give them; None
#: where what was trained on is a filtered part of a size that was not published.
_SETS = {
    "in1k": _1K,
    "in12k": _Set("imagenet-12k", Scale.IN12K, 12_129_687),
    "in21k": _22K,
    "in22k": _22K,
    "inw21k": _Set("imagenet-21k-winter", Scale.IN22K, None),
    "miil_in21k": _21K_P,
    "cvnets_in22k": _Set("imagenet-22k", Scale.IN22K, None),
    **{
        word: _Set(chain, Scale.WEB, images)
        for word, chain, images in (
            ("bamboo", "bamboo", None),
            ("cc12m", "cc-12m", 12_000_000),
            ("datacomp1b", "datacomp-1b", 1_400_000_000),
            ("datacompxl", "datacomp-1b", 1_400_000_000),
            ("dfn2b", "dfn-2b", 2_000_000_000),
            ("dfn5b", "dfn-5b", 5_000_000_000),
            ("dfndr2b", "dfndr-2b", 2_000_000_000),
            ("ig1b", "instagram-1b", 940_000_000),
            ("jft", "jft-300m", None),  # a filtered part of its 300 million
            ("laion2b", "laion-2b", 2_320_000_000),
            ("laion400m", "laion-400m", 400_000_000),
            ("laiona", "laion-a", 900_000_000),
            ("lvd142m", "lvd-142m", 142_000_000),
            ("lvd1689m", "lvd-1689m", 1_689_000_000),
            ("m30m", "merged-30m", 29_600_000),
            ("m38m", "merged-38m", 38_000_000),
            ("merged2b", "merged-2b", 2_000_000_000),
            ("metaclip2_worldwide", "metaclip-worldwide", None),
            ("metaclip_2pt5b", "metaclip-2.5b", 2_500_000_000),
            ("metaclip_400m", "metaclip-400m", 400_000_000),
            ("openai", "openai-400m", 400_000_000),
            ("sat493m", "sat-493m", 493_000_000),
            ("seer", "instagram-random-1b", 1_000_000_000),
            ("swag", "instagram-3.6b", 3_600_000_000),
            ("webli", "webli", 10_000_000_000),
            ("yfcc100m", "yfcc-100m", 90_000_000),
            ("yfcc15m", "yfcc-15m", 15_000_000),
        )
    },
}
#: Words of a tag, then parts of an architecture's name, that tell how the first set was learnt.
_METHODS = {
    "fcmae": "fcmae",
    "mae": "mae",
    "mim": "mim",
    "dino": "dino",
    "dinov3": "dino",
    "ijepa": "ijepa",
    "clip": "clip",
    "dist": "distilled",
    "distilled": "distilled",
    "eupe": "distilled",
    "ns": "noisy student",
    "ssl": "semi-supervised",
    "swsl": "semi-weakly supervised",
    "wsl": "weakly supervised",
    "swag": "weakly supervised",
    "seer": "swav",
}
_BY_NAME = {
    r"_(clip|mci)": "clip",
    r"_siglip": "siglip",
    r"_dinov[23]": "dino",
    r"^(beit|eva)": "mim",
    r"_dist": "distilled",
}
_UNLABELLED = ("fcmae", "mae", "mim", "dino", "ijepa")
#: Words that say how, by whom or how large, never on what.
_WORDS = """
    a1 a1h a2 a2h a3 aa ad adv agc ah am ap apple aug augreg augreg2 b1k b2k bd bt c1 c2 c2ns c3 ch
    cvnets d d1 d1h d2 deit dm ens fb gluon goog green h i18n idstcv ix lamb lc lion ltt mclip2 miil
    ms msft mx nadamuon nav naver nv orig paddle pd plus pycls ra ra2 ra3 ra4 racm ram rewind rmsp
    rsb rvgg s39b sail sam sbb sbb2 snap soup sw teacher tf timm tinyclip tv tv2 usi v2
"""
_RECIPES = frozenset(_WORDS.split())
_NUMBERS = re.compile(r"[ers]\d{2,4}|\d+ep?|\d{3}|patch\d+")  # epochs, resolutions, patches
#: First set of those whose tag leaves it out.
_IMPLIED = {
    ("convnextv2_*", "fcmae*"): "in1k",
    ("hiera_*", "mae"): "in1k",
    ("resmlp_*", "fb_dino"): "in1k",
    ("vit_*", "dino"): "in1k",
    ("vit_*", "mae"): "in1k",
    ("eva_giant_*", "clip_ft_in1k"): "laion400m",
    # timm's cards name ImageNet-1K alone; they go on from weights of the same set.
    ("efficientnet_b1", "ft_in1k"): "in1k",
    ("mixnet_[sml]", "ft_in1k"): "in1k",
}
#: Sets of those whose tag names them by words of its own, or by those of other sets.
_TOLD = {
    # "Trained on ImageNet-21k-P by Alibaba MIIL": timm's cards of both.
    ("vit_base_patch16_224_miil", "in21k"): (_21K_P,),
    ("vit_base_patch16_224_miil", "in21k_ft_in1k"): (_21K_P, _1K),
    # "Pretrained on ImageNet-21k-P (winter21 subset)": timm's card.
    ("edgenext_base", "in21k_ft_in1k"): (_21K_P_WINTER, _1K),
    # "An unknown 6M sample dataset": timm's cards. Next-ViT's table calls it ImageNet-1K-6M.
    ("nextvit_*", "bd_ssld_6m_in1k*"): (_Set("unknown-6m", Scale.UNKNOWN, 6_000_000), _1K),
    # BEiT-3 (arXiv 2208.10442, table 2): of its sets, all public, ImageNet-22K has most images;
    # pairs of image and text and plain text came with it.
    ("beit3_*", "*in22k_ft_in1k"): (_22K, _1K),
    # AIMv2 (arXiv 2411.14402): pairs of DFN, COYO and a set that was not published.
    ("aimv2_*", "apple_pt*"): (_Set("dfn-coyo-hqitp", Scale.WEB, None),),
    # SAM 2 (arXiv 2408.00714): the 11 million images of SA-1B, then videos besides.
    ("sam2_hiera_*", "fb_r*"): (
        _Set("sa-1b", Scale.WEB, 11_000_000),
        _Set("sa-v", Scale.WEB, None),
    ),
    # Florence-2's card: FLD-5B, 126 million images.
    ("davit_*_fl", "msft_florence2"): (_Set("fld-5b", Scale.WEB, 126_000_000),),
    # MobileCLIP (arXiv 2311.17049): DataCompDR-1B, the 1.28 billion pairs of DataComp with more
    # captions; lt is a longer training.
    ("*_mci*", "apple_mclip"): (_Set("datacompdr-1b", Scale.WEB, 1_280_000_000),),
    ("*_mci*", "apple_mclip_lt"): (_Set("datacompdr-1b", Scale.WEB, 1_280_000_000),),
}
#: How those were trained whose names have no word for it.
_TRAINED = {
    # big_vision's i1k_deit3_distill.py: student and teacher begin as DeiT III of ImageNet-1K.
    ("flexivit_*", "*ep_in1k"): "distilled",
    ("nextvit_*", "bd_ssld_*"): "distilled",
    ("aimv2_*", "apple_pt"): "autoregressive",
}
#: Where the tag says less than is known of the training, so that reading it would be a guess.
_DOUBTFUL = (
    ("beit3_*", "*pt"),  # pretrained on images, texts and pairs together
    ("dpn68b", "mx_*"),  # these three: on 5,000 classes first
    ("dpn92", "mx_*"),
    ("dpn107", "mx_*"),
    ("*_ssld", "*"),  # distilled on images mined from ImageNet-22K
    ("*_tipsv2", "*"),  # an unpublished part of WebLI
    ("samvit_*", "*"),
)


def pretraining(architecture: str, tag: str) -> Pretraining:
    """What ``<architecture>.<tag>`` has seen; `UNKNOWN` where the names leave any doubt.

    >>> pretraining("convnext_tiny", "fb_in22k_ft_in1k_384").chain
    'imagenet-22k>imagenet-1k'
    >>> pretraining("resnet50", "a1_in1k").images
    0
    >>> pretraining("vit_base_patch16_224", "somebodys_in1k").scale
    <Scale.UNKNOWN: 'unknown'>
    """
    if any(_named(architecture, tag, names) for names in _DOUBTFUL):
        return UNKNOWN
    told = [sets for names, sets in _TOLD.items() if _named(architecture, tag, names)]
    implied = [word for names, word in _IMPLIED.items() if _named(architecture, tag, names)]
    stages = list(told[0]) if told else _stages(tag, implied)
    if not stages:
        return UNKNOWN
    method = _method(architecture, tag, stages)
    largest = max(stages, key=_rank)
    # Again at a higher resolution is not pretrained; learnt without labels first is.
    scratch = method not in _UNLABELLED and all(stage is _1K for stage in stages)
    return Pretraining(
        scale=largest.scale,
        chain=">".join(stage.chain for stage in (stages[:1] if scratch else stages)),
        images=0 if scratch else largest.images,
        method=method,
    )


def _stages(tag: str, implied: list[str]) -> list[_Set]:
    """Sets in the order of use; none if a word is not known, or tuned from what is not said."""
    words, found = tag.split("_"), [_SETS[word] for word in implied]
    while words:
        size = 2 if "_".join(words[:2]) in _SETS else 1
        word, words = "_".join(words[:size]), words[size:]
        if word in _SETS:
            found.append(_SETS[word])
        elif word == "ft":
            if not found:
                return []
        elif word not in _RECIPES and word not in _METHODS and not _NUMBERS.fullmatch(word):
            return []
    return found


def _method(architecture: str, tag: str, stages: list[_Set]) -> str:
    words = tag.split("_")
    said = [name for word, name in _METHODS.items() if word in words]
    said += [name for part, name in _BY_NAME.items() if re.search(part, architecture)]
    said += [name for names, name in _TRAINED.items() if _named(architecture, tag, names)]
    labelled = all(stage.scale not in (Scale.WEB, Scale.UNKNOWN) for stage in stages)
    return said[0] if said else "supervised" if labelled else ""


def _rank(stage: _Set) -> tuple[int, int]:
    return list(Scale).index(stage.scale), stage.images or 0


def _named(architecture: str, tag: str, names: tuple[str, str]) -> bool:
    return fnmatchcase(architecture, names[0]) and fnmatchcase(tag, names[1])
