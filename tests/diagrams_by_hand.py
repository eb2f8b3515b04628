"""Diagrams written by hand, and what is stored of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from layertopo.analysis import loops, run_statistics
from layertopo.analysis.loops import LayerLoops, Loop
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


def store_loops(folder: Path, stored: Stored, found: LayerLoops) -> list[tuple[Stored, list[Key]]]:
    """Loops of one diagram on disk, as the page takes them."""
    held = Stored(str(folder / "loops.h5"), {}, SETTINGS)
    loops.save([found], [stored.key], ("<b>in</b>", "out"), held.path, SETTINGS, [])
    return [(held, [stored.key])]


def square(bar: int) -> LayerLoops:
    """A loop of four rows around the points 0 to 9 of another class, with a row that equals one of the four."""
    corners = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], np.float32)
    rows, edges = np.array([20, 21, 22, 23, 24]), np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    loop = Loop(
        *(bar, 0.5, 40.0, 0.001, True, 2.0, 20 + edges, np.full(4, 4.0), corners[edges], rows),
        *(np.array([20, 21, 22, 23, 23]), np.array([1, 1, 1, 1, 0])),
    )
    plane = np.vstack([np.random.default_rng(0).uniform(1, 3, (10, 2)), corners]).astype(np.float32)
    return LayerLoops([loop], 4.0, plane, np.repeat([0, 1], [10, 4]), 0.5)


def store_statistics(folder: Path, stored: Sequence[Stored]) -> list[Stored]:
    """Statistics of each network that some diagrams, network by network, are of."""
    found = []
    for k, (run, own) in enumerate(groupby(stored, lambda each: {name: each.key[name] for name in RUN})):
        _, arrays = run_statistics.run_statistics(list(own), [])
        found.append(Stored(str(folder / f"statistics{k}.h5"), run, SETTINGS))
        run_statistics.save(arrays, found[-1].path, SETTINGS, [])
    return found
