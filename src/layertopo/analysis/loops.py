"""Loops of a diagram one by one: the rows that they go through, their classes, and where they lie.

What there is of the loops of one training run is kept in HDF5. Layout: ``/classes``, names of the classes, if the rows
have labels; per diagram the group that :func:`layertopo.analysis.run_statistics.place` names, with the fields of
:class:`LayerLoops`; in it, for each loop, the group ``0``, ``1``, ... with those of :class:`Loop`. Numbers are
attributes, arrays are arrays. Rows are those of the data set, as ``results/datasets`` counts them.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.analysis.run_statistics import place
from layertopo.analysis.significance import bonferroni, mean_log_log
from layertopo.data.dataset import Dataset
from layertopo.data.plane import principal_plane
from layertopo.homology import Cycle
from layertopo.storage import Key, Settings, Stored
from layertopo.topology import diagrams
from layertopo.training import activations
from layertopo.training.activations import SPLITS

if TYPE_CHECKING:
    from layertopo.homology.chains import Chains
    from layertopo.homology.cloud import Cloud

#: Points of a cloud that pictures show at most.
MOST_SHOWN = 5000


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop of a diagram, by one of its representatives.

    Attributes
    ----------
    bar : int
        Row of the diagram's bars of dimension 1.
    birth, death : float
    p : float
        p-value of the bar within its diagram; NaN if it is not tested.
    significant : bool
        Whether it is, after Bonferroni's correction for the bars of its diagram.
    spread : float
        Root-mean-square distance between its rows, to be held against that of the cloud.
    edges : ndarray of int64, shape (n_edges, 2)
        Rows that each edge joins, one closed walk after the other.
    lengths : ndarray of float64, shape (n_edges,)
    ends : ndarray of float32, shape (n_edges, 2, 2)
        Where these lie in the plane that the cloud is drawn in.
    rows, equal_to, classes : ndarrays of int64, shape (n_rows,)
        The rows on the loop and all others of the cloud that are equal to one of them there; which row on the loop
        each is, or is equal to; and its class.
    followed : ndarray of float64, shape (n_targets, 2 + n_walks)
        For each cloud of the same rows (:mod:`layertopo.analysis.followed`) the scales from which on the same cycle
        is there and bounds, and the ratios of such scales of random walks.
    """

    bar: int
    birth: float
    death: float
    p: float
    significant: bool
    spread: float
    edges: NDArray[np.int64]
    lengths: NDArray[np.float64]
    ends: NDArray[np.float32]
    rows: NDArray[np.int64]
    equal_to: NDArray[np.int64]
    classes: NDArray[np.int64]
    followed: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))


@dataclass(frozen=True, eq=False)
class LayerLoops:
    """Loops of one diagram.

    Attributes
    ----------
    loops : sequence of Loop
        The longest first.
    rms_distance : float
        Of the cloud.
    plane : ndarray of float32, shape (n_shown, 2)
        Points of the cloud in the plane, as they are or along their principal components; some, if there are many.
    plane_classes : ndarray of int64, shape (n_shown,)
    share : float
        Of the variance that the plane shows; 1 of points of the plane, NaN of one point.
    tested : int
        Bars that are tested for significance.
    mean_log_log : float
        Mean of log log of their ratios of death to birth; NaN if there are none.
    """

    loops: Sequence[Loop]
    rms_distance: float
    plane: NDArray[np.float32]
    plane_classes: NDArray[np.int64]
    share: float
    tested: int = 0
    mean_log_log: float = np.nan


class Points(NamedTuple):
    """The cloud of a stored diagram again.

    Attributes
    ----------
    chains : Chains
        What its cycles can be asked.
    rows : ndarray of int64, shape (n_points,)
        Which rows of the data set its points are.
    values : ndarray of float32, shape (n_points, units)
    """

    chains: Chains
    rows: NDArray[np.int64]
    values: NDArray[np.float32]

    @property
    def cloud(self) -> Cloud:
        """The points as the engine took them."""
        return self.chains.cloud


def points_of(diagram: Stored, upstream: Stored, data: Dataset) -> Points | None:
    """The cloud of a stored diagram, from the activations that it was made of; None if it has no points.

    Raises
    ------
    ResultError
        If a file is broken, was made with other settings, or the diagram keeps no relations.
    """
    gc.collect()  # the rows that the cloud before has kept: references go round in a circle there
    settings = diagram.provenance
    split, classes = settings["split"], settings["cloud"].get("classes")
    relations, chosen = diagrams.load_relations(diagram.path, settings)
    if not len(chosen):
        return None
    values = activations.load_layer(upstream.path, upstream.provenance, settings["layer"], split, classes)
    cloud = diagrams.cloud_of(values[chosen], settings["cloud"])
    return Points(relations.over(cloud), _rows_of(data, split, classes)[chosen], values[chosen])


def _rows_of(data: Dataset, split: str, classes: Sequence[int] | None) -> NDArray[np.int64]:
    """Rows of a data set in the order in which activations have those of a split, or of some of its classes."""
    rows = np.concatenate([getattr(data, part) for part in SPLITS[split]])
    return rows if classes is None else rows[np.isin(data.y[rows], classes)]


def chosen_bars(bars: NDArray[np.float64], p: NDArray[np.float64], top: int) -> tuple[list[int], list[bool]]:
    """Bars that are significant in their diagram, and the longest so many, the longest first; and which are significant.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths.
    p : ndarray, shape (n,)
        p-values, NaN where a bar is not tested.
    top : int
    """
    significant = bonferroni(p, int(np.isfinite(p).sum()))
    order = np.argsort(bars[:, 0] - bars[:, 1], kind="stable")
    chosen = [int(bar) for rank, bar in enumerate(order) if rank < top or significant[bar]]
    return chosen, significant[chosen].tolist()


def find(
    diagram: Stored, points: Points | None, data: Dataset, p: NDArray[np.float64], top: int
) -> LayerLoops:
    """Loops of a diagram that are significant in it, and the longest so many.

    Parameters
    ----------
    diagram : Stored
    points : Points
        As :func:`points_of` gives them.
    data : Dataset
    p : ndarray
        p-value of each bar of dimension 1.
    top : int
    """
    stored = diagrams.load(diagram.path, diagram.provenance)
    if points is None:
        nothing = np.empty(0, dtype=np.int64)
        return LayerLoops([], stored.rms_distance, np.empty((0, 2), np.float32), nothing, np.nan)
    plane, share = _plane(points.values)
    chosen, significant = chosen_bars(stored.bars[1], p, top)
    cycles = [points.chains.shortened(cycle) for cycle in points.chains.relations.cycles(bars=chosen)]
    tested = stored.bars[1][np.isfinite(p)]
    shown = np.arange(len(plane))
    if len(plane) > MOST_SHOWN:
        shown = np.sort(np.random.default_rng(0).choice(len(plane), MOST_SHOWN, replace=False))
    return LayerLoops(
        [
            _loop(cycle, float(p[cycle.bar]), held, points, plane, data)
            for cycle, held in zip(cycles, significant, strict=True)
        ],
        stored.rms_distance,
        plane[shown],
        data.y[points.rows[shown]],
        share,
        len(tested),
        mean_log_log(tested[:, 1] / tested[:, 0]) if len(tested) else np.nan,
    )


def _loop(
    cycle: Cycle, p: float, significant: bool, points: Points, plane: NDArray[np.float32], data: Dataset
) -> Loop:
    cloud = points.cloud
    on_it = np.isin(cloud.point_of, cloud.point_of[cycle.points])
    rows = points.rows[on_it]
    return Loop(
        bar=cycle.bar,
        birth=cycle.birth,
        death=cycle.death,
        p=p,
        significant=significant,
        spread=cloud.take(cloud.point_of[cycle.points]).rms_distance(),
        edges=points.rows[cycle.edges],
        lengths=cycle.lengths,
        ends=plane[cycle.edges],
        rows=rows,
        equal_to=points.rows[cloud.rows[cloud.point_of[on_it]]],
        classes=data.y[rows],
    )


def _plane(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Points in the plane, and the share of the variance that it shows."""
    if values.shape[1] <= 2:
        return np.pad(values, ((0, 0), (0, 2 - values.shape[1]))), 1.0
    points, share = principal_plane(values)
    return points.astype(np.float32), share


def save(
    found: Sequence[LayerLoops],
    keys: Sequence[Key],
    classes: Sequence[str],
    path: str | Path,
    provenance: Settings,
    sources: Sequence[str],
) -> None:
    """Write the loops of a run to HDF5, with the versions of the libraries that made what they are from, the `sources`."""
    with storage.create(path, provenance, ["numpy", "layertopo"]) as file:
        file.attrs["source_versions"] = storage.canonical(storage.versions(sources))
        if classes:
            storage.write_texts(file, "classes", classes)
        for key, layer in zip(keys, found, strict=True):
            group = file.create_group(place(key))
            _write(group, layer)
            for k, loop in enumerate(layer.loops):
                _write(group.create_group(str(k)), loop)


def _write(group: Any, of: LayerLoops | Loop) -> None:
    for each in fields(of):
        value = getattr(of, each.name)
        if isinstance(value, np.ndarray):
            storage.write(group, each.name, value)
        elif each.name != "loops":
            group.attrs[each.name] = value


def load(stored: Stored, keys: Sequence[Key]) -> tuple[list[LayerLoops], tuple[str, ...]]:
    """Loops of the diagrams of a run, by their keys, and the names of the classes, if there are any.

    Raises
    ------
    ResultError
        If the file is broken or was made with other settings.
    """
    with storage.load(stored.path, stored.provenance) as file:
        classes = storage.read_texts(file, "classes") if "classes" in file else ()
        return [_read_layer(file, place(key)) for key in keys], classes


def _read_layer(file: Any, name: str) -> LayerLoops:
    numbers = sorted(int(each) for each in file[name] if each.isdigit())
    loops = [Loop(**_read(file, f"{name}/{k}", Loop)) for k in numbers]
    return LayerLoops(loops, **_read(file, name, LayerLoops))


def _read(file: Any, name: str, kind: type) -> dict[str, Any]:
    """What :func:`_write` wrote."""
    held = {key: value.item() for key, value in file[name].attrs.items()}
    arrays = {
        each.name: storage.read(file, f"{name}/{each.name}")
        for each in fields(kind)
        if each.name not in held and each.name != "loops"
    }
    return held | arrays
