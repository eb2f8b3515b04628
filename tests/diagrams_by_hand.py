"""Diagrams written by hand, and what is stored of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from layertopo.analysis import run_statistics
from layertopo.analysis.significance import diagram_p_values, testable
from layertopo.storage import Key, Stored
from layertopo.tables import RUN
from layertopo.topology import diagrams
from layertopo.topology.diagrams import StoredDiagram

INF = float("inf")
KEY = {
    "dataset": "d",
    "model": "good",
    "seed": 0,
    "epoch": 3,
    "layer": 1,
    "split": "test",
    "cloud": "all",
    "class": "",
}
#: Settings of all that is stored.
SETTINGS = {"settings": "these"}


def diagram(
    h0=(),
    h1=(),
    rms_distance: float = 2.0,
    n_distinct: int = 50,
    radius: float | None = None,
    **others: Any,
):
    """Diagram with the given bars of dimensions 0 and 1, and other attributes than usual."""
    made = StoredDiagram(
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
    return replace(made, **others)


def p_values(made: StoredDiagram) -> dict[int, np.ndarray]:
    """p-values of the bars of each dimension from 1 on, by the test itself."""
    return {
        k: diagram_p_values(made, k) if testable(made, k) else np.full(len(bars), np.nan)
        for k, bars in made.bars.items()
        if k > 0
    }


def store(folder: Path, made: Sequence[StoredDiagram], keys: Sequence[Key]) -> list[Stored]:
    """Diagrams on disk."""
    stored = [Stored(str(folder / f"{k}.h5"), key, SETTINGS) for k, key in enumerate(keys)]
    for each, own in zip(stored, made, strict=True):
        diagrams.save(own, each.path, SETTINGS)
    return stored


def store_statistics(folder: Path, stored: Sequence[Stored]) -> list[Stored]:
    """Statistics of each network that some diagrams, network by network, are of."""
    found = []
    for k, (run, own) in enumerate(groupby(stored, lambda each: {name: each.key[name] for name in RUN})):
        _, arrays = run_statistics.run_statistics(list(own), [])
        found.append(Stored(str(folder / f"statistics{k}.h5"), run, SETTINGS))
        run_statistics.save(arrays, found[-1].path, SETTINGS, [])
    return found
