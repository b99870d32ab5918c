"""How good the scaling fits are, on public data and on families of known truth.

    python benchmarks/scaling_fits.py [--reference FOLDER] [PART ...]

Parts: ``curves few chinchilla tests frontier`` (default: all). FOLDER holds the public files that
are named below; the default is $BENCH_REFERENCE, or ``../shared/reference/scaling`` beside the
repository. Prints what it measures, next to what was published where something was.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.runs.frontier import frontier_law
from bench.analysis.runs.surface import fit_surface
from bench.analysis.scaling import Form, fit, fit_form, last_decade, shared_law
from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.posterior import DISCREPANCY, Posterior

ROOT = Path(__file__).parents[1]
Read = Callable[[str], pd.DataFrame]
#: Where the first of a few points lies, in decades below the last.
DECADES = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)


@dataclass(frozen=True)
class Curve:
    """One learning curve: distinct training points and all test rows, beyond them."""

    task: str
    model: str
    x: Array
    y: Array
    test_x: Array
    test_y: Array

    def rmse(self, log_y: Array) -> float:
        """Of predicted ln y at the test rows."""
        return float(np.sqrt(np.mean((log_y - np.log(self.test_y)) ** 2)))


def learning_curves(read: Read) -> Iterator[Curve]:
    """The extrapolation benchmark's curves with its own split."""
    table = read("learning_curves_vision_half.csv").sort_values("Seen Examples")
    for (task, model), curve in table.groupby(["Task", "Model"]):
        train = curve[curve["Training"] == 1].drop_duplicates("Seen Examples")
        test = curve[curve["Training"] == 0]
        parts = (train["Seen Examples"], train["Loss"], test["Seen Examples"], test["Loss"])
        yield Curve(str(task), str(model), *(p.to_numpy(float) for p in parts))


def curves(read: Read) -> None:
    """All points of each curve: RMSE of ln y of every form and of the recommended median."""
    rows, start = [], time.process_time()
    for curve in learning_curves(read):
        keep = last_decade(curve.x)
        x, y = curve.x[keep], curve.y[keep]
        row: dict[str, object] = {"model": curve.model}
        logs = {form: fit_form(form, x, y).log_y(curve.test_x) for form in Form}
        row |= {str(form): curve.rmse(log_y) for form, log_y in logs.items()}
        median = np.median([logs[f] for f in (Form.M2, Form.M3, Form.M4)], axis=0)
        rows.append(row | {"median": curve.rmse(median)})
    seconds = time.process_time() - start
    table = pd.DataFrame(rows)
    print(f"\n{len(table)} learning curves, {len(Form)} forms, {seconds:.1f} s of one core")
    print("mean RMSE of ln y; published reference M4 on these curves: 0.0367")
    print(table.drop(columns="model").mean().round(4).to_string())
    print(table.groupby("model").mean().round(4).to_string())


def few(read: Read) -> None:
    """A few points in the last decades: RMSE, and coverage of the 90 % interval by discrepancy.

    As published, on curves with 40 training points or more: the shorter ones have hardly left
    chance within their last decade, where no law of a few points follows them. RMSE is of all
    test rows, coverage of the mean test ln y of those 1.5x and more beyond training. Cases of one
    curve are alike, so the standard error of a coverage is over curves.
    """
    kappas = (0.0, DISCREPANCY, 0.035, 0.04)
    every = [curve for curve in learning_curves(read) if curve.x.size >= 40]
    print(
        f"\nfew points in the last {DECADES[0]:g} to {DECADES[-1]:g} decades, {len(every)} curves"
    )
    print(f"RMSE of ln y; coverage of the 90 % interval by kappa; +- and width at {DISCREPANCY:g}")
    heads = "".join(f"{f'k={kappa:g}':>8}" for kappa in kappas)
    print(f"{'points':>7} {'cases':>6} {'RMSE':>7}{heads} {'+-':>6} {'width':>6}")
    for n in (3, 4, 5, 6, 8, 10, 14, 20):
        cases = [case for curve in every for case in _cases(curve, n, kappas)]
        table = pd.DataFrame(cases, columns=["curve", "rmse", *kappas, "width"])
        by_curve = table.groupby("curve")[DISCREPANCY].mean()
        covered = "".join(f"{table[kappa].mean():8.3f}" for kappa in kappas)
        print(
            f"{n:7d} {len(table):6d} {table['rmse'].mean():7.4f}{covered} "
            f"{by_curve.sem():6.3f} {table['width'].median():6.3f}",
            flush=True,
        )


def _cases(curve: Curve, n: int, kappas: Sequence[float]) -> Iterator[tuple[object, ...]]:
    """(curve, RMSE, covered by each kappa, width) for each placement of ``n`` points."""
    beyond = curve.test_x >= 1.5 * curve.x[-1]
    step = max(1, int(beyond.sum()) // 20)
    test_x, test_y = curve.test_x[beyond][::step], curve.test_y[beyond][::step]
    actual = np.log(test_y).mean()
    for decades in DECADES:
        at = _spread(curve.x, n, decades)
        law = fit(curve.x[at], curve.y[at])
        if at.size < n or law.posterior is None:
            continue
        rmse = curve.rmse(np.log(law.curve(curve.test_x)))
        ends = _mean_intervals(law.posterior, test_x, kappas)
        inside = [float(low <= actual <= high) for low, high in ends]
        low, high = ends[kappas.index(DISCREPANCY)]
        yield ((curve.task, curve.model), rmse, *inside, high - low)


def _mean_intervals(
    curves: Posterior, x: Array, kappas: Sequence[float]
) -> list[tuple[float, float]]:
    """Ends of the 90 % interval of the mean ln y over ``x``, all beyond the data, by kappa."""
    plain = np.mean([curves.log_y(v, discrepancy=0.0) for v in x], axis=0)
    drift = np.log(x / curves.x_max).mean() * curves.drift
    ends = (np.quantile(plain + kappa * drift, [0.05, 0.95]) for kappa in kappas)
    return [(float(low), float(high)) for low, high in ends]


def _spread(x: Array, n: int, decades: float) -> Array:
    """Indices of ``n`` points spread over the last ``decades``, fewer where they coincide."""
    wanted = np.geomspace(max(x[0], x[-1] / 10**decades), x[-1], n)
    return np.unique(np.abs(np.log(x)[None] - np.log(wanted)[:, None]).argmin(axis=1))


def chinchilla(read: Read) -> None:
    """L(N, D) on the digitised runs, and 4,000 case resamples (seed as published)."""
    runs = read("chinchilla_points.csv")
    runs = runs[runs["loss"] < runs["loss"].nlargest(5).min()]
    size = runs["Model Size"].to_numpy()
    data = runs["Training FLOP"].to_numpy() / (6 * size)
    # the published resamples are of the legacy generator
    indices = np.random.RandomState(42).randint(0, len(runs), (4000, len(runs)))
    start = time.process_time()
    surface = fit_surface(size, data, runs["loss"].to_numpy(), resamples=indices)
    seconds = time.process_time() - start
    errors = surface.standard_errors()
    published = {
        "e": (1.81724, 0.02566),
        "a": (477.84, 124.52),
        "b": (2143.86, 1293.28),
        "alpha": (0.34731, 0.01540),
        "beta": (0.36718, 0.02060),
    }
    print(f"\nL(N, D), {surface.n} runs, 4000 resamples, {seconds:.1f} s of one core")
    print(f"objective {surface.cost:.12f}; published 0.00101827403")
    for name, (value, error) in published.items():
        found = getattr(surface, name)
        print(f"{name:6} {found:11.5f} +- {errors[name]:.5f}   published {value} +- {error}")


def tests(_: Read) -> None:
    """Size and power of the nested F tests on two simulated families."""
    rng, repeats = np.random.default_rng(0), 200

    def family(n: int, c: float, sd: float) -> tuple[Array, Array]:
        x = np.geomspace(4.5, 60.9, n)
        y = 0.15 * (0.75 + 0.25 * (x / x[-1]) ** -c)
        return x, np.asarray(y * np.exp(sd * rng.standard_normal(n)))

    print(f"\nrejections at nominal 5 %, {repeats} repeats, noise of ln y 0.01")
    print(f"{'points':>7} {'curve':>7} {'shape':>7} {'exponent':>9} {'power c .45 vs .90':>19}")
    for n in (4, 5, 6, 8, 10):
        same, other = [], []
        for _repeat in range(repeats):
            one, two = family(n, 0.45, 0.01), family(n, 0.45, 0.01)
            same.append([t.p < 0.05 for t in shared_law({"a": one, "b": two})])
            other.append(shared_law({"a": one, "b": family(n, 0.90, 0.01)})[2].p < 0.05)
        curve, shape, exponent = np.mean(same, axis=0)
        print(f"{n:7d} {curve:7.3f} {shape:7.3f} {exponent:9.3f} {np.mean(other):19.3f}")


def frontier(read: Read) -> None:
    """The compute law of OpenCLIP on LAION."""
    runs = read("openclip_zeroshot_results.csv")
    runs = runs[runs["upstream_dataset"].str.match("LAION")]
    published = {
        ("imagenet1k", "acc1"): "5.858 x^-0.1114",
        ("mscoco_captions", "image_retrieval_recall@5"): "2.750 x^-0.0794",
    }
    print("\nlower envelope of error against total GMACs")
    for (task, column), known in published.items():
        mine = runs[runs["downstream_dataset"] == task]
        law = frontier_law(mine["gmacs_total"], 1 - mine[column])
        print(f"{task:16} {law.factor:.3f} x^{law.exponent:.4f}   published {known}")


PARTS: dict[str, Callable[[Read], None]] = {
    "curves": curves,
    "few": few,
    "chinchilla": chinchilla,
    "tests": tests,
    "frontier": frontier,
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("BENCH_REFERENCE", ROOT.parent / "shared" / "reference")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--reference", type=Path, default=Path(default) / "scaling")
    options = parser.parse_args()

    def read(name: str) -> pd.DataFrame:
        path = options.reference / name
        if not path.exists():
            parser.error(f"no {path}; say where it is with --reference")
        return pd.read_csv(path)

    for part in options.parts or PARTS:
        PARTS[part](read)


if __name__ == "__main__":
    main()
