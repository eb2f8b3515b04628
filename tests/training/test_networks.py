"""Networks: their parameters, their training, and what is said of them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy_network import layer_outputs

from layertopo.data import kinds
from layertopo.data.dataset import Dataset
from layertopo.data.nested_spheres import NestedSpheres
from layertopo.errors import ResultError
from layertopo.experiment.config import Optimizer
from layertopo.training import networks
from layertopo.training.dense import Activation, Dense

MODEL = {"hidden": [4, 3], "activation": "relu"}
TRAINING = {"epochs": 2, "batch_size": 16, "optimizer": "adam", "learning_rate": 0.01}
DATASET = kinds.make(NestedSpheres(kind="nested_spheres", points_per_class=60, dimension=3).settings)


@pytest.fixture(scope="module", autouse=True)
def tensorflow() -> None:
    """One thread, as set before the first network is built."""
    networks.prepare_tensorflow(seed=0)


def train(seed: int = 0, **changes) -> networks.Trained:
    return networks.train(DATASET, MODEL, TRAINING | changes, seed)


@pytest.fixture(scope="module")
def trained() -> networks.Trained:
    return train()


@pytest.fixture(scope="module")
def history(trained):
    return trained.history(DATASET)


@pytest.mark.parametrize(
    ("hidden", "parameters", "trainable"), [([10, 8, 5], 270, 249), ([2, 3, 2], 63, 42)], ids=["good", "bad"]
)
def test_the_networks_of_the_experiment_have_the_stated_numbers_of_parameters(hidden, parameters, trainable):
    network = networks.build(10, {"hidden": hidden, "activation": "relu"})
    assert network.count_params() == parameters
    assert sum(weights.shape.num_elements() for weights in network.trainable_weights) == trainable


@pytest.mark.parametrize("n_features", [1, 10])
@pytest.mark.parametrize("hidden", [[10, 8, 5], [2, 3, 2], [1], [4] * 5], ids=str)
def test_what_is_known_of_the_layers_without_keras_is_what_keras_says_of_them(n_features, hidden):
    model = Dense(hidden=hidden)
    network = networks.build(n_features, model.settings)
    network.build((None, n_features))
    told = [
        (
            layer.name,
            layer.output.shape[-1],
            layer.count_params(),
            sum(weights.shape.num_elements() for weights in layer.trainable_weights),
        )
        for layer in network.layers
    ]
    assert list(map(tuple, model.layer_facts(n_features))) == told
    assert model.units(n_features) == [units for _, units, _, _ in told]
    assert model.last_layer == len(told) - 1


@pytest.mark.parametrize(
    ("hidden", "trainable", "others"), [([10, 8, 5], 249, 21), ([2, 3, 2], 42, 21)], ids=["good", "bad"]
)
def test_the_parameters_are_those_that_training_changes_and_those_of_the_normalisation(
    hidden, trainable, others
):
    layers = Dense(hidden=hidden).layer_facts(10)
    assert sum(layer.trainable for layer in layers) == trainable
    assert sum(layer.parameters - layer.trainable for layer in layers) == others
    assert sum(layer.parameters for layer in layers) == trainable + others


@pytest.mark.parametrize("activation", get_args(Activation))
def test_every_legal_activation_is_one_of_keras_and_acts_on_the_hidden_layers_only(activation):
    import keras

    network = networks.build(2, {"hidden": [3], "activation": activation})
    assert network.layers[1].activation is keras.activations.get(activation)
    assert network.layers[2].activation is keras.activations.get("linear")


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_every_legal_optimizer_trains_with_the_learning_rate_given(optimizer):
    import keras

    trained = train(epochs=1, batch_size=40, optimizer=optimizer, learning_rate=0.125)
    assert type(trained.network.optimizer) is type(keras.optimizers.get(optimizer))
    assert float(trained.network.optimizer.learning_rate) == 0.125
    assert not np.array_equal(trained.weights[0][3], trained.weights[1][3])


def test_weights_are_kept_before_the_first_step_and_after_every_epoch(trained):
    assert len(trained.weights) == 1 + TRAINING["epochs"]
    for earlier, later in zip(trained.weights, trained.weights[1:], strict=False):
        assert not np.array_equal(earlier[3], later[3])


def test_epoch_0_is_as_keras_starts(trained):
    _, _, _, *dense = trained.weights[0]
    for kernel, bias in zip(dense[::2], dense[1::2], strict=True):
        assert np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape))  # Glorot's uniform law
        assert not bias.any()


def test_the_input_is_normalised_by_the_training_rows_in_every_epoch(trained):
    rows = DATASET.X[DATASET.train].astype(np.float64)
    for mean, variance, *_ in trained.weights:
        np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(variance, rows.var(axis=0), rtol=1e-5)


def test_the_network_ends_with_the_weights_of_the_last_epoch(trained):
    for kept, last in zip(trained.weights[-1], trained.network.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, last)


def test_training_is_gradient_descent_on_the_cross_entropy_of_the_logits():
    # One step of plain descent on all rows, by finite differences of the loss in numpy.
    rate = 0.125
    trained = train(epochs=1, batch_size=len(DATASET.train), optimizer="sgd", learning_rate=rate)
    X, y = DATASET.X[DATASET.train], DATASET.y[DATASET.train]

    def loss(bias: float) -> float:
        z = layer_outputs([*trained.weights[0][:-1], np.array([bias])], X)[-1][:, 0]
        return float(np.mean(np.logaddexp(0, z) - y * z))

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    assert trained.weights[1][-1][0] == pytest.approx(-rate * slope, rel=1e-4)


def test_the_same_seed_gives_the_same_weights_in_another_process(trained, tmp_path):
    script = (
        "import sys, numpy, test_networks\n"
        "weights = [w for epoch in test_networks.train().weights for w in epoch]\n"
        "numpy.savez(sys.argv[1], *weights)\n"
    )
    path = tmp_path / "weights.npz"
    subprocess.run(
        [sys.executable, "-c", script, path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
    )
    with np.load(path) as stored:
        here = [array for epoch in trained.weights for array in epoch]
        assert len(stored.files) == len(here)
        for name, array in zip(stored.files, here, strict=True):
            np.testing.assert_array_equal(stored[name], array)


def test_the_same_seed_gives_the_same_weights_again_in_this_process(trained):
    again = train()
    for first, second in zip(trained.weights[-1], again.weights[-1], strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_seed_starts_and_ends_elsewhere(trained):
    other = train(seed=1)
    for epoch in (0, -1):
        assert not np.array_equal(other.weights[epoch][3], trained.weights[epoch][3])


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_history_tells_the_true_accuracy_and_loss_of_the_stored_weights(trained, history, split):
    rows = getattr(DATASET, split)
    y = DATASET.y[rows]
    assert history["epoch"].tolist() == [0, 1, 2]
    for epoch, weights in enumerate(trained.weights):
        z = layer_outputs(weights, DATASET.X[rows])[-1][:, 0]
        chance = 1 / (1 + np.exp(-z))
        told = history.loc[epoch]
        assert told[f"{split}_accuracy"] == np.mean((chance > 0.5) == (y == 1))
        loss = -np.mean(np.log(np.where(y == 1, chance, 1 - chance)))
        assert told[f"{split}_loss"] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_other_accuracy_is_what_keras_says(trained, history, split):
    import keras

    rows = getattr(DATASET, split)
    for epoch, weights in enumerate(trained.weights):
        network = keras.models.clone_model(trained.network)
        network.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
        network.layers[0].adapt(DATASET.X[DATASET.train])
        network.set_weights(weights)
        _, accuracy = network.evaluate(DATASET.X[rows], DATASET.y[rows], verbose=0)
        assert history.loc[epoch, f"{split}_accuracy_logit_above_half"] == pytest.approx(accuracy, abs=1e-6)


def test_the_two_accuracies_differ_where_logits_lie_between_0_and_a_half(trained):
    constant = [np.zeros_like(array) for array in trained.weights[0][3:]]
    constant[-1][:] = 0.25
    scores = networks.Trained(trained.network, [trained.weights[0][:3] + constant]).history(DATASET).loc[0]
    share_of_ones = DATASET.y[DATASET.test].mean()
    assert scores["test_accuracy"] == pytest.approx(share_of_ones)
    assert scores["test_accuracy_logit_above_half"] == pytest.approx(1 - share_of_ones)


def test_a_network_of_constant_output_is_dead(trained, history):
    alive = trained.weights[-1]
    dead = [*alive[:3], np.zeros_like(alive[3]), np.full_like(alive[4], -1), *alive[5:]]
    told = networks.Trained(trained.network, [alive, dead]).history(DATASET)["dead"]
    assert told.tolist() == [False, True]
    assert history["dead"].dtype == bool


@pytest.mark.parametrize(("others", "dead"), [(0, True), (1, True), (2, False), (60, False)])
def test_a_network_with_one_logit_for_nearly_all_rows_is_dead(monkeypatch, others, dead):
    """Of 120 rows, 119 are more than 99 %: one may differ."""
    logits = np.zeros(120)
    logits[:others] = np.arange(1, others + 1)
    parts = iter([logits[DATASET.train], logits[DATASET.test]])
    monkeypatch.setattr(networks, "logits_of", lambda network, X: next(parts))
    assert networks.score(None, DATASET)["dead"] is dead


@given(
    draws=st.lists(st.integers(0, 2**16 - 1), min_size=2, max_size=2, unique=True),
    seeds=st.tuples(*[st.integers(0, networks.SEEDS_OF_A_DRAW - 1)] * 2),
)
def test_no_two_draws_share_a_training_seed(draws, seeds):
    one, other = (networks.seed_of_run(*each) for each in zip(draws, seeds, strict=True))
    assert one != other
    assert networks.seed_of_run(0, seeds[0]) == seeds[0]


@pytest.fixture(scope="module")
def stored(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    trained.save(folder / "model.keras", folder / "weights.h5", {"seed": 0})
    return folder


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_the_weights_of_every_epoch_read_back_the_same(trained, stored, epoch):
    read = networks.load_epoch(stored / "weights.h5", {"seed": 0}, epoch)
    for expected, found in zip(trained.weights[epoch], read, strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


def test_the_archive_of_keras_holds_the_trained_network(trained, stored):
    import keras

    archive = keras.models.load_model(stored / "model.keras")
    X = DATASET.X[DATASET.test]
    np.testing.assert_array_equal(networks.logits_of(archive, X), networks.logits_of(trained.network, X))


def test_an_epoch_that_was_not_trained_is_refused(stored):
    with pytest.raises(ResultError, match="holds no array 'epoch3/0'"):
        networks.load_epoch(stored / "weights.h5", {"seed": 0}, 3)


def test_weights_of_other_settings_are_refused(stored):
    with pytest.raises(ResultError, match="seed was 0, should be 1"):
        networks.load_epoch(stored / "weights.h5", {"seed": 1}, 0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "linear"])
def test_every_layer_gives_what_numpy_computes(activation):
    model = {"hidden": [5, 4, 3], "activation": activation}
    weights = networks.train(DATASET, model, TRAINING | {"epochs": 1, "batch_size": 40}, 0).weights[-1]
    outputs = networks.layer_outputs(model, weights, DATASET.X)
    assert [array.shape[1] for array in outputs.values()] == [3, 5, 4, 3, 1]
    for found, expected in zip(outputs.values(), layer_outputs(weights, DATASET.X, activation), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_column_that_does_not_vary_is_no_trouble():
    flat = Dataset(DATASET.X * np.float32([1, 1, 0]), DATASET.y, DATASET.train, DATASET.test)
    told = networks.train(flat, MODEL, TRAINING | {"epochs": 1}, 0).history(flat)
    assert np.isfinite(told["test_loss"]).all()
