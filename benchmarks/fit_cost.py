"""Fit the power laws of `layertopo.homology.cost` to measurements, and print them.

    python benchmarks/fit_cost.py

Clouds of several kinds, CPU time of one thread, each measurement in a process of its own. The power is that of a
least-squares line in log-log coordinates; the coefficient is then raised to twice the largest ratio
of a measurement to the line. Paste the output into src/layertopo/homology/cost.py.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np

SIZES = {
    ("layertopo", 1): (2000, 5000, 10000, 20000),
    ("gudhi", 1): (500, 1000, 2000, 4000),
    ("holos", 1): (500, 1000, 2000, 4000),
    ("giotto", 1): (250, 500, 1000, 1500),
    ("gudhi", 2): (100, 200, 400),
    ("holos", 2): (100, 200, 400),
    ("giotto", 2): (100, 200, 400),
}
MARGIN = 2.0


def cloud(kind: str, n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(n, 10))
    if kind == "rectified":  # a layer of 5 units after its ReLU, untrained
        return np.maximum(np.maximum(normal, 0) @ rng.normal(size=(10, 5)), 0)
    return normal


def measure_here(engine: str, top: int, kind: str, n: int) -> dict[str, float]:
    from layertopo.homology import persistence_diagram

    dims = tuple(range(top + 1))
    persistence_diagram(cloud(kind, 50), dimensions=dims, engine=engine)  # imports and compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    persistence_diagram(cloud(kind, n), dimensions=dims, engine=engine)
    seconds = time.process_time() - start
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "megabytes": kilobytes / (1 << (20 if sys.platform == "darwin" else 10))}


def fit(sizes: list[int], costs: list[float]) -> tuple[float, float]:
    """Cost at 1,000 points, raised, and the power."""
    x, y = np.log(np.array(sizes) / 1000), np.log(np.maximum(costs, 1e-3))
    power = np.polyfit(x, y, 1)[0]
    return float(np.exp((y - power * x).max()) * MARGIN), float(power)


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure_here(*json.loads(sys.argv[1]))))
        return
    for (engine, top), sizes in SIZES.items():
        found: dict[str, list[float]] = {"n": [], "seconds": [], "megabytes": []}
        for n in sizes:
            for kind in ("normal", "rectified"):
                command = [sys.executable, __file__, json.dumps([engine, top, kind, n])]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                row = {"n": n, **json.loads(done.stdout.splitlines()[-1])}
                print(engine, top, kind, row, file=sys.stderr, flush=True)
                for key, value in row.items():
                    found[key].append(value)
        laws = [*fit(found["n"], found["seconds"]), *fit(found["n"], found["megabytes"])]
        print(f'    ("{engine}", {top}): _Law({", ".join(f"{number:.3g}" for number in laws)}),', flush=True)


if __name__ == "__main__":
    main()
