"""Efficiency: what networks cost, and how fast they run on this device.

    bench run efficiency --models 'convnext*,swin*,vit*'

It needs no data and no weights: inputs and weights are random. Params, GMACs and activations are
counted, whole and by stage; throughput at the best batch, latency of one image, peak memory and
time to compile are measured, in the ways that the device is usually run (``--conditions all`` for
every one), each of them a row. Three processes time each row, one after another, so that the
interval beside a median is where the same command finds it again; ``--replicates 1`` is faster, and
knows only what varies within one process.

Counting takes a second for a network. A row takes each process a few seconds where a batch takes
milliseconds, and up to a minute and a half where it takes seconds, as on a CPU that others use too:
there, four networks of 1 to 5 GMACs, each in two ways by one process, took 11 minutes. Choose small
ones on a CPU.

Expect equal GMACs to run at unequal speeds: ConvNeXt and Swin of one size cost the same, and which
of them is faster hangs on device, precision, layout and compiler. `bench report --report
efficiency --cost latency` weighs accuracy against another cost.
"""

from bench.spec import Measure, Suite

SUITE = Suite(
    name="efficiency",
    title="Efficiency: cost, speed and memory of ConvNets and Vision Transformers",
    # One set of weights for each size of each ladder: none is loaded.
    models=(
        "convnext_*.fb_in22k_ft_in1k",
        "swin_*_patch4_window7_224.ms_in22k_ft_in1k",
        "vit_*_patch16_224.augreg_in21k_ft_in1k",
        "deit3_*_224.fb_in22k_ft_in1k",
        "resnet50.a1_in1k",
    ),
    datasets=(),
    world="imagenet",
    measures=(Measure.PROFILE, Measure.SPEED),
    report="efficiency",
    conditions="default",
    replicates=3,
    train_size=True,
)
