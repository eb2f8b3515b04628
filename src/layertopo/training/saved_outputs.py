"""What Keras says of a saved model, and what its layers give.

    python -m layertopo.training.saved_outputs model.keras

prints the description of a model as JSON.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.data.dataset import Dataset
from layertopo.errors import FileError
from layertopo.storage import Settings
from layertopo.training import archive
from layertopo.training.networks import LIBRARIES, prepare_tensorflow

if TYPE_CHECKING:
    import keras

#: Numbers that are held at a time of all layers that are asked for.
_HELD = 2**24
_MOST_ROWS = 256


class _Node(NamedTuple):
    """A layer of the outer model, and what it gives there."""

    layer: Any
    output: Any


def load(path: str | Path, digest: str | None = None) -> keras.Model:
    """Load a model that was looked through, in safe mode, without what it was trained with.

    Parameters
    ----------
    path : path
    digest : str, optional
        SHA-256 that was planned; any if left out.

    Raises
    ------
    FileError
        If it is not to be loaded, has another digest, or Keras cannot load it.
    """
    with archive.checked_copy(path, digest) as copy:
        prepare_tensorflow(seed=0)
        import keras

        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except Exception as error:  # whatever is wrong with somebody's file
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise FileError(f"{path}: Keras cannot load it: {first}") from error


def describe(path: Path) -> dict[str, Any]:
    """Layers of a model, from the input on.

    Returns
    -------
    dict
        `layers`: name, shape of what it gives for a row, parameters, and how many of them training changes;
        `left_out`: name of each layer that is none of these, and why; `last_activation`: name of the activation
        function of the last layer, None if it has none or is no layer.

    Raises
    ------
    FileError
        If it has more than one input or output, or a shape that is not known.
    """
    model = load(path)
    nodes, left_out = _layers(model, path)
    layers: list[dict[str, Any]] = []
    for name, node in nodes.items():
        shape = list(node.output.shape[1:])
        if None in shape:
            if not layers:
                raise FileError(f"{path}: its input has no fixed shape, but {tuple(shape)}; build it for one")
            left_out[name] = f"what it gives has no fixed shape, but {tuple(shape)}"
            continue
        weights, trainable = (
            sum(math.prod(each.shape) for each in those)
            for those in ((node.layer.weights, node.layer.trainable_weights) if layers else ((), ()))
        )
        layers.append({"name": name, "shape": shape, "parameters": weights, "trainable": trainable})
    last = last_layer(model)
    return {
        "layers": layers,
        "left_out": left_out,
        "last_activation": None if last is None or last.name not in nodes else activation_of(last),
    }


def last_layer(model: keras.Model) -> Any:
    """The layer that gives what the model gives; None if this comes from an operation, or a model inside."""
    import keras

    last = model.layers[-1]
    outputs = [] if isinstance(last, keras.Model) or len(last._inbound_nodes) != 1 else [last.output]
    return last if any(each is model.outputs[0] for each in outputs) else None


def activation_of(layer: Any) -> str | None:
    """Name of the activation function of a layer; None if it has none."""
    import keras

    if isinstance(layer, keras.layers.Softmax):
        return "softmax" if layer.axis in (-1, 1) else None
    activation = getattr(layer, "activation", None)
    return None if activation is None else getattr(activation, "__name__", type(activation).__name__)


def _layers(model: keras.Model, path: str | Path) -> tuple[dict[str, _Node], dict[str, str]]:
    """Layers of the outer model that have one output there, in order and the input first; and why others have not."""
    import keras

    if not model.built or not model.inputs:
        raise FileError(f"{path}: was saved before it was built; call it on data once, then save it")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise FileError(
            f"{path}: has {len(model.inputs)} inputs and {len(model.outputs)} outputs; a network is analysed that has one of "
            "each. To analyse this one, record it: layertopo.record"
        )
    graph = model._functional if isinstance(model, keras.Sequential) else model
    given: dict[int, list[Any]] = {}
    for level in graph._nodes_by_depth.values():
        for node in level:
            given.setdefault(id(node.operation), []).append(node.output_tensors)
    start = next(each for each in graph.operations if isinstance(each, keras.layers.InputLayer))
    found, left_out = {start.name: _Node(start, model.inputs[0])}, {}
    for layer in model.layers:
        outputs = given.get(id(layer), [])
        if layer is start:
            continue
        if len(outputs) != 1:
            left_out[layer.name] = (
                f"it is used {len(outputs)} times, and which output is meant cannot be told"
            )
        elif len(outputs[0]) != 1:
            left_out[layer.name] = f"it gives {len(outputs[0])} outputs"
        else:
            found[layer.name] = _Node(layer, outputs[0][0])
    return found, left_out


def save(
    file: str | Path, dataset: Dataset, layers: Sequence[int], path: str | Path, provenance: Settings
) -> None:
    """Run a saved model on all rows, and write what some layers give, batch by batch.

    Parameters
    ----------
    file : path
        The model.
    dataset : Dataset
        Its rows are given the shape that the model takes.
    layers : sequence of int
        Numbers of the layers, 0 for the input.
    path : path
        HDF5 file to write.
    provenance : mapping
        Settings of the activations: `keras` has the digest that was planned.

    Raises
    ------
    FileError
        If the model changed since it was planned, cannot be loaded, or gives what is no finite number.
    """
    save_outputs(load(file, provenance["keras"][0]), file, dataset, layers, path, provenance)


def save_outputs(
    model: keras.Model,
    file: str | Path,
    dataset: Dataset,
    layers: Sequence[int],
    path: str | Path,
    provenance: Settings,
) -> None:
    """As :func:`save`, of a model that is loaded."""
    import keras

    flat = [item for item in _layers(model, file)[0].items() if None not in item[1].output.shape[1:]]
    names, nodes = zip(*(flat[layer] for layer in layers), strict=True)
    given = model.inputs[0]
    run = keras.Model(given, [node.output for node in nodes])
    units = [math.prod(node.output.shape[1:]) for node in nodes]
    step = max(1, min(_MOST_ROWS, _HELD // sum(units)))
    with storage.create(path, provenance, LIBRARIES, in_memory=False) as made:
        for split in ("train", "test"):
            rows = getattr(dataset, split)
            storage.write(made, f"{split}/y", dataset.y[rows])
            arrays = [
                storage.reserve(made, f"{split}/{layer}", (len(rows), count))
                for layer, count in zip(layers, units, strict=True)
            ]
            for name, array in zip(names, arrays, strict=True):
                array.attrs["name"] = name
            for start in range(0, len(rows), step):
                batch = dataset.X[rows[start : start + step]].reshape(-1, *given.shape[1:])
                outputs = keras.tree.flatten(run(batch.astype(given.dtype), training=False))
                for name, array, values in zip(names, arrays, outputs, strict=True):
                    array[start : start + len(batch)] = _finite(
                        values, f"{file}: layer {name!r}", split, start
                    )


def _finite(values: Any, where: str, split: str, start: int) -> NDArray[np.float32]:
    """What a layer gives for a batch, flat."""
    flat = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    wrong = np.flatnonzero(~np.isfinite(flat).all(axis=1))
    if len(wrong):
        raise FileError(f"{where} gives NaN or infinity for {split} row {start + int(wrong[0])}")
    return flat


def main() -> None:
    """Print the description of a model."""
    try:
        found = describe(Path(sys.argv[1]))
    except FileError as error:
        found = {"refused": str(error).removeprefix(f"{sys.argv[1]}: ")}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
