"""Training of a Keras model that somebody saved, and the network as it was after an epoch of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from layertopo.data.dataset import Dataset
from layertopo.storage import Settings
from layertopo.training import saved_outputs
from layertopo.training.networks import Trained, fit, prepare_tensorflow

if TYPE_CHECKING:
    import keras

#: Rows that are judged at a time.
_ROWS = 256


def train(file: str | Path, model: Settings, dataset: Dataset, training: Settings, seed: int) -> Trained:
    """Train a saved model, and keep its weights, losses and accuracies.

    It is trained by its scores, what it gives before a last sigmoid or softmax: by the binary cross-entropy of one
    unit, or else by the categorical one.

    Parameters
    ----------
    file : path
        The model.
    model : mapping
        `keras`: the digest that was planned; `weights`: `keep`, or `fresh`, where training starts from weights that are
        drawn anew. Layers that training does not change, and those that normalise the data, keep theirs in any case.
    dataset : Dataset
        Its rows are given the shape that the model takes.
    training : mapping
        As for :func:`layertopo.training.networks.train`.
    seed : int
        Seed of fresh weights, of the order of the batches, and of what layers draw, whatever seeds the file has.

    Returns
    -------
    Trained
        The network has its last activation.

    Raises
    ------
    FileError
        If the model changed since it was planned, or cannot be loaded.
    """
    given = saved_outputs.load(file, model["keras"])
    last = saved_outputs.last_layer(given)
    prepare_tensorflow(seed)
    network = _again(given, scores_of=last.name)
    start = given.get_weights()
    _set_weights(network, start if model["weights"] == "keep" else _drawn(network, start))
    takes = given.inputs[0]
    splits = {split: getattr(dataset, split) for split in ("train", "test")}
    trained = fit(
        network,
        {
            split: dataset.X[rows].reshape(-1, *takes.shape[1:]).astype(takes.dtype)
            for split, rows in splits.items()
        },
        {split: dataset.y[rows] for split, rows in splits.items()},
        training,
        _scores,
    )
    _set_weights(given, network.get_weights())
    if saved_outputs.activation_of(last) == "sigmoid":  # what Keras says of its accuracy is right
        for split in splits:
            trained.history[f"{split}_accuracy_logit_above_half"] = np.nan
    return replace(trained, network=given)


def at_epoch(file: str | Path, model: Settings, weights: list[NDArray[Any]]) -> keras.Model:
    """A saved model with the weights that it had after an epoch of its training.

    Raises
    ------
    FileError
        If the model changed since it was planned, or cannot be loaded.
    """
    network = saved_outputs.load(file, model["keras"])
    _set_weights(network, weights)
    return network


def _again(given: keras.Model, scores_of: str) -> keras.Model:
    """The same network with weights drawn by the seed of the run, and without the activation of its last layer."""
    import keras

    description = _without_seeds(copy.deepcopy(keras.saving.serialize_keras_object(given)))
    last = next(each for each in description["config"]["layers"] if each["config"]["name"] == scores_of)
    if last["class_name"] == "Softmax":
        last["class_name"] = "Activation"
        last["config"] = {"name": scores_of, "dtype": last["config"].get("dtype")}
    last["config"]["activation"] = "linear"
    return keras.saving.deserialize_keras_object(description, safe_mode=True)


def _without_seeds(value: Any) -> Any:
    """A description whose initialisers and random layers have no seeds of their own: all seeds were one training."""
    if isinstance(value, dict):
        return {key: None if key == "seed" else _without_seeds(each) for key, each in value.items()}
    return [_without_seeds(each) for each in value] if isinstance(value, list) else value


def _drawn(network: keras.Model, given: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Weights as they were drawn, but for those that are no matter of this training."""
    import keras

    kept = {
        id(variable)
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.Normalization) or not layer.trainable
        for variable in layer.weights
    }
    return [
        old if id(variable) in kept else variable.numpy()
        for variable, old in zip(network.weights, given, strict=True)
    ]


def _set_weights(network: keras.Model, weights: Sequence[NDArray[Any]]) -> None:
    import keras

    network.set_weights(weights)
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # or it goes on with the mean and variance it was built with


def _scores(network: keras.Model, X: NDArray[Any]) -> NDArray[np.float64]:
    parts = [
        np.asarray(network(X[start : start + _ROWS], training=False)) for start in range(0, len(X), _ROWS)
    ]
    return np.concatenate(parts).astype(np.float64)
