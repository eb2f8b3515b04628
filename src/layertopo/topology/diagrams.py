"""Persistence diagrams of stored activations, kept in HDF5.

Layout: ``/H0``, ``/H1``, ..., float64, shape (bars, 2): birth and death, sorted. The attributes are
those of :class:`layertopo.homology.Diagram`, and `sample` (JSON): how the rows were chosen, and of
how many (`n_rows`). Where it is of one scale only there is `scale`, and each bar is a class that is there
at it, as ``[scale, inf]``; where pairs of points never join, `finite_pairs`, the share of those that do.

Where loops are asked for, ``/relations/`` has the arrays of :class:`layertopo.homology.Relations`, points
numbered in their order in the cloud, and `rows`: which of the layer's rows they are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.homology import Diagram, Relations, persistence_diagram
from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.homology.cycles import no_relations
from layertopo.homology.engines import ENGINES, resolve
from layertopo.homology.memory import Budget, bytes_to_collapse
from layertopo.storage import Settings
from layertopo.topology import metrics
from layertopo.topology.clouds import point_cloud
from layertopo.topology.metrics import METRICS
from layertopo.training import activations

_SCALARS = (
    "n_points",
    "n_distinct",
    "metric",
    "coefficient_field",
    "engine",
    "engine_version",
    "threshold",
    "complete",
    "rms_distance",
)


@dataclass(frozen=True)
class StoredDiagram(Diagram):
    """A diagram, and how its points were chosen from the layer's rows.

    Attributes
    ----------
    sample : dict
        `method`, `points` and `seed` as in the configuration; `n_rows`, the rows they were chosen
        from; `covering_radius`, that of a greedy sample, else None.
    scale : float or None
        The only one that its classes are of: they are given as bars from it to infinity.
    finite_pairs : float
        Share of the pairs of points that are at finite distance, over which `rms_distance` is.
    rows : ndarray of int64, or None
        Which of the layer's rows the points are, in their order, where `relations` are kept.
    """

    sample: dict[str, Any]
    scale: float | None = None
    finite_pairs: float = 1.0
    rows: NDArray[np.int64] | None = None

    @property
    def error_bound(self) -> float | None:
        """Largest bottleneck distance to the diagram of all rows: known for a greedy sample only."""
        radius = self.sample["covering_radius"]
        return None if radius is None else 2 * float(radius)

    def scaled(self) -> Self | None:
        """The same diagram in units of the rms distance; None where none is defined."""
        scaled, radius = super().scaled(), self.sample["covering_radius"]
        if scaled is None or radius is None:
            return scaled
        return replace(scaled, sample=self.sample | {"covering_radius": radius / self.rms_distance})

    def points_in_words(self) -> str:
        """Points, of how many rows, and how many of them are distinct."""
        rows = self.sample["n_rows"]
        chosen = "farthest of" if self.sample["method"] == "greedy" else "of"
        used = f"all {rows:,}" if self.n_points == rows else f"{self.n_points:,} {chosen} {rows:,}"
        joined = f", {self.finite_pairs:.3g} of pairs joined" if self.finite_pairs < 1 else ""
        return f"{used} points, {self.n_distinct:,} distinct{joined}"

    def limits_in_words(self) -> str:
        """Up to where it is known, if it is not wholly."""
        if self.scale is not None:
            return f"at scale {self.scale:.3g} only"
        return "" if self.complete else f"not proven complete beyond {self.threshold:.3g}"


def compute(
    activation_path: str | Path,
    provenance: Settings,
    settings: Settings,
    threads: int,
    memory: float | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> StoredDiagram:
    """Diagram of one layer's cloud.

    Parameters
    ----------
    activation_path : path
        Written by :func:`layertopo.training.activations.save`.
    provenance : mapping
        Settings the activations must have been made with.
    settings : mapping
        `layer`, `split`, `cloud` and `homology`, as in the configuration; `relations`, true where what is known
        of all cycles is to be kept.
    threads : int
    memory : float, optional
        Megabytes that this process may have.
    progress : callable, optional
        Told now and then how many loops have died, and how many there are.

    Raises
    ------
    layertopo.homology.OutOfMemoryBudgetError
        If the diagram needs more memory.
    ResultError
        If the activations are broken, lack the layer, were made with other settings, or are not
        finite.
    """
    split, cloud = settings["split"], settings["cloud"]
    values = activations.load_layer(
        activation_path, provenance, settings["layer"], split, cloud.get("classes")
    )
    kept = settings.get("relations", False)
    ask = settings["homology"] | {"threads": threads, "memory": memory}
    sample = dict(cloud["sample"]) | {"n_rows": len(values), "covering_radius": None}
    if not len(values):  # a class that the split does not have
        return _of_nothing(cloud, ask, sample, kept)
    chosen = point_cloud(values, split, cloud, f"{activation_path}, layer {settings['layer']}, {split}")
    sample["covering_radius"] = chosen.covering_radius
    if "scale" in cloud:
        return _at_scale(chosen.cloud, cloud, ask, sample)
    given = _with_distances(chosen.cloud, cloud, memory)
    diagram = persistence_diagram(given, progress=progress, relations=kept, **ask)
    own: dict[str, Any] = {"rows": chosen.rows if kept else None}
    if not METRICS[cloud["metric"]].native:
        rms_distance, finite_pairs = metrics.over_finite_pairs(given.points, given.counts)
        own |= {"metric": cloud["metric"], "rms_distance": rms_distance, "finite_pairs": finite_pairs}
    elif chosen.scale is not None:
        own["rms_distance"] = chosen.scale if diagram.n_distinct > 1 else math.nan
    return StoredDiagram(**vars(diagram) | own, sample=sample)


def _of_nothing(cloud: Settings, ask: Settings, sample: dict[str, Any], kept: bool) -> StoredDiagram:
    """Diagram of no points: without bars, and complete."""
    engine = resolve(ask["engine"], max(ask["dimensions"]), ask["coefficient_field"])
    return StoredDiagram(
        bars={dimension: np.empty((0, 2)) for dimension in sorted(ask["dimensions"])},
        n_points=0,
        n_distinct=0,
        metric=cloud["metric"],
        coefficient_field=ask["coefficient_field"],
        engine=engine,
        engine_version=ENGINES[engine].version(),
        threshold=0.0,
        complete="scale" not in cloud,
        rms_distance=math.nan,
        relations=no_relations() if kept else None,
        sample=sample,
        scale=cloud.get("scale"),
        rows=np.empty(0, dtype=np.int64) if kept else None,
    )


def _with_distances(points: Cloud, cloud: Settings, memory: float | None = None) -> Cloud:
    """The cloud as the engine takes it: under a metric that it does not know, the distances of all distinct points."""
    if METRICS[cloud["metric"]].native:
        return points
    distinct = as_cloud(points)
    rows = METRICS[cloud["metric"]].rows(distinct.points, cloud)
    matrix = as_cloud(metrics.matrix(rows, distinct.size), "precomputed", memory=memory)
    return replace(matrix, counts=distinct.counts, point_of=distinct.point_of)


def cloud_of(values: NDArray[np.float32], cloud: Settings) -> Cloud:
    """Cloud of the points of a stored diagram, as its engine took it, for what its relations are asked.

    Parameters
    ----------
    values : ndarray, shape (n_points, units)
        Output of the layer for the rows that are its points, in their order (:func:`load_relations`).
    cloud : mapping
        `metric`, and what it needs, as in the configuration.
    """
    native = METRICS[cloud["metric"]].native
    return _with_distances(as_cloud(values, cloud["metric"] if native else "euclidean"), cloud)


def _at_scale(points: Cloud, cloud: Settings, ask: Settings, sample: dict[str, Any]) -> StoredDiagram:
    """Classes at one scale, without a filtration; nothing is known of the cloud's other lengths."""
    from layertopo.topology.at_scale import homology_of_rows  # imported late: loading numba takes a second

    distinct, scale = as_cloud(points), float(cloud["scale"])
    Budget(ask["memory"], distinct.size).check(
        0, bytes_to_collapse(distinct.size), "points near each point, as rows of bits"
    )
    core = homology_of_rows(metrics.rows_up_to(distinct.points, cloud, scale), **ask)
    alive = {k: int(np.isinf(bars[:, 1]).sum()) for k, bars in core.bars.items()}
    own = {
        "bars": {k: np.tile([scale, np.inf], (count, 1)) for k, count in alive.items()},
        "n_points": int(distinct.counts.sum()),
        "n_distinct": distinct.size,
        "metric": cloud["metric"],
        "threshold": scale,
        "complete": False,
        "rms_distance": math.nan,
    }
    return StoredDiagram(**vars(core) | own, sample=sample, scale=scale, finite_pairs=math.nan)


def save(diagram: StoredDiagram, path: str | Path, provenance: Settings) -> None:
    """Write a diagram to HDF5."""
    with storage.create(path, provenance, ["numpy", ENGINES[diagram.engine].distribution]) as file:
        file.attrs["dimensions"] = list(diagram.dimensions)
        file.attrs["sample"] = storage.canonical(diagram.sample)
        for name in _SCALARS:
            file.attrs[name] = getattr(diagram, name)
        if diagram.scale is not None:
            file.attrs["scale"] = diagram.scale
        if diagram.finite_pairs != 1.0:
            file.attrs["finite_pairs"] = diagram.finite_pairs
        for dimension, bars in diagram.bars.items():
            storage.write(file, f"H{dimension}", bars)
        if diagram.relations is not None:
            for name, array in {**diagram.relations._asdict(), "rows": diagram.rows}.items():
                # Rows and classes are far fewer than 2**31, and half of the bytes are saved.
                small = array.astype(np.int32) if array.dtype == np.int64 else array
                storage.write(file, f"relations/{name}", small)


def load(path: str | Path, provenance: Settings | None = None) -> StoredDiagram:
    """Read a diagram written by :func:`save`.

    Raises
    ------
    ResultError
        If the file is broken or was made with other settings than `provenance`.
    """
    with storage.load(path, provenance) as file:
        attributes = {name: storage.attribute(file, name) for name in (*_SCALARS, "dimensions", "sample")}
        bars = {int(dim): storage.read(file, f"H{dim}") for dim in attributes.pop("dimensions")}
        sample = json.loads(attributes.pop("sample"))
        more = {
            name: storage.attribute(file, name) for name in ("scale", "finite_pairs") if name in file.attrs
        }
        return StoredDiagram(bars=bars, sample=sample, **attributes, **more)


def load_relations(
    path: str | Path, provenance: Settings | None = None
) -> tuple[Relations, NDArray[np.int64]]:
    """What a stored diagram keeps of all cycles of its cloud, and which of the layer's rows the points are.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings than `provenance`, or keeps none.
    """
    with storage.load(path, provenance) as file:
        kept: dict[str, Any] = {
            name: storage.read(file, f"relations/{name}") for name in (*Relations._fields, "rows")
        }
    for name in kept.keys() - {"terms"}:
        if kept[name].dtype == np.int32:
            kept[name] = kept[name].astype(np.int64)
    rows = kept.pop("rows")
    return Relations(**kept), rows
