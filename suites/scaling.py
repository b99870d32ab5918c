"""Scaling: accuracy, robustness and cost over size and pretraining scale.

    bench run scaling --models convnext,swin

Every model of the chosen families is measured on val and on the shifted sets, its params and
MACs are counted and its speed timed. On the embedded glyphs and zoo, convnext and swin together
take about a minute on two cores. Expect accuracy to rise with GMACs in every family, the
22k-pretrained models to lead at the same size, and every shifted set to lie below val.
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
