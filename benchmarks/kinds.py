"""Time, memory and diagrams of the engine on clouds of many kinds, against an earlier version and others.

    python benchmarks/kinds.py                                     # all kinds at their full size
    git worktree add ../former engine-cohomology    # the tag, commit 38361b9
    python benchmarks/kinds.py --former ../former --kinds circle torus --scale 0.5

Each measurement runs in a process of its own: interpreter, imports and compilation are not counted in
its seconds, but they are in its memory. Whole diagrams are compared value by value: a line whose diagrams
differ says so, and its times are void. `estimate` is what :func:`layertopo.homology.cost.estimate` says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Points = np.ndarray


def sphere(n: int, dimension: int) -> Points:
    x = np.random.default_rng(0).normal(size=(n, dimension + 1))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def cube(n: int, dimension: int) -> Points:
    return np.random.default_rng(0).random((n, dimension))


def circle(n: int) -> Points:
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angles), np.sin(angles)]) + 0.05 * rng.normal(size=(n, 2))


def torus(n: int) -> Points:
    a, b = np.random.default_rng(0).uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([np.cos(a), np.sin(a), np.cos(b), np.sin(b)])


def layer(n: int, depth: int) -> Points:
    """Two nested noisy spheres in 10-D after random layers of 10, 8 and 5 units with ReLU."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 10))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x[: n // 2] *= 2
    x += 0.1 * rng.normal(size=x.shape)
    for units in (10, 8, 5)[:depth]:
        weights = rng.normal(size=(x.shape[1], units)) * np.sqrt(2 / x.shape[1])
        x = np.maximum(x @ weights + 0.1 * rng.normal(size=units), 0)
    return x


def wide(n: int) -> Points:
    """A layer of 256 units with ReLU on 10 coordinates."""
    rng = np.random.default_rng(0)
    return np.maximum(rng.normal(size=(n, 10)) @ rng.normal(size=(10, 256)), 0)


def lattice(n: int) -> Points:
    side = round(n ** (1 / 3))
    return np.stack(np.meshgrid(*[np.arange(float(side))] * 3), axis=-1).reshape(-1, 3)


def clusters(n: int) -> Points:
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 5))[rng.integers(20, size=n)] * 50 + rng.normal(size=(n, 5))


def matrix(n: int) -> Points:
    upper = np.triu(np.random.default_rng(0).random((n, n)), 1)
    return upper + upper.T


def orthogonal(n: int) -> Points:
    """Random orthogonal 3 x 3 matrices."""
    q, r = np.linalg.qr(np.random.default_rng(0).normal(size=(n, 3, 3)))
    return (q * np.sign(np.einsum("nii->ni", r))[:, None, :]).reshape(n, 9)


KINDS: dict[str, tuple[int, Callable[[int], Points]]] = {
    "S^9": (20_000, lambda n: sphere(n, 9)),
    "S^9, half": (10_000, lambda n: sphere(n, 9)),
    "S^19": (5_000, lambda n: sphere(n, 19)),
    "cube 10-D": (20_000, lambda n: cube(n, 10)),
    "cube 10-D, twice": (40_000, lambda n: cube(n, 10)),
    "layer 10-D": (13_400, lambda n: layer(n, 1)),
    "layer 5-D": (13_400, lambda n: layer(n, 3)),
    "circle": (20_000, circle),
    "torus": (10_000, torus),
    "wide": (10_000, wide),
    "wide, twice": (20_000, wide),
    "lattice": (8_000, lattice),
    "clusters": (10_000, clusters),
    "matrix": (300, matrix),
    "sphere_3_192": (192, lambda n: sphere(n, 2)),
    "o3_1024": (1024, orthogonal),
    "o3_4096": (4096, orthogonal),
    "random16": (50, lambda n: cube(n, 16)),
    "torus, large": (50_000, torus),
    "square": (1_000_000, lambda n: cube(n, 2)),
    "cube 3-D": (100_000, lambda n: cube(n, 3)),
    "Gaussian 10-D": (100_000, lambda n: np.random.default_rng(0).normal(size=(n, 10))),
}


def measure_here(kind: str, n: int, threads: int, engine: str) -> dict[str, object]:
    from layertopo.homology import persistence_diagram

    settings = {"engine": engine, "threads": threads}
    if kind == "matrix":
        settings["metric"] = "precomputed"
    make = KINDS[kind][1]
    persistence_diagram(make(64), **settings)  # imports and compiles
    points = make(n)
    start, start_cpu = time.perf_counter(), time.process_time()
    diagram = persistence_diagram(points, **settings)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << (20 if sys.platform == "darwin" else 10)
    )
    digest = hashlib.sha256(b"".join(bars.tobytes() for bars in diagram.bars.values())).hexdigest()
    loops = len(diagram.bars[1])
    return {"seconds": seconds, "cpu": cpu, "megabytes": peak, "loops": loops, "diagram": digest[:12]}


def measure(source: Path, limit: float, *what: object) -> dict[str, object] | None:
    """Measure the package in a folder, in a process of its own; None if it fails or takes too long."""
    command = [sys.executable, __file__, "--one", json.dumps(what)]
    environment = os.environ | {"PYTHONPATH": str(source)}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, check=True, env=environment
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{what}: {error}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def line(kind: str, n: int, name: str, found: dict[str, object], estimate: str) -> str:
    return (
        f"| {kind} | {n:,} | {name} | {found['seconds']:.3g} | {found['cpu']:.3g} | {found['megabytes']:,.0f} "
        f"| {estimate} | {found['loops']:,} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the number of points")
    parser.add_argument("--former", type=Path, help="a checkout of an earlier version, measured as well")
    parser.add_argument("--peers", nargs="+", default=[], help="other engines: gudhi, holos, giotto")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600, help="seconds for one measurement (%(default)s)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure_here(*json.loads(args.one))))
        return
    from layertopo.homology.cost import estimate

    here = Path(__file__).resolve().parent.parent / "src"
    runs = [("layertopo", here, "layertopo"), *[(peer, here, peer) for peer in args.peers]]
    if args.former:
        runs.insert(1, ("former", args.former / "src", "layertopo"))
    print(
        "| cloud | n | engine | seconds | CPU seconds | MB | estimated MB | loops |\n|---|---|---|---|---|---|---|---|"
    )
    for kind in args.kinds:
        n = max(64, int(KINDS[kind][0] * args.scale))
        expected = estimate(n, n_coordinates=KINDS[kind][1](64).shape[1])
        first = None
        for name, source, engine in runs:
            found = measure(source, args.limit, kind, n, args.threads, engine)
            if found is None:
                continue
            first = first or found["diagram"]
            void = "" if found["diagram"] == first else " diagrams differ: void"
            planned = f"{expected.megabytes:,.0f}" if name == "layertopo" else ""
            print(line(kind, n, name, found, planned) + void, flush=True)


if __name__ == "__main__":
    main()
