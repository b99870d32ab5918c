"""Pretraining read from tags: against published tables, on traps, and never from a word unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.checkpoints.catalog import search
from bench.checkpoints.pretraining_tags import UNKNOWN, pretraining
from bench.published import figures

IN1K, IN12K, IN22K = 1_281_167, 12_129_687, 14_197_122
#: Training images of ImageNet-21K-P: the release of 11,221 classes, and that of 10,450.
FALL_P, WINTER_P = 11_797_632, 11_060_223

M30M_CHAIN = "merged-30m>imagenet-22k>imagenet-1k"

CASES = [
    # From scratch, whoever did it and however; again at a higher resolution is no pretraining.
    ("resnet50.tv_in1k", "imagenet-1k", 0, "supervised"),
    ("resnet50.a1_in1k", "imagenet-1k", 0, "supervised"),
    ("efficientnet_b0.ra4_e3600_r224_in1k", "imagenet-1k", 0, "supervised"),
    ("vit_base_patch16_224.sam_in1k", "imagenet-1k", 0, "supervised"),
    ("rdnet_large.nv_in1k_ft_in1k_384", "imagenet-1k", 0, "supervised"),
    ("caformer_s18.sail_in1k_384", "imagenet-1k", 0, "supervised"),
    # A teacher is no set; a name says that there was one where the tag does not.
    ("xcit_nano_12_p8_224.fb_dist_in1k", "imagenet-1k", 0, "distilled"),
    ("deit_base_distilled_patch16_384.fb_in1k", "imagenet-1k", 0, "distilled"),
    ("resnetv2_50x1_bit.goog_distilled_in1k", "imagenet-1k", 0, "distilled"),
    # Without labels first: ImageNet-1K is then a pretraining set, said or not.
    ("convnextv2_base.fcmae", "imagenet-1k", IN1K, "fcmae"),
    ("convnextv2_base.fcmae_ft_in1k", "imagenet-1k>imagenet-1k", IN1K, "fcmae"),
    ("hiera_base_224.mae_in1k_ft_in1k", "imagenet-1k>imagenet-1k", IN1K, "mae"),
    ("vit_large_patch16_224.mae", "imagenet-1k", IN1K, "mae"),
    ("vit_small_patch16_224.dino", "imagenet-1k", IN1K, "dino"),
    ("vit_huge_patch14_gap_224.in22k_ijepa", "imagenet-22k", IN22K, "ijepa"),
    ("beitv2_base_patch16_224.in1k_ft_in1k", "imagenet-1k>imagenet-1k", IN1K, "mim"),
    # In21k and in22k are one release; parts of it and other releases have other counts.
    ("vit_base_patch16_224.augreg_in21k", "imagenet-22k", IN22K, "supervised"),
    ("vit_base_patch16_224.orig_in21k_ft_in1k", "imagenet-22k>imagenet-1k", IN22K, "supervised"),
    ("swinv2_base_window12_192.ms_in22k", "imagenet-22k", IN22K, "supervised"),
    ("tresnet_m.miil_in21k_ft_in1k", "imagenet-21k-p>imagenet-1k", FALL_P, "supervised"),
    ("vit_base_patch16_224_miil.in21k", "imagenet-21k-p", FALL_P, "supervised"),
    (
        "vit_base_patch16_224_miil.in21k_ft_in1k",
        "imagenet-21k-p>imagenet-1k",
        FALL_P,
        "supervised",
    ),
    (
        "edgenext_base.in21k_ft_in1k",
        "imagenet-21k-p-winter>imagenet-1k",
        WINTER_P,
        "supervised",
    ),
    ("mvitv2_base_cls.fb_inw21k", "imagenet-21k-winter", None, "supervised"),
    ("resnetaa50d.d_in12k", "imagenet-12k", IN12K, "supervised"),
    (
        "convnextv2_nano.fcmae_ft_in22k_in1k_384",
        "imagenet-1k>imagenet-22k>imagenet-1k",
        IN22K,
        "fcmae",
    ),
    # The web, by its largest set.
    (
        "vit_base_patch16_clip_224.openai_ft_in12k_in1k",
        "openai-400m>imagenet-12k>imagenet-1k",
        400_000_000,
        "clip",
    ),
    ("vit_base_patch14_dinov2.lvd142m", "lvd-142m", 142_000_000, "dino"),
    ("convnext_tiny.dinov3_lvd1689m", "lvd-1689m", 1_689_000_000, "dino"),
    ("tf_efficientnet_l2.ns_jft_in1k_475", "jft-300m>imagenet-1k", None, "noisy student"),
    ("resnet50.fb_swsl_ig1b_ft_in1k", "instagram-1b>imagenet-1k", 940_000_000, None),
    ("resnet50.fb_ssl_yfcc100m_ft_in1k", "yfcc-100m>imagenet-1k", 90_000_000, "semi-supervised"),
    ("vit_large_patch14_clip_224.datacompxl", "datacomp-1b", 1_400_000_000, "clip"),
    ("vit_huge_patch14_clip_378.dfn5b", "dfn-5b", 5_000_000_000, "clip"),
    ("vit_base_patch16_clip_224.metaclip_2pt5b", "metaclip-2.5b", 2_500_000_000, "clip"),
    ("vit_base_patch16_siglip_224.v2_webli", "webli", 10_000_000_000, "siglip"),
    ("eva_giant_patch14_560.m30m_ft_in22k_in1k", M30M_CHAIN, 29_600_000, "mim"),
    # By what timm's cards, papers and configurations say, where the tag alone does not.
    ("efficientnet_b1.ft_in1k", "imagenet-1k", 0, "supervised"),
    ("mixnet_l.ft_in1k", "imagenet-1k", 0, "supervised"),
    ("flexivit_base.1200ep_in1k", "imagenet-1k", 0, "distilled"),
    ("flexivit_base.1000ep_in21k", "imagenet-22k", IN22K, None),
    ("nextvit_base.bd_ssld_6m_in1k_384", "unknown-6m>imagenet-1k", 6_000_000, "distilled"),
    ("beit3_base_patch16_224.in22k_ft_in1k", "imagenet-22k>imagenet-1k", IN22K, "mim"),
    ("beit3_large_patch16_224.indomain_in22k_ft_in1k", "imagenet-22k>imagenet-1k", IN22K, "mim"),
    ("aimv2_large_patch14_224.apple_pt", "dfn-coyo-hqitp", None, "autoregressive"),
    ("aimv2_large_patch14_224.apple_pt_dist", "dfn-coyo-hqitp", None, "distilled"),
    ("sam2_hiera_large.fb_r1024_2pt1", "sa-1b>sa-v", 11_000_000, ""),
    ("davit_huge_fl.msft_florence2", "fld-5b", 126_000_000, ""),
    ("fastvit_mci2.apple_mclip", "datacompdr-1b", 1_280_000_000, "clip"),
    ("eva_giant_patch14_336.clip_ft_in1k", "laion-400m>imagenet-1k", 400_000_000, "clip"),
]


@pytest.mark.parametrize(("name", "chain", "images", "method"), CASES, ids=lambda v: str(v))
def test_what_a_tag_says(name: str, chain: str, images: int | None, method: str | None) -> None:
    found = pretraining(*name.split("."))
    assert (found.chain, found.images) == (chain, images)
    assert method in (None, found.method)


@pytest.mark.parametrize(
    "name",
    [
        "efficientnet_b0.ft_in1k",  # tuned from what?
        "dpn92.mx_in1k",  # on 5,000 classes first
        "hrnet_w18_ssld.paddle_in1k",  # with images mined from ImageNet-22K
        "beit3_base_patch16_224.pt",  # on pairs of image and text as well
        "hgnetv2_b0.ssld_stage2_ft_in1k",
        "vit_so400m_patch14_siglip_gap_448.pali2_10b_docci",
        "samvit_base_patch16.sa1b",
        "mobilenetv5_300m.gemma3n",
        "resnet50.",
        "resnet50.fb",
    ],
)
def test_what_is_not_certain_is_unknown(name: str) -> None:
    assert pretraining(*name.split(".")) == UNKNOWN


def test_how_many_are_left_unknown() -> None:
    """Whoever teaches the rules a set, or upgrades timm, sees here what that changed."""
    tagged = [model for model in search("*") if "." in model.name]
    unknown = [model.name for model in tagged if model.trained_on == UNKNOWN.chain]
    assert (len(tagged), len(unknown)) == (1826, 139)


def test_the_classes_of_a_head_are_those_of_its_set() -> None:
    """Weights that end on a set of other classes would have been read wrong."""
    classes = {"imagenet-22k": {21_841, 21_842, 21_843}, "imagenet-12k": {11_821}}
    classes |= {"imagenet-21k-p": {11_221}, "imagenet-1k": {1000}}
    for model in search("*"):
        last = model.trained_on.rpartition(">")[2]
        assert model.classes in {0, *classes.get(last, {model.classes})}, model.name


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=5, max_size=9))
def test_a_word_that_is_not_known_may_be_a_set(word: str) -> None:
    assert pretraining("resnet50", f"x{word}x_in1k") == UNKNOWN
    assert pretraining("resnet50", f"in22k_ft_x{word}x_in1k") == UNKNOWN


#: Set names of the published tables, and of the rule.
SETS = {
    "in1k": "imagenet-1k",
    "in12k": "imagenet-12k",
    "in22k": "imagenet-22k",
    "laion2b": "laion-2b",
    "laion400m": "laion-400m",
    "laiona": "laion-a",
    "openai_wit400m": "openai-400m",
    "webli": "webli",
    "m30m": "merged-30m",
    "m38m": "merged-38m",
    "yfcc100m": "yfcc-100m",
    "ig1b": "instagram-1b",
    "ig3.6b": "instagram-3.6b",
    "ig1b_random": "instagram-random-1b",
}


def test_it_agrees_with_the_published_tables() -> None:
    """Which were put together from papers and model cards, row by row."""
    rows = figures.checkpoints()
    assert len({row.model for row in rows}) > 250
    for row in rows:
        found = pretraining(*row.model.split("."))
        assert found.scale == row.scale, row.model
        assert row.pretrain_images == found.images, row.model
        told = [SETS[word] for word in row.trained_on.split(">")]
        # The tables leave out what came before the largest set.
        assert found.chain.split(">")[-len(told) :] == told, row.model
