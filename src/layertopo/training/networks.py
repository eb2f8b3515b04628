"""Fully connected Keras networks: built, trained with their weights kept epoch by epoch, and run.

The only module that imports TensorFlow, and only inside its functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import storage
from layertopo.data.dataset import Dataset
from layertopo.epochs import LAST, Epoch
from layertopo.storage import Settings
from layertopo.training.dense import Activation, Dense
from layertopo.training.length import at_goal, has_row, leaves_weights
from layertopo.training.network import Layer
from layertopo.training.scores import predicted, score

if TYPE_CHECKING:
    import keras

LIBRARIES = ["keras", "numpy"]
#: Batches per call into TensorFlow: each call has a cost, tiny networks pay mostly that.
STEPS_PER_EXECUTION = 100
#: A share of the training rows: compiled or not, networks differ in the last digits, and so in fewer of them.
NEAR = 1e-3
#: Rows that are looked at together to tell how near.
AT_ONCE = 1024
#: Seeds of data and training below it give different seeds of runs.
SEEDS_OF_A_DRAW = 2**16


def seed_of_run(data_seed: int, training_seed: int) -> int:
    """Seed of one training run: another one for every draw of the data.

    Were it `training_seed` on all draws, the same initial weights would meet each of them, and runs
    on different draws would not be independent. On the draw of seed 0 it is `training_seed` itself.
    Seeds above 65,535 may meet.
    """
    return (training_seed + SEEDS_OF_A_DRAW * data_seed) % 2**32


def prepare_tensorflow(seed: int) -> None:
    """Import TensorFlow so that the same seed gives the same bits, however many cores there are.

    One thread, deterministic kernels, and no oneDNN, which chooses kernels by processor. Networks
    of a few hundred parameters are fastest on one thread as well.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    import keras
    import tensorflow as tf

    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    keras.config.set_floatx("float32")  # whatever the user's keras.json says
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)


def build(n_features: int, model: Settings, n_classes: int = 2, scores: bool = False) -> keras.Sequential:
    """The layers of a network, layer 0 first: a hidden one that is more than a Dense layer is a Sequential of its own.

    Parameters
    ----------
    n_features : int
        Columns of the data.
    model : mapping
        `hidden`, `activation` and what else is said of a network, as in the configuration.
    n_classes : int
        Of the data.
    scores : bool
        Whether the last layer gives what it has before any softmax.
    """
    import keras

    described = Dense.model_validate(dict(model))
    first, *hidden, last = described.layer_facts(n_features, n_classes)
    softmax = described.output_on(n_classes) == "softmax" and not scores
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Normalization(axis=-1, name=first.name)
            if described.normalize
            else keras.layers.Identity(name=first.name),
            *(_hidden(described, layer) for layer in hidden),
            keras.layers.Dense(
                last.units,
                "softmax" if softmax else None,
                kernel_initializer=described.initializer,
                name=last.name,
            ),
        ]
    )


def _hidden(model: Dense, layer: Layer) -> keras.Layer:
    """A hidden layer: Dense, batch normalisation, activation and dropout, of which the last two may be left out."""
    import keras

    layers, named = keras.layers, model.activation
    if not model.is_block:
        return layers.Dense(layer.units, named, kernel_initializer=model.initializer, name=layer.name)
    parts = [layers.Dense(layer.units, kernel_initializer=model.initializer)]
    if model.batch_normalization:
        parts.append(layers.BatchNormalization())
    parts.append(_activation(named) if isinstance(named, Activation) else layers.Activation(named))
    if model.dropout:
        parts.append(layers.Dropout(model.dropout))
    return keras.Sequential(parts, name=layer.name)


def _activation(activation: Activation) -> keras.Layer:
    """An activation function with parameters."""
    from keras import layers

    if activation.relu is not None:
        return layers.ReLU(**activation.relu.model_dump())
    if activation.elu is not None:
        return layers.ELU(activation.elu)
    return layers.LeakyReLU(activation.leaky_relu)


def _adapt(normalization: keras.layers.Normalization, X: NDArray[np.float32]) -> None:
    """Give a layer the mean and variance of the training rows; a coordinate that is the same in all is only centred.

    Keras would divide it by almost nothing, and a test row that differs, by one pixel, would explode.
    """
    normalization.adapt(X)
    constant = np.ptp(X, axis=0) == 0
    if constant.any():
        mean, variance, *count = normalization.get_weights()
        normalization.set_weights([np.where(constant, X[0], mean), np.where(constant, 1, variance), *count])
        normalization.finalize_state()


def train(dataset: Dataset, model: Settings, training: Settings, seed: int) -> Trained:
    """Train a network, and keep its weights, losses and accuracies.

    Parameters
    ----------
    dataset : Dataset
    model : mapping
        What decides the network, as in the configuration.
    training : mapping
        `epochs`, `batch_size`, `optimizer` and `learning_rate`, as in the configuration; maybe `until`, and
        `keep` (see :mod:`layertopo.training.length`).
    seed : int
        Seed of the initial weights, of the order of the batches, and of what dropout leaves out.

    Returns
    -------
    Trained
    """
    prepare_tensorflow(seed)
    import keras

    network = build(dataset.X.shape[1], model, len(dataset.classes), scores=True)
    if isinstance(network.layers[0], keras.layers.Normalization):
        _adapt(network.layers[0], dataset.X[dataset.train])
    rows = {split: getattr(dataset, split) for split in ("train", "test")}
    X = {split: dataset.X[own] for split, own in rows.items()}
    y = {split: dataset.y[own] for split, own in rows.items()}
    trained = fit(network, X, y, training)
    return replace(trained, network=_with_softmax(network, dataset, model))


def fit(
    network: keras.Model,
    X: Mapping[str, NDArray[Any]],
    y: Mapping[str, NDArray[Any]],
    training: Settings,
    scores: Callable[[keras.Model, NDArray[Any]], NDArray[np.float64]] | None = None,
) -> Trained:
    """Train a network that gives scores: by the binary cross-entropy of a logit, or else by the categorical one.

    Parameters
    ----------
    network : keras.Model
    X, y : mapping of str to ndarray
        Rows, as the network takes them, and their classes, by split.
    training : mapping
        As for :func:`train`.
    scores : callable, optional
        From the network and rows to their scores; :func:`scores_of` if left out.
    """
    import keras

    losses = keras.losses
    network.compile(
        optimizer=_optimizer(training),
        loss=losses.BinaryCrossentropy(from_logits=True)
        if network.output_shape[-1] == 1
        else losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    diary = _Diary(network, X, y, training, scores or scores_of)
    diary.note(0)

    class Note(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if diary.note(epoch + 1):
                network.stop_training = True

    network.fit(
        X["train"],
        y["train"],
        epochs=training["epochs"],
        batch_size=training["batch_size"],
        callbacks=[Note()],
        verbose=0,
    )
    return Trained(network, diary.weights, pd.DataFrame(diary.rows))


def _optimizer(training: Settings) -> keras.Optimizer:
    import keras

    rate = training["learning_rate"]
    if isinstance(rate, Mapping):
        schedule = keras.optimizers.schedules.ExponentialDecay(rate["start"], rate["halve_every"], 0.5)
        rate = keras.optimizers.schedules.serialize(schedule)
    return keras.optimizers.get({"class_name": training["optimizer"], "config": {"learning_rate": rate}})


def _with_softmax(network: keras.Sequential, dataset: Dataset, model: Settings) -> keras.Sequential:
    """A network that was trained by its scores, with the softmax that its last layer has."""
    if network.layers[-1].units == 1:
        return network
    whole = build(dataset.X.shape[1], model, len(dataset.classes))
    whole.set_weights(network.get_weights())
    return whole


class _Diary:
    """What is kept of a network while it is trained."""

    def __init__(
        self,
        network: keras.Model,
        X: Mapping[str, NDArray[Any]],
        y: Mapping[str, NDArray[Any]],
        training: Settings,
        scores: Callable[[keras.Model, NDArray[Any]], NDArray[np.float64]],
    ) -> None:
        self.network, self.X, self.y = network, X, y
        self.training, self.scores_of = training, scores
        self.weights: dict[int, list[NDArray[Any]]] = {}
        self.rows: list[dict[str, Any]] = []

    def note(self, epoch: int) -> bool:
        """Keep what is to be kept of an epoch; whether training ends with it."""
        ends = epoch == self.training["epochs"] or (epoch > 0 and self._at_goal())
        if ends or leaves_weights(self.training, epoch):
            self.weights[epoch] = self.network.get_weights()
        if ends or has_row(self.training, epoch):
            scores = {split: self.scores_of(self.network, X) for split, X in self.X.items()}
            self.rows.append({"epoch": epoch} | score(scores, self.y))
        return ends

    def _at_goal(self) -> bool:
        """Whether training has reached its goal: compiled it is soon told, but for the last digits, if it is far from it."""
        if "until" not in self.training:
            return False
        X = self.X["train"]
        parts = (X[start : start + AT_ONCE] for start in range(0, len(X), AT_ONCE))
        near = self._share_right(np.concatenate([self.network.predict_on_batch(part) for part in parts]))
        return at_goal(self.training, near + NEAR) and at_goal(
            self.training, self._share_right(self.scores_of(self.network, X))
        )

    def _share_right(self, scores: NDArray[Any]) -> float:
        return float(np.mean(predicted(scores) == self.y["train"]))


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes
    ----------
    network : keras.Model
        With the weights of the last epoch.
    weights : mapping of int to list of ndarray
        Weights, in Keras' order, after each epoch that leaves its own; 0 is before the first step.
    history : DataFrame
        Loss and accuracy of every epoch that has a row; see :func:`layertopo.training.scores.score` for the columns.
    """

    network: keras.Model
    weights: Mapping[int, list[NDArray[Any]]]
    history: pd.DataFrame

    def save(self, model_path: str | Path, weights_path: str | Path, provenance: Settings) -> None:
        """Write the Keras archive of the last epoch and the weights of every epoch that leaves them."""
        with storage.whole_file(model_path) as part:
            self.network.save(part)
        with storage.create(weights_path, provenance, LIBRARIES) as file:
            for epoch, weights in self.weights.items():
                for k, array in enumerate(weights):
                    file[f"epoch{epoch}/{k}"] = array


def scores_of(network: keras.Sequential, X: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the last layer gives for each row, shape (n, 1) or (n, n_classes)."""
    return np.asarray(network(X, training=False)).astype(np.float64)


def load_epoch(weights_path: str | Path, provenance: Settings | None, epoch: Epoch) -> list[NDArray[Any]]:
    """Weights of one epoch, by number or `last`, in Keras' order.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings, or lacks the epoch.
    """
    with storage.load(weights_path, provenance) as file:
        if epoch == LAST:
            epoch = max(int(name.removeprefix("epoch")) for name in file)
        count = len(file.get(f"epoch{epoch}", ()))
        return [storage.read(file, f"epoch{epoch}/{k}") for k in range(max(count, 1))]


def layer_outputs(
    model: Settings, weights: list[NDArray[Any]], X: NDArray[np.float32], n_classes: int = 2
) -> dict[str, NDArray[np.float32]]:
    """What every layer of a network gives.

    Parameters
    ----------
    model : mapping
        What decides the network, as in the configuration.
    weights : list of ndarray
        The network's weights, in Keras' order.
    X : ndarray, shape (n, d)
    n_classes : int
        Of the data.

    Returns
    -------
    dict of str to ndarray of float32, shape (n, units)
        By Keras' name, in order: normalised input, hidden layers at their end, logits or probabilities.
    """
    prepare_tensorflow(seed=0)
    import keras

    network = build(X.shape[1], model, n_classes)
    network.set_weights(weights)
    if isinstance(network.layers[0], keras.layers.Normalization):
        network.layers[0].finalize_state()  # or it goes on with the mean and variance it was built with
    outputs, values = {}, X
    for layer in network.layers:
        values = layer(values, training=False)
        outputs[layer.name] = np.asarray(values, dtype=np.float32)
    return outputs
