"""Betti numbers at one scale of the data sets of the 2020 paper, and of clouds that are harder, class by class.

    python benchmarks/at_scale.py                    # the paper's numbers of points
    python benchmarks/at_scale.py --share 0.2        # a fifth of them
    python benchmarks/at_scale.py --results results  # the layers of a run that has ended

Two points are joined if they are at most two hops apart in the graph of the nearest neighbours. Each measurement runs in a
process of its own, twice: what is printed is the second one's, in which everything is compiled. Its seconds are of one
core; its memory is that of the process with all libraries. Prints a Markdown table. Of a run it prints, for each data set, model and
class, the largest graph of any layer, and the largest that is left of one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from layertopo.data import kinds
from layertopo.homology.cloud import as_cloud
from layertopo.homology.collapse import collapsed, without_points
from layertopo.topology.at_scale import homology_of_rows
from layertopo.topology.clouds import point_cloud
from layertopo.topology.metrics import rows_up_to
from layertopo.training.activations import load_layer

Points = np.ndarray

#: Data set, points of all its classes together, neighbours but for the point itself.
PAPER = {
    "disks": ({"kind": "disks"}, 2_600, 13),
    "linked rings": ({"kind": "linked_tori"}, 11_250, 34),
    "nested shells": ({"kind": "nested_shells"}, 9_450, 34),
}
#: Clouds as layers have them, and such that nothing can be taken away: points of one class, neighbours.
OTHERS = {
    "all in a ball of radius 1e-3, 3-D": (lambda rng, n: 1 + 1e-3 * rng.normal(size=(n, 3)), 5_625, 34),
    "200 distinct points": (lambda rng, n: rng.normal(size=(200, 15))[rng.integers(200, size=n)], 5_625, 34),
    "rings after a random layer of 15 with ReLU": (None, 5_625, 34),
    "Gaussian, 4-D": (lambda rng, n: rng.normal(size=(n, 4)), 2_000, 34),
}


def classes(name: str, share: float) -> list[Points]:
    """Points of each class; random rows of a data set, the same at every call."""
    rng = np.random.default_rng(0)
    if name in PAPER:
        settings, count, _ = PAPER[name]
        data = kinds.make(settings)
        rows = np.sort(rng.choice(len(data.X), int(share * count), replace=False))
        points = [data.X[rows][data.y[rows] == label] for label in (0, 1)]
    elif OTHERS[name][0] is None:
        [rings, _] = classes("linked rings", share)
        points = [np.maximum(rings @ rng.normal(size=(3, 15)) + 0.3 * rng.normal(size=15), 0)]
    else:
        make, count, _ = OTHERS[name]
        points = [make(rng, int(share * count))]
    return [np.unique(each, axis=0).astype(float) for each in points]


def n_edges(rows: np.ndarray) -> int:
    return (int(np.bitwise_count(rows).sum()) - len(rows)) // 2


def measure(name: str, label: int, share: float) -> dict[str, object]:
    points = classes(name, share)[label]
    neighbours = {**PAPER, **OTHERS}[name][2]
    rows_up_to(points[:100], {"metric": "hops", "neighbours": 5}, 2)  # loads the libraries
    times = [time.process_time()]
    rows = rows_up_to(points, {"metric": "hops", "neighbours": neighbours}, 2)
    times.append(time.process_time())
    core = collapsed(rows)
    times.append(time.process_time())
    diagram = homology_of_rows(core, dimensions=(0, 1, 2))
    times.append(time.process_time())
    betti = [int(np.isinf(bars[:, 1]).sum()) for bars in diagram.bars.values()]
    strong = without_points(rows)
    return {
        "points": [len(points), len(strong), len(core)],
        "edges": [n_edges(rows), n_edges(strong), n_edges(core)],
        "betti": betti,
        "seconds": np.diff(times).tolist(),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def graphs_of(results: Path) -> Iterator[tuple[str, list[int]]]:
    """Of each diagram at one scale: data set, model and cloud; its points and edges before and after the collapse."""
    for path in sorted(results.glob("diagrams/*/*/*/*/*/*/*.h5")):
        with h5py.File(path) as file:
            settings = json.loads(file.attrs["provenance"])
        cloud = settings["cloud"]
        if "scale" not in cloud:
            continue
        dataset, model, seed, epoch, *_ = path.relative_to(results / "diagrams").parts
        layers = results / "activations" / dataset / model / seed / f"{epoch}.h5"
        values = load_layer(layers, None, settings["layer"], settings["split"], cloud.get("classes"))
        points = as_cloud(point_cloud(values, settings["split"], cloud, str(layers)).cloud).points
        rows = rows_up_to(points, cloud, cloud["scale"])
        core = collapsed(rows)
        yield f"{dataset} | {model} | {path.stem}", [len(rows), n_edges(rows), len(core), n_edges(core)]


def print_largest(results: Path) -> None:
    largest: dict[str, list[int]] = {}
    for name, sizes in graphs_of(results):
        largest[name] = np.maximum(largest.get(name, sizes), sizes).tolist()
    print("| data set | model | cloud | points | edges | points left | edges left |")
    print("|---|---|---|---|---|---|---|")
    for name, sizes in largest.items():
        print(f"| {name} | " + " | ".join(f"{size:,}" for size in sizes) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the points")
    parser.add_argument("--results", type=Path, help="folder of a run")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one[0], int(args.one[1]), args.share)))
        return
    if args.results:
        print_largest(args.results)
        return
    print(
        "| cloud | class | points | edges | after points | after edges | Betti | pairs | collapse | homology | MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in [*PAPER, *OTHERS]:
        for label in range(2 if name in PAPER else 1):
            command = [
                *(sys.executable, __file__, "--share", str(args.share), "--one", name, str(label)),
            ]
            for _ in range(2):
                done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            sizes = [f"{p:,} / {e:,}" for p, e in zip(found["points"], found["edges"], strict=True)]
            print(
                f"| {name} | {'ab'[label] if name in PAPER else ''} | {found['points'][0]:,} | {found['edges'][0]:,} | "
                f"{sizes[1]} | {sizes[2]} | {', '.join(map(str, found['betti']))} | "
                + " | ".join(f"{seconds:.2f} s" for seconds in found["seconds"])
                + f" | {found['megabytes']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
