"""Panels of diagrams of random numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from diagrams_by_hand import p_values

from layertopo.figures.panels import Panel
from layertopo.homology.diagram import canonical_bars
from layertopo.topology.diagrams import StoredDiagram


def diagram(n_h1: int = 20, scale: float = 1.0, **changes: object) -> StoredDiagram:
    rng = np.random.default_rng(n_h1)
    births = rng.uniform(0.5, 1, n_h1)
    h1 = np.column_stack([births, births * rng.uniform(1.1, 1.5, n_h1)])
    h0 = np.vstack([np.column_stack([np.zeros(30), rng.uniform(0.1, 1, 30)]), [0, np.inf]])
    made = StoredDiagram(
        bars={0: canonical_bars(h0 * scale), 1: canonical_bars(h1 * scale)},
        n_points=40,
        n_distinct=31,
        metric="euclidean",
        coefficient_field=2,
        engine="giotto",
        engine_version="0.6.2",
        threshold=np.inf,
        complete=True,
        rms_distance=4.0 * scale,
        sample={"method": "random", "points": 40, "seed": 0, "n_rows": 100, "covering_radius": None},
    )
    return replace(made, **changes)


def one_point() -> StoredDiagram:
    bars = {0: np.array([[0, np.inf]]), 1: np.empty((0, 2))}
    return diagram(bars=bars, n_distinct=1, rms_distance=np.nan)


def looped(**changes: object) -> StoredDiagram:
    """One long loop among 40 short ones."""
    births = np.linspace(0.5, 1, 41)
    ratios = np.r_[8.0, np.linspace(1.01, 1.1, 40)]
    made = diagram()
    return replace(made, bars={0: made.bars[0], 1: np.column_stack([births, births * ratios])}, **changes)


def greedy(radius: float = 0.05) -> dict[str, object]:
    """A greedy sample."""
    return diagram().sample | {"method": "greedy", "covering_radius": radius}


#: Diagrams in which no loop is significant.
WITHOUT_SIGNIFICANT = [
    diagram(n_h1=40),  # nothing stands out
    diagram(bars=looped().bars | {1: looped().bars[1][:29]}),  # too few bars
    looped(sample=greedy()),
]


def panel(
    made: StoredDiagram, model: str = "good", epoch: int = 0, test_accuracy: float = 0.9, dead: bool = False
) -> Panel:
    return Panel(model, epoch, made, made, p_values(made), test_accuracy, dead)
