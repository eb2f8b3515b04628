"""What every layer of a network gives for every row of the data, kept in one HDF5 file per epoch.

Layout: ``/{split}/{layer}``, float32, shape (rows, units), rows in the order of the data set's
split, with attribute `name`, Keras' name of the layer; ``/{split}/y``, the classes. Layer 0 is the
normalised input, layer k the output of the k-th Dense layer after its activation, the last one the
logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.storage import Settings

SPLITS = {"train": ("train",), "test": ("test",), "full": ("train", "test")}


def save(
    path: str | Path,
    outputs: Mapping[str, Sequence[NDArray[np.float32]]],
    classes: Mapping[str, NDArray[np.int64]],
    names: Sequence[str],
    provenance: Settings,
    libraries: Sequence[str],
) -> None:
    """Write every layer's output.

    Parameters
    ----------
    path : path
        HDF5 file to write.
    outputs : mapping of str to sequence of ndarray, shape (rows, units)
        For ``train`` and ``test`` the output of each layer, layer 0 first.
    classes : mapping of str to ndarray, shape (rows,)
        Class of each row.
    names : sequence of str
        Keras' name of each layer.
    provenance : mapping
        Settings that made the weights, and the epoch.
    libraries : sequence of str
        Distributions whose versions are recorded.
    """
    with storage.create(path, provenance, libraries) as file:
        for split, layers in outputs.items():
            for k, (name, values) in enumerate(zip(names, layers, strict=True)):
                storage.write(file, f"{split}/{k}", values).attrs["name"] = name
            storage.write(file, f"{split}/y", classes[split])


def load_layer(path: str | Path, provenance: Settings | None, layer: int, split: str) -> NDArray[np.float32]:
    """Output of one layer for the rows of `split`: ``train``, ``test``, or ``full``, train then test.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings than `provenance`, or lacks the layer.
    """
    with storage.load(path, provenance) as file:
        return np.concatenate([storage.read(file, f"{part}/{layer}") for part in SPLITS[split]])
