"""Diagrams written by hand."""

from __future__ import annotations

import numpy as np

from layertopo.topology.diagrams import StoredDiagram

INF = float("inf")


def diagram(h0=(), h1=(), rms_distance: float = 2.0, n_distinct: int = 50, radius: float | None = None):
    """Diagram with the given bars of dimensions 0 and 1."""
    return StoredDiagram(
        bars={k: np.array(bars, float).reshape(-1, 2) for k, bars in enumerate((h0, h1))},
        n_points=60,
        n_distinct=n_distinct,
        metric="euclidean",
        coefficient_field=2,
        engine="giotto",
        engine_version="0",
        threshold=INF,
        complete=True,
        rms_distance=rms_distance,
        sample={
            "method": "random" if radius is None else "greedy",
            "points": 60,
            "seed": 0,
            "n_rows": 90,
            "covering_radius": radius,
        },
    )
