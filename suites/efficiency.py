"""Efficiency: what networks cost, and how fast they run on this device.

    bench run efficiency --models 'convnext*,swin*,vit*'

It needs no data and no weights: both inputs and weights are random. It counts params, GMACs and
activations, in total and by stage, and measures throughput at the best batch size, latency of one
image, peak memory and compile time, under the usual conditions of the device (``--conditions all``
for every one), one row each. Three processes time each row, one after another, so that the interval
around a median is where the same command will find it again; ``--replicates 1`` is faster, but its
interval covers only the variation within one process.

Counting takes a second per network. A row takes a few seconds per process if a batch takes
milliseconds, and up to a minute and a half if it takes seconds, as on a CPU that is shared: there,
four networks of 1 to 5 GMACs under two conditions in one process took 11 minutes. Choose small
networks on a CPU.

Expect equal GMACs to run at unequal speeds: ConvNeXt and Swin of one size cost the same, and which
is faster depends on device, precision, layout and compiler. `bench report --report efficiency
--cost latency` shows accuracy against another cost.
"""

from bench.spec import Measure, Suite

SUITE = Suite(
    name="efficiency",
    title="Efficiency: cost, speed and memory of ConvNets and Vision Transformers",
    # One set of weights per size is enough, as weights are not loaded.
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
