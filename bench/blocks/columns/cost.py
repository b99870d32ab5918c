"""Columns of what a network costs, and how fast it runs."""

from __future__ import annotations

from collections.abc import Mapping

from bench.blocks.columns.entry import Entry, fixed, significant, text, whole

COST: Mapping[str, Entry] = {
    "params": significant("Params", unit="M"),
    "gmacs": significant(
        "GMACs", about="Billions of multiply-accumulates for one image, attention's among them"
    ),
    "activations": significant(
        "Activations",
        unit="M",
        about="Outputs of convolutions, linear layers and matrix products for one image",
    ),
    "traffic": significant(
        "Traffic",
        2,
        unit="GB",
        about="What the operators read and write for one image if none is fused, in float32",
    ),
    "apart": fixed(
        "Counters apart",
        2,
        unit="%",
        about="Difference of two counters of GMACs that share no code",
    ),
    "cost": significant("Cost"),
    "cost_ratio": fixed("Ratio", 2, key="ratio"),
    # by stage
    "cost_kind": text("Of", key="what"),
    "total": significant("Total"),
    "share": fixed("Share"),
}
#: A mark says that a speed was disturbed; see `bench.report.common.speed_ways`.
SPEED: Mapping[str, Entry] = {
    "batch": whole("Batch"),
    "throughput": significant("Throughput", unit="img/s", interval=True),
    "peak_memory": significant("Peak memory", unit="MiB", interval=True),
    "compile_seconds": significant("To compile", unit="s", interval=True),
    "latency_p50": significant("p50", unit="ms", interval=True),
    "latency_p95": significant("p95", unit="ms"),
    "latency_p99": significant("p99", unit="ms"),
    "speedup": fixed(
        "Compiled ÷ eager", 2, interval=True, about="Above 1 the compiled network is faster"
    ),
    "latency_speedup": fixed(
        "Eager ÷ compiled", 2, interval=True, about="Above 1 the compiled network is faster"
    ),
    "throughput_ratio": fixed("Ratio", 2, key="ratio", interval=True),
    # shares of a device's ceilings
    "networks": whole("Networks"),
    "compute_share": fixed("Of the matrix product", unit="%", interval=True),
    "bandwidth_share": fixed("Of the copy", unit="%", interval=True),
    "bound": text(
        "Nearer",
        about="The ceiling of which it reaches more: in a roofline the one that bounds it",
    ),
}
