"""Networks whose layers are written by hand, with the loops of their diagrams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from layertopo.analysis import loops, run_loops, run_statistics
from layertopo.analysis.loops import LayerLoops
from layertopo.data.dataset import Dataset
from layertopo.storage import Key, Stored
from layertopo.topology import diagrams
from layertopo.training import activations

RUN: Key = {"dataset": "d", "model": "good", "seed": 0}
CLOUD = {"metric": "euclidean", "sample": {"method": "random", "points": None, "seed": 0}}
HOMOLOGY = {"dimensions": [0, 1], "coefficient_field": 2, "engine": "auto"}
#: Settings of all that is stored of a run.
SETTINGS = {"settings": "these"}


def ring(n: int, seed: int, noise: float = 0.05, radius: float = 1.0) -> np.ndarray:
    """A noisy circle in the plane."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 2 * np.pi, n)
    return radius * np.column_stack([np.cos(angles), np.sin(angles)]) + noise * rng.normal(size=(n, 2))


def turns(around: np.ndarray) -> int:
    """How often the edges between points of the plane, shape (n, 2, 2), go around the origin, but for evens."""
    angles = np.arctan2(around[..., 1], around[..., 0])
    steps = (np.diff(angles, axis=1) + np.pi) % (2 * np.pi) - np.pi
    return round(abs(float(steps.sum())) / (2 * np.pi)) % 2


class Network:
    """A network of which every layer is given for all rows of a data set, epoch after epoch.

    Parameters
    ----------
    folder : path
    epochs : sequence of sequence of ndarray
        Of each epoch, the layers.
    y : ndarray
        Classes; or none, and all rows are of one without a name.
    n_test : int
        Rows of the test set: the first ones, in the order from the last of them on.
    split, cloud
        Of all diagrams.
    """

    def __init__(
        self,
        folder: Path,
        epochs: Sequence[Sequence[np.ndarray]],
        y: np.ndarray | None = None,
        n_test: int = 0,
        split: str = "full",
        cloud: Mapping[str, Any] = CLOUD,
    ) -> None:
        n = len(epochs[0][0])
        rows = {"train": np.arange(n_test, n), "test": np.arange(n_test)[::-1]}
        labels = np.zeros(n, np.int64) if y is None else y
        names = () if y is None else ("inner", "outer")
        self.data = Dataset(epochs[0][0].astype(np.float32), labels, **rows, classes=names)
        self.diagrams, self.activations = [], []
        for epoch, layers in enumerate(epochs):
            own = Stored(str(folder / f"epoch{epoch}.h5"), RUN, {"epoch": epoch})
            parts = {
                part: {f"layer{k}": values[chosen].astype(np.float32) for k, values in enumerate(layers)}
                for part, chosen in rows.items()
            }
            activations.save(parts, {part: labels[each] for part, each in rows.items()}, *own[::2])
            for layer in range(len(layers)):
                self._compute(folder, own, layer, split, cloud)
        _, arrays = run_statistics.run_statistics(self.diagrams, [])
        self.statistics = Stored(str(folder / "statistics.h5"), RUN, SETTINGS)
        run_statistics.save(arrays, self.statistics.path, SETTINGS, [])

    def _compute(self, folder: Path, own: Stored, layer: int, split: str, cloud: Mapping[str, Any]) -> None:
        epoch = own.provenance["epoch"]
        settings = own.provenance | {
            "layer": layer,
            "split": split,
            "cloud": dict(cloud),
            "homology": HOMOLOGY,
        }
        settings |= {"relations": True}
        key = RUN | {"epoch": epoch, "layer": layer, "split": split, "cloud": "all", "class": ""}
        stored = Stored(str(folder / f"{epoch}_{layer}.h5"), key, settings)
        diagrams.save(diagrams.compute(own.path, own.provenance, settings, 1), stored.path, settings)
        self.diagrams.append(stored)
        self.activations.append(own)

    @property
    def keys(self) -> list[Key]:
        """Of the diagrams."""
        return [each.key for each in self.diagrams]

    def loops(self, top: int = 2) -> list[LayerLoops]:
        """Of all diagrams."""
        return run_loops.run_loops(self.diagrams, self.activations, self.data, self.statistics, top)

    def stored_loops(self, folder: Path, top: int = 2) -> Stored:
        """The same on disk."""
        stored = Stored(str(folder / "loops.h5"), RUN, SETTINGS)
        sources = [each.path for each in self.diagrams]
        loops.save(self.loops(top), self.keys, self.data.classes, stored.path, SETTINGS, sources)
        return stored
