"""Time and peak memory of every engine on layers of a trained network, and on clouds that the field measures on.

    python benchmarks/engines.py                       # a few minutes, needs results of the workflow
    python benchmarks/engines.py --sizes 4000 --engines all --limit 1200
    python benchmarks/engines.py --layers circle S^9 --sizes 1000 2000   # clouds of benchmarks/kinds.py
    python benchmarks/engines.py --layers sphere_3_192 --sizes 192       # and those of ripser's authors

Each measurement runs in a process of its own; starting the interpreter, importing and compiling are
not counted. ``giotto`` is giotto-tda as it comes; ``layertopo``, ``gudhi`` and ``holos`` are this
package's engines, proof of completeness included. Names ending in ``@t`` call a library directly and
are given, for free, the smallest scale t that keeps every bar: the best that truncation can do for it.
Writes a table (CSV, Markdown) and a log-log plot. A line whose bars of dimension 1 have another sum of lengths, or of
their squares, than ours (to 1e-4 of it) is void; how many there are depends on how a library rounds.
``ripser@t`` and ``giotto-ph@t`` need those packages.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd


def summary(bars: np.ndarray) -> dict[str, float]:
    """Number of the bars of positive length, and what their lengths and the squares of these add up to."""
    lengths = np.asarray(bars, dtype=np.float64).reshape(-1, 2) @ [-1.0, 1.0]
    return {
        "loops": int((lengths > 0).sum()),
        "sum": float(lengths.sum()),
        "squares": float(lengths @ lengths),
    }


def own(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
    from layertopo.homology.barcode import rips_bars
    from layertopo.homology.cloud import as_cloud
    from layertopo.homology.neighbours import scan

    start = time.perf_counter()
    neighbours = scan(as_cloud(points), threads)
    proof = time.perf_counter() - start
    bars = rips_bars(neighbours)[0][1]
    return {"proof_seconds": proof, "t": float(bars[:, 1].max(initial=0.0)), **summary(bars)}


def engine(name: str) -> Callable[[np.ndarray, int, float], dict[str, float]]:
    def run(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
        from layertopo.homology import persistence_diagram

        return summary(persistence_diagram(points, engine=name, threads=threads).bars[1])

    return run


def giotto_ph(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
    from gph import ripser_parallel
    from sklearn.metrics import pairwise_distances

    distances = pairwise_distances(points)  # as giotto-tda does; a sparse graph is slower
    return summary(ripser_parallel(distances, metric="precomputed", thresh=t, n_threads=threads)["dgms"][1])


def ripser(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
    import ripser

    return summary(ripser.ripser(points, maxdim=1, thresh=t)["dgms"][1])


def gudhi(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
    from gudhi.sklearn import RipsPersistence

    rips = RipsPersistence([0, 1], threshold=t, homology_coeff_field=2)
    return summary(rips.fit_transform([points])[0][1])


def holos(points: np.ndarray, threads: int, t: float) -> dict[str, float]:
    import holos_tda

    bars = holos_tda.rips_points(points.tolist(), threshold=t, threads=threads)
    return summary(np.array([bar[1:3] for bar in bars if bar[0] == 1]))


ENGINES: dict[str, Callable[[np.ndarray, int, float], dict[str, float]]] = {
    "layertopo": own,
    "holos@t": holos,
    "gudhi@t": gudhi,
    "giotto-ph@t": giotto_ph,
    "ripser@t": ripser,
    "holos": engine("holos"),
    "gudhi": engine("gudhi"),
    "giotto": engine("giotto"),
}


def load(path: Path, layer: str, n: int) -> np.ndarray:
    """The first n of a layer's rows, train rows first, in double precision; or n points of a kind of cloud."""
    import h5py
    from kinds import KINDS

    if layer in KINDS:
        return KINDS[layer][1](n)

    with h5py.File(path) as file:
        rows = np.vstack([file[f"train/{layer}"][:], file[f"test/{layer}"][:]])
    if n > len(rows):
        sys.exit(f"{path}: layer {layer} has {len(rows)} rows, {n} were asked for")
    return rows[:n].astype(np.float64)


def measure_here(path: Path, layer: str, n: int, name: str, threads: int, t: float) -> dict[str, float]:
    points = load(path, layer, n)
    run = ENGINES[name]
    run(points[:100], threads, t)  # imports and compiles
    start, start_cpu = time.perf_counter(), time.process_time()
    found = run(points, threads, t)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1 << (20 if sys.platform == "darwin" else 10))
    return {"seconds": seconds, "cpu_seconds": cpu, "megabytes": megabytes, **found}


def measure(args: argparse.Namespace, layer: str, n: int, name: str, t: float) -> dict[str, float] | None:
    """Measure in a process of its own; None if it fails or takes too long."""
    command = [
        sys.executable,
        __file__,
        "--activations",
        str(args.activations),
        "--threads",
        str(args.threads),
    ]
    command += ["--one", json.dumps([layer, n, name, t])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{name}, layer {layer}, n = {n}: {error}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def run_all(args: argparse.Namespace) -> pd.DataFrame:
    rows, too_slow, ours = [], set(), {"sum": 0.0, "squares": 0.0}
    for layer in args.layers:
        for n in sorted(args.sizes):
            t = 0.0
            for name in args.engines:
                # All are compared with layertopo.
                skip = any((each, layer) in too_slow for each in (name, "layertopo"))
                found = None if skip else measure(args, layer, n, name, t)
                if found is None:
                    too_slow.add((name, layer))  # so it would be for more points
                    continue
                # just above the last death: the libraries round distances in their own ways
                ours = found if name == "layertopo" else ours
                t = found.pop("t", t / (1 + 1e-6)) * (1 + 1e-6)
                if any(abs(found[each] - ours[each]) > 1e-4 * ours[each] for each in ("sum", "squares")):
                    print(f"{name}, {layer}, n = {n}: other bars than ours, void", file=sys.stderr)
                    continue
                rows.append({"layer": layer, "n": n, "engine": name, "threads": args.threads, **found})
                print(json.dumps(rows[-1]), flush=True)
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """A line per measurement, with its times over those of layertopo for the same points."""
    lines = [
        "| layer | n | engine | seconds | CPU seconds | megabytes | seconds / ours | CPU / ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    own_rows = table[table["engine"] == "layertopo"].drop_duplicates(["layer", "n"], keep="last")
    ours = own_rows.set_index(["layer", "n"])
    for row in table.sort_values(["layer", "n"], kind="stable").itertuples():
        base = ours.loc[(row.layer, row.n)]
        name = row.engine
        if name == "layertopo":
            name += f" (proof {row.proof_seconds / row.seconds:.0%})"
        lines.append(
            f"| {row.layer} | {row.n:,} | {name} | {row.seconds:.3g} | {row.cpu_seconds:.3g} | {row.megabytes:,.0f} "
            f"| {row.seconds / base.seconds:.3g} | {row.cpu_seconds / base.cpu_seconds:.3g} |"
        )
    return "\n".join(lines) + "\n"


def plot(table: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for name in [name for name in ENGINES if name in set(table["engine"])]:
        mean = table[table["engine"] == name].groupby("n")[["cpu_seconds", "megabytes"]].mean()
        for axis, column in zip(axes, mean, strict=True):
            axis.loglog(
                mean.index, mean[column], "o-", label=name, linewidth=2.5 if name == "layertopo" else 1.2
            )
    for axis, label in zip(axes, ["CPU seconds", "peak memory (MB)"], strict=True):
        axis.set(xlabel="points", ylabel=label)
        axis.grid(which="both", alpha=0.2)
    axes[0].legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path("results/activations/nested_spheres/good/seed0/epoch25.h5")
    parser.add_argument(
        "--activations", type=Path, default=default, help="activations of one epoch (%(default)s)"
    )
    parser.add_argument("--layers", nargs="+", default=["1", "3"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[500, 1000, 2000, 4000, 8000, 13400, 20000])
    fast = [name for name in ENGINES if name not in ("giotto", "gudhi", "holos", "ripser@t")]
    parser.add_argument(
        "--engines", nargs="+", default=fast, help=f"of {', '.join(ENGINES)}, or all ({fast})"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=300, help="seconds for one measurement (%(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("results/benchmarks/engines"), help="without suffix"
    )
    parser.add_argument("--append", action="store_true", help="to the table of an earlier run")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        layer, n, name, t = json.loads(args.one)
        print(json.dumps(measure_here(args.activations, layer, n, name, args.threads, t)))
        return
    if args.engines == ["all"]:
        args.engines = list(ENGINES)
    if unknown := set(args.engines) - set(ENGINES):
        parser.error(f"no such engine: {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    csv = args.output.with_suffix(".csv")
    table = run_all(args)
    if args.append and csv.exists():
        table = pd.concat([pd.read_csv(csv, dtype={"layer": str}), table])
    table.to_csv(csv, index=False, float_format="%.6g")
    args.output.with_suffix(".md").write_text(markdown(table))
    plot(table, args.output.with_suffix(".png"))


if __name__ == "__main__":
    main()
