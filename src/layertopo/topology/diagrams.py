"""Persistence diagrams of stored activations, kept in HDF5.

Layout: ``/H0``, ``/H1``, ..., float64, shape (bars, 2): birth and death, sorted. The attributes are
those of :class:`layertopo.homology.Diagram`, and `sample` (JSON): how the rows were chosen, and of
how many (`n_rows`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from layertopo import storage
from layertopo.homology import Diagram, persistence_diagram
from layertopo.homology.engines import ENGINES
from layertopo.storage import Settings
from layertopo.topology.clouds import point_cloud
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
    """

    sample: dict[str, Any]

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
        return f"{used} points, {self.n_distinct:,} distinct"


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
        `layer`, `split`, `cloud` and `homology`, as in the configuration.
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
    split, cloud, homology = settings["split"], settings["cloud"], settings["homology"]
    values = activations.load_layer(activation_path, provenance, settings["layer"], split)
    chosen = point_cloud(values, split, cloud, f"{activation_path}, layer {settings['layer']}, {split}")
    diagram = persistence_diagram(
        chosen.cloud,
        dimensions=homology["dimensions"],
        coefficient_field=homology["coefficient_field"],
        engine=homology["engine"],
        threads=threads,
        memory=memory,
        progress=progress,
    )
    if chosen.scale is not None:
        diagram = replace(diagram, rms_distance=chosen.scale if diagram.n_distinct > 1 else math.nan)
    sample = dict(cloud["sample"]) | {"n_rows": len(values), "covering_radius": chosen.covering_radius}
    return StoredDiagram(**vars(diagram), sample=sample)


def save(diagram: StoredDiagram, path: str | Path, provenance: Settings) -> None:
    """Write a diagram to HDF5."""
    with storage.create(path, provenance, ["numpy", ENGINES[diagram.engine].distribution]) as file:
        file.attrs["dimensions"] = list(diagram.dimensions)
        file.attrs["sample"] = storage.canonical(diagram.sample)
        for name in _SCALARS:
            file.attrs[name] = getattr(diagram, name)
        for dimension, bars in diagram.bars.items():
            storage.write(file, f"H{dimension}", bars)


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
        return StoredDiagram(bars=bars, sample=sample, **attributes)
