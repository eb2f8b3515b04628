"""How many points the nine holes and the nine disks of the 2020 paper need, in the plane as it is and stretched.

    python benchmarks/holes.py

Random points of the square with nine holes, of which loops are counted that are significant, and nine disks, of which components are
counted by the gap rule, with a ninth of the points. A layer stretches a cloud by different factors along different directions; here the
plane is stretched along its first coordinate. Prints a Markdown table: how often all nine were found, and the fewest and
most that were.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from layertopo import persistence_diagram
from layertopo.analysis.components import components
from layertopo.analysis.significance import significant
from layertopo.data import kinds


def classes(draw: int, n: int) -> Iterator[np.ndarray]:
    """Nine disks, and the square without them: n points of the latter, and a ninth of it of the former."""
    data = kinds.make({"kind": "disks", "points_at": "random", "count": 2 * n, "seed": draw})
    for label, count in enumerate((n // 9, n)):
        yield data.X[data.y == label][:count].astype(float)


def found(draw: int, n: int, stretch: float) -> tuple[int, int]:
    """Significant loops of the square, and components of the disks."""
    disks, square = (points * [stretch, 1] for points in classes(draw, n))
    return int(significant(persistence_diagram(square).bars[1]).sum()), int(
        components(persistence_diagram(disks).bars[0])
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--points", nargs="+", type=int, default=[2600, 5200, 8670, 17340])
    parser.add_argument("--stretch", nargs="+", type=float, default=[1, 2, 4])
    args = parser.parse_args()
    print("| stretched | points | all nine loops | loops | all nine components | components |")
    print("|---|---|---|---|---|---|")
    for stretch in args.stretch:
        for n in args.points:
            counts = np.array([found(draw, n, stretch) for draw in range(args.draws)])
            cells = [
                f"{(count == 9).sum()} of {args.draws} | {count.min()} to {count.max()}" for count in counts.T
            ]
            print(f"| {stretch:g} | {n:,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
