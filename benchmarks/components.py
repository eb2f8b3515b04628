"""How often the number of components is wrong, where there is one and where there are several.

    python benchmarks/components.py

Clouds without structure (those of significance.py) have one component; balls far enough apart, and the disks, rings and shells
of the 2020 paper at random points, have several. Prints a Markdown table: how often the rule of
:mod:`layertopo.analysis.components` found what is there, how many it found otherwise, and the range of the largest ratio of two
deaths, one after the other, from the median on.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable

import numpy as np
from significance import CLOUDS, ball, circle

from layertopo import persistence_diagram
from layertopo.analysis.components import components
from layertopo.data import kinds


def balls(apart: float) -> Callable[[np.random.Generator, int, int], np.ndarray]:
    """Three balls of radius 1 in a row, with room of so many radii between them."""
    centres = (2 + apart) * np.arange(3)

    def make(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
        points = ball(rng, n, d)
        points[:, 0] += centres[rng.integers(3, size=n)]
        return points

    return make


def of_paper(label: int, **settings: object) -> Callable[[np.random.Generator, int, int], np.ndarray]:
    """A class of a data set of the paper, n points of it."""

    def make(rng: np.random.Generator, n: int, _: int) -> np.ndarray:
        data = kinds.make({**settings, "seed": int(rng.integers(2**31))})
        return rng.permutation(data.X[data.y == label].astype(float))[:n]

    return make


SEVERAL = {
    "three balls, 1 radius apart": (3, balls(1.0)),
    "three balls, 2 radii apart": (3, balls(2.0)),
    "three balls, 4 radii apart": (3, balls(4.0)),
}
PAPER = {
    "nine disks (D-I, a)": (9, of_paper(0, kind="disks", points_at="random", count=24_000)),
    "square with nine holes (D-I, b)": (1, of_paper(1, kind="disks", points_at="random", count=24_000)),
    "nine rings (D-II, a)": (9, of_paper(0, kind="linked_tori", points_per_ring=1000)),
    "nine shells (D-III, a)": (9, of_paper(0, kind="nested_shells")),
    "18 shells and balls (D-III, b)": (18, of_paper(1, kind="nested_shells")),
}


def largest_ratio(bars: np.ndarray) -> float:
    deaths = np.sort(bars[np.isfinite(bars[:, 1]), 1])[::-1]
    upper = deaths[deaths >= np.median(deaths)]
    return float((upper[:-1] / upper[1:]).max())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--points", nargs="+", type=int, default=[300, 1000, 3000])
    parser.add_argument("--dimensions", nargs="+", type=int, default=[2, 3, 5, 10])
    args = parser.parse_args()
    one = {name: (1, make) for name, make in CLOUDS.items()} | {"noisy circle": (1, circle)}
    places = [(name, d) for name in (*one, *SEVERAL) for d in args.dimensions] + [(name, 0) for name in PAPER]
    print("| cloud | dimension | points | components | found | others found | largest ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, d in places:
        there, make = {**one, **SEVERAL, **PAPER}[name]
        for n in args.points:
            rng = np.random.default_rng([n, d])
            bars = [persistence_diagram(make(rng, n, d), dimensions=(0,)).bars[0] for _ in range(args.draws)]
            found = Counter(int(components(each)) for each in bars)
            right = found.pop(there, 0)
            others = ", ".join(f"{count} x {k}" for k, count in sorted(found.items()))
            ratios = [largest_ratio(each) for each in bars]
            print(
                f"| {name} | {d or ''} | {n:,} | {there} | {right} of {args.draws} | {others} | "
                f"{min(ratios):.2f} to {max(ratios):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
