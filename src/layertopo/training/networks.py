"""Fully connected Keras networks: built, trained with their weights kept after every epoch, and run.

The only module that imports TensorFlow, and only inside its functions.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import storage
from layertopo.data.dataset import Dataset
from layertopo.storage import Settings
from layertopo.training.dense import Dense

if TYPE_CHECKING:
    import keras

LIBRARIES = ["keras", "numpy"]
#: Batches per call into TensorFlow: each call has a cost, tiny networks pay mostly that.
STEPS_PER_EXECUTION = 100
#: A network is dead if this share of the rows, or more, get one and the same logit: it tells next to none apart.
DEAD_SHARE = 0.99
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


def build(n_features: int, model: Settings) -> keras.Sequential:
    """Normalization, the hidden Dense layers, and a Dense layer with one unit, the logit.

    Parameters
    ----------
    n_features : int
        Columns of the data.
    model : mapping
        `hidden` and `activation`, as in the configuration.
    """
    import keras

    layers = keras.layers
    first, *hidden, last = Dense.model_validate(dict(model)).layer_facts(n_features)
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            layers.Normalization(axis=-1, name=first.name),
            *(layers.Dense(layer.units, model["activation"], name=layer.name) for layer in hidden),
            layers.Dense(last.units, name=last.name),
        ]
    )


def train(dataset: Dataset, model: Settings, training: Settings, seed: int) -> Trained:
    """Train a network and keep its weights after every epoch.

    Parameters
    ----------
    dataset : Dataset
    model : mapping
        `hidden` and `activation`, as in the configuration.
    training : mapping
        `epochs`, `batch_size`, `optimizer` and `learning_rate`, as in the configuration.
    seed : int
        Seed of the initial weights and of the order of the batches.

    Returns
    -------
    Trained
    """
    prepare_tensorflow(seed)
    import keras

    network = build(dataset.X.shape[1], model)
    network.layers[0].adapt(dataset.X[dataset.train])
    optimizer = keras.optimizers.get(
        {"class_name": training["optimizer"], "config": {"learning_rate": training["learning_rate"]}}
    )
    network.compile(
        optimizer=optimizer,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    weights = [network.get_weights()]

    class KeepWeights(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            weights.append(network.get_weights())

    network.fit(
        dataset.X[dataset.train],
        dataset.y[dataset.train],
        epochs=training["epochs"],
        batch_size=training["batch_size"],
        callbacks=[KeepWeights()],
        verbose=0,
    )
    return Trained(network, weights)


class Trained:
    """A trained network and its weights after every epoch.

    Attributes
    ----------
    network : keras.Sequential
        With the weights of the last epoch.
    weights : list of list of ndarray
        Weights of every epoch in Keras' order; entry 0 is before the first step.
    """

    def __init__(self, network: keras.Sequential, weights: list[list[NDArray[Any]]]) -> None:
        self.network = network
        self.weights = weights

    def history(self, dataset: Dataset) -> pd.DataFrame:
        """Loss and accuracy of every epoch; see :func:`score` for the columns."""
        rows = []
        for epoch, weights in enumerate(self.weights):
            self.network.set_weights(weights)
            rows.append({"epoch": epoch} | score(self.network, dataset))
        return pd.DataFrame(rows)

    def save(self, model_path: str | Path, weights_path: str | Path, provenance: Settings) -> None:
        """Write the Keras archive of the last epoch and the weights of every epoch."""
        with storage.whole_file(model_path) as part:
            self.network.save(part)
        with storage.create(weights_path, provenance, LIBRARIES) as file:
            for epoch, weights in enumerate(self.weights):
                for k, array in enumerate(weights):
                    file[f"epoch{epoch}/{k}"] = array


def score(network: keras.Sequential, dataset: Dataset) -> dict[str, Any]:
    """Loss and accuracy on both splits, and whether the network is dead.

    Returns
    -------
    dict
        `{split}_loss`: mean binary cross-entropy in nats; `{split}_accuracy`: share of rows with
        (logit > 0) equal to the class; `{split}_accuracy_logit_above_half`: what Keras' "accuracy"
        says of a network with a logit output, which it compares with 0.5; `dead`: whether
        :data:`DEAD_SHARE` of the rows of both splits together get one and the same logit.
    """
    result: dict[str, Any] = {}
    logits = {split: logits_of(network, dataset.X[getattr(dataset, split)]) for split in ("train", "test")}
    for split, z in logits.items():
        y = dataset.y[getattr(dataset, split)]
        result[f"{split}_loss"] = float(np.mean(np.logaddexp(0.0, z) - y * z))
        result[f"{split}_accuracy"] = float(np.mean((z > 0) == y))
        result[f"{split}_accuracy_logit_above_half"] = float(np.mean((z > 0.5) == y))
    _, rows = np.unique(np.concatenate(list(logits.values())), return_counts=True)
    result["dead"] = bool(rows.max() >= DEAD_SHARE * rows.sum())
    return result


def logits_of(network: keras.Sequential, X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logit of each row, shape (n,)."""
    return np.asarray(network(X))[:, 0].astype(np.float64)


def load_epoch(weights_path: str | Path, provenance: Settings | None, epoch: int) -> list[NDArray[Any]]:
    """Weights of one epoch, in Keras' order.

    Raises
    ------
    ResultError
        If the file is broken, was made with other settings, or lacks the epoch.
    """
    with storage.load(weights_path, provenance) as file:
        count = len(file.get(f"epoch{epoch}", ()))
        return [storage.read(file, f"epoch{epoch}/{k}") for k in range(max(count, 1))]


def layer_outputs(
    model: Settings, weights: list[NDArray[Any]], X: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """What every layer of a network gives.

    Parameters
    ----------
    model : mapping
        `hidden` and `activation`, as in the configuration.
    weights : list of ndarray
        The network's weights, in Keras' order.
    X : ndarray, shape (n, d)

    Returns
    -------
    dict of str to ndarray of float32, shape (n, units)
        By Keras' name, in order: normalised input, hidden layers after their activation, logits.
    """
    prepare_tensorflow(seed=0)
    network = build(X.shape[1], model)
    network.set_weights(weights)
    network.layers[0].finalize_state()  # or it goes on with the mean and variance it was built with
    outputs, values = {}, X
    for layer in network.layers:
        values = layer(values)
        outputs[layer.name] = np.asarray(values, dtype=np.float32)
    return outputs
