"""How often the test of significance of loops is wrong, and how often it finds a loop that is there.

    python benchmarks/significance.py

Clouds without structure (uniform in a cube or ball, on a sphere, Gaussian, rectified Gaussian) should have a share of at most 0.05
of their bars below p = 0.05, and next to no diagram with a bar significant after Bonferroni's
correction; noisy circles should all have one. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from layertopo import persistence_diagram
from layertopo.analysis.significance import p_values, significant


def circle(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Unit circle in the first two coordinates, with noise of standard deviation 0.1 in all."""
    angle = rng.uniform(0, 2 * np.pi, n)
    points = np.zeros((n, d))
    points[:, :2] = np.column_stack([np.cos(angle), np.sin(angle)])
    return points + rng.normal(0, 0.1, (n, d))


def rectified(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """A random layer of d units after its ReLU."""
    return np.maximum(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)), 0)


def sphere(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Unit sphere in d + 1 coordinates, a surface of dimension d: from d = 2 on it has no loop."""
    points = rng.normal(size=(n, d + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def ball(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Unit ball of dimension d."""
    return sphere(rng, n, d - 1) * rng.random((n, 1)) ** (1 / d)


CLOUDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "uniform in a cube": lambda rng, n, d: rng.random((n, d)),
    "uniform in a ball": ball,
    "uniform on a sphere": sphere,
    "Gaussian": lambda rng, n, d: rng.normal(size=(n, d)),
    "Gaussian layer after ReLU": rectified,
    "noisy circle": circle,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--points", nargs="+", type=int, default=[500, 2000])
    parser.add_argument("--dimensions", nargs="+", type=int, default=[2, 3, 5, 10])
    args = parser.parse_args()
    print("| cloud | dimension | points | bars | share with p < 0.05 | diagrams with a significant bar |")
    print("|---|---|---|---|---|---|")
    for name, make in CLOUDS.items():
        for d in args.dimensions:
            for n in args.points:
                rng = np.random.default_rng([n, d])
                bars = [persistence_diagram(make(rng, n, d)).bars[1] for _ in range(args.draws)]
                low = np.nanmean(np.concatenate([p_values(each) for each in bars]) < 0.05)
                found = sum(bool(significant(each).any()) for each in bars)
                count = np.mean([len(each) for each in bars])
                print(f"| {name} | {d} | {n:,} | {count:.0f} | {low:.3f} | {found} of {args.draws} |")


if __name__ == "__main__":
    main()
