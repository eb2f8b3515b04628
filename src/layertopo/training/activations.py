"""What every layer of a network gives for every row of the data, kept in one HDF5 file per epoch.

Layout: ``/{split}/{layer}``, float32, shape (rows, units), rows in the order of the data set's
split, with attribute `name`, Keras' name of the layer; ``/{split}/y``, the classes. Layer 0 is the
normalised input, layer k the output of the k-th Dense layer after its activation, the last one the
logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.storage import Settings

SPLITS = {"train": ("train",), "test": ("test",), "full": ("train", "test")}


def save(
    outputs: Mapping[str, Mapping[str, NDArray[np.float32]]],
    classes: Mapping[str, NDArray[Any]],
    path: str | Path,
    provenance: Settings,
) -> None:
    """Write every layer's output.

    Parameters
    ----------
    outputs : mapping
        Per split, the layers' outputs by Keras' name, input side first.
    classes : mapping
        Per split, the class of each row.
    path : path
        HDF5 file to write.
    provenance : mapping
        Settings that made the weights, and the epoch.
    """
    with storage.create(path, provenance, ["keras", "numpy"]) as file:
        for split, layers in outputs.items():
            for k, (name, values) in enumerate(layers.items()):
                storage.write(file, f"{split}/{k}", values).attrs["name"] = name
            storage.write(file, f"{split}/y", classes[split])


def load_layer(
    path: str | Path,
    provenance: Settings | None,
    layer: int,
    split: str,
    classes: Sequence[int] | None = None,
) -> NDArray[np.float32]:
    """Output of one layer for the rows of `split`: ``train``, ``test``, or ``full``, train then test.

    Parameters
    ----------
    path : path
    provenance : mapping, optional
        Settings that it must have been made with.
    layer : int
    split : str
    classes : sequence of int, optional
        Numbers of the classes whose rows are wanted; all if left out.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings than `provenance`, or lacks the layer.
    """
    with storage.load(path, provenance) as file:
        parts = []
        for part in SPLITS[split]:
            values = storage.read(file, f"{part}/{layer}")
            if classes is not None:
                values = values[np.isin(storage.read(file, f"{part}/y"), classes)]
            parts.append(values)
        return np.concatenate(parts)
