"""What every layer of a network gives for every row of the data, kept in one HDF5 file per epoch.

Layout: ``/{split}/{layer}``, float32, shape (rows, units), rows in the order of the data set's
split, with attribute `name`, Keras' name of the layer; ``/{split}/y``, the classes. Layer 0 is the
normalised input, layer k the output of the k-th Dense layer after its activation, the last one the
logits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layertopo import networks, storage
from layertopo.data import Dataset
from layertopo.storage import Settings

SPLITS = {"train": ("train",), "test": ("test",), "full": ("train", "test")}


def extract(
    dataset: Dataset,
    model: Settings,
    weights: list[NDArray[np.float32]],
    path: str | Path,
    provenance: Settings,
) -> None:
    """Run a network on both splits and write every layer's output.

    Parameters
    ----------
    dataset : Dataset
    model : mapping
        `hidden` and `activation`, as in the configuration.
    weights : list of ndarray
        The network's weights, in Keras' order.
    path : path
        HDF5 file to write.
    provenance : mapping
        Settings that made the weights, and the epoch.
    """
    networks.prepare_tensorflow(seed=0)
    network = networks.build(dataset.X.shape[1], model["hidden"], model["activation"])
    network.set_weights(weights)
    with storage.create(path, provenance, networks.LIBRARIES) as file:
        for split in ("train", "test"):
            rows = getattr(dataset, split)
            outputs = networks.layer_outputs(network, dataset.X[rows])
            for k, (layer, values) in enumerate(zip(network.layers, outputs, strict=True)):
                array = storage.write(file, f"{split}/{k}", values)
                array.attrs["name"] = layer.name
            storage.write(file, f"{split}/y", dataset.y[rows])


def load_layer(path: str | Path, provenance: Settings | None, layer: int, split: str) -> NDArray[np.float32]:
    """Output of one layer for the rows of `split`: ``train``, ``test``, or ``full``, train then test.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings than `provenance`, or lacks the layer.
    """
    with storage.load(path, provenance) as file:
        return np.concatenate([storage.read(file, f"{part}/{layer}") for part in SPLITS[split]])
