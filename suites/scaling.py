"""Scaling: accuracy, robustness and cost over size and pretraining scale.

    bench run scaling --models convnext,swin

Evaluates every model of the selected families on val and on the shifted datasets, counts its params
and MACs and times it. On the embedded glyphs and zoo, convnext and swin together take about a
minute on two cores. Expect accuracy to rise with GMACs in every family, the 22k-pretrained models
to lead at equal size, and accuracy on every shifted dataset to lie below val.
"""

from bench.spec import Measure, Suite

SUITE = Suite(
    name="scaling",
    title="Scaling: ConvNets and Vision Transformers over size and pretraining scale",
    models=("convnext", "swin", "vit", "resnet"),
    datasets=("val", "real", "v2", "a", "r", "sketch", "c"),
    world="glyphs",
    measures=(Measure.EVALUATE, Measure.PROFILE, Measure.SPEED),
    report="scaling",
)
