"""Loops of all diagrams of a training run, followed through each other's clouds, and the tables of all runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo.analysis.followed import follow, ratio
from layertopo.analysis.loops import LayerLoops, Loop, find, load, points_of
from layertopo.analysis.run_statistics import p_values_of
from layertopo.analysis.significance import LEVEL, p_of_ratios
from layertopo.data.dataset import Dataset
from layertopo.storage import Key, Stored
from layertopo.tables import KEYS

_PLACE = [key for key in KEYS if key != "dimension"]
#: Columns of `loops.csv`, `loop_classes.csv` and `followed_loops.csv`, but for those that name a diagram and a loop.
_LOOP = [
    *("bar", "birth", "death", "p_value", "significant", "length", "edges", "rows", "equal_rows"),
    *("spread", "rms_distance"),
]
_CLASSES = ["label", "rows", "equal_rows"]
_FOLLOWED = [
    *(
        "epoch_in",
        "layer_in",
        "there_from",
        "bounds_at",
        "ratio",
        "random_median",
        "random_max",
        "p_value_in",
    ),
    "significant_in",
]


def targets(keys: Sequence[Key], key: Key) -> list[int]:
    """Numbers of the diagrams that the loops of one are followed to: those of the same rows and cloud, itself too."""
    return [k for k, each in enumerate(keys) if _rows_and_cloud(each) == _rows_and_cloud(key)]


def _rows_and_cloud(key: Key) -> tuple[str, ...]:
    return key["split"], key["cloud"], key["class"]


def run_loops(
    stored: Sequence[Stored],
    upstream: Sequence[Stored],
    data: Dataset,
    statistics: Stored,
    top: int,
    say: Callable[..., object] = lambda *_: None,
) -> list[LayerLoops]:
    """Loops of the diagrams of one run.

    Parameters
    ----------
    stored, upstream : sequences of Stored
        The diagrams, and the activations that each is of.
    data : Dataset
    statistics : Stored
        p-values of the run.
    top : int
        So many of the longest, besides those that are significant in their diagram.
    say : callable
        Told how far it is, as a logger is.

    Returns
    -------
    list of LayerLoops
        In the order of the diagrams.

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    keys = [each.key for each in stored]
    found = []
    with p_values_of(statistics) as p_values:
        for diagram, activations in zip(stored, upstream, strict=True):
            points = points_of(diagram, activations, data)
            found.append(find(diagram, points, data, p_values(diagram.key, 1), top))
            say("%s: %d loops", diagram.path, len(found[-1].loops))
    lives = {}  # of the loops of one diagram in the cloud of another
    for target, (diagram, activations) in enumerate(zip(stored, upstream, strict=True)):
        points = points_of(diagram, activations, data)
        sources = targets(keys, diagram.key)
        counts = [len(found[source].loops) for source in sources]
        followed = follow([loop for source in sources for loop in found[source].loops], points)
        for source, own in zip(sources, np.split(followed, np.cumsum(counts)[:-1]), strict=True):
            lives[source, target] = own
        say("%s: %d loops followed", diagram.path, len(followed))
    return [
        replace(
            layer, loops=_with_lives(layer.loops, [lives[k, target] for target in targets(keys, keys[k])])
        )
        for k, layer in enumerate(found)
    ]


def _with_lives(loops: Sequence[Loop], lives: Sequence[Any]) -> list[Loop]:
    return [replace(loop, followed=np.array([own[k] for own in lives])) for k, loop in enumerate(loops)]


def tables_of(
    runs: Sequence[Stored], keys: Sequence[Sequence[Key]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables of the loops of all runs: the loops, their classes, and what becomes of them in other layers.

    Parameters
    ----------
    runs : sequence of Stored
        As :func:`layertopo.analysis.loops.save` wrote them.
    keys : sequence of sequence of mapping
        Of each run, the keys of its diagrams.

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    loops, classes, followed = [], [], []
    for run, own in zip(runs, keys, strict=True):
        layers, names = load(run, own)
        for key, layer in zip(own, layers, strict=True):
            for k, loop in enumerate(layer.loops):
                of = {**key, "loop": k}
                loops.append(of | _row_of(loop, layer))
                classes += [of | row for row in _class_rows(loop, names)]
                there = targets(own, key)
                followed += [
                    of | {"epoch_in": own[k]["epoch"], "layer_in": own[k]["layer"]} | life_of(life, layers[k])
                    for k, life in zip(there, loop.followed, strict=True)
                ]
    parts = ((loops, _LOOP), (classes, _CLASSES), (followed, _FOLLOWED))
    first, second, third = (pd.DataFrame(rows, columns=[*_PLACE, "loop", *own]) for rows, own in parts)
    return first, second, third


def _row_of(loop: Loop, layer: LayerLoops) -> dict[str, Any]:
    on_it = loop.rows == loop.equal_to
    return {
        "bar": loop.bar,
        "birth": loop.birth,
        "death": loop.death,
        "p_value": loop.p,
        "significant": loop.significant,
        "length": float(loop.lengths.sum()),
        "edges": len(loop.edges),
        "rows": int(on_it.sum()),
        "equal_rows": int((~on_it).sum()),
        "spread": loop.spread,
        "rms_distance": layer.rms_distance,
    }


def _class_rows(loop: Loop, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    on_it = loop.rows == loop.equal_to
    for number, name in enumerate(names):
        own = loop.classes == number
        yield {"label": name, "rows": int((own & on_it).sum()), "equal_rows": int((own & ~on_it).sum())}


def life_of(life: NDArray[np.float64], layer: LayerLoops) -> dict[str, Any]:
    """What becomes of a loop in a layer: of a row of :attr:`layertopo.analysis.loops.Loop.followed`.

    Whether it is significant there is None where the bars of that layer are not tested.
    """
    there, bounds, walks = life[0], life[1], pd.Series(life[2:])
    found = ratio(there, bounds)
    p = float(p_of_ratios(found, layer.mean_log_log)) if np.isfinite(found) else np.nan
    return {
        "there_from": there,
        "bounds_at": bounds,
        "ratio": float(found),
        "random_median": walks.median(),
        "random_max": walks.max(),
        "p_value_in": p,
        "significant_in": None if np.isnan(p) else p * layer.tested < LEVEL,
    }
