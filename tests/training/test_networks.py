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
from layertopo.training import length, networks
from layertopo.training.dense import ActivationName, Dense

MODEL = {"hidden": [4, 3], "activation": "relu"}
TRAINING = {"epochs": 2, "batch_size": 16, "optimizer": "adam", "learning_rate": 0.01}
DATASET = kinds.make(NestedSpheres(kind="nested_spheres", points_per_class=60, dimension=3).settings)


@pytest.fixture(scope="module", autouse=True)
def tensorflow() -> None:
    """One thread, as set before the first network is built."""
    networks.prepare_tensorflow(seed=0)


def train(seed: int = 0, **changes) -> networks.Trained:
    return networks.train(DATASET, MODEL, TRAINING | changes, seed)


def last(trained: networks.Trained) -> list[np.ndarray]:
    return trained.weights[max(trained.weights)]


@pytest.fixture(scope="module")
def trained() -> networks.Trained:
    return train()


@pytest.fixture(scope="module")
def history(trained):
    return trained.history


@pytest.mark.parametrize(
    ("hidden", "parameters", "trainable"), [([10, 8, 5], 270, 249), ([2, 3, 2], 63, 42)], ids=["good", "bad"]
)
def test_the_networks_of_the_experiment_have_the_stated_numbers_of_parameters(hidden, parameters, trainable):
    network = networks.build(10, {"hidden": hidden, "activation": "relu"})
    assert network.count_params() == parameters
    assert sum(weights.shape.num_elements() for weights in network.trainable_weights) == trainable


#: Networks of every make.
MAKES = {
    "plain": {"hidden": [10, 8, 5]},
    "one unit": {"hidden": [1]},
    "alike": {"hidden": {"units": 4, "layers": 5}, "initializer": "he_normal"},
    "as it is": {"hidden": [4, 3], "normalize": False},
    "softmax": {"hidden": [4], "output": "softmax"},
    "leaky": {"hidden": [4, 3], "activation": {"leaky_relu": 0.1}},
    "all of it": {
        "hidden": [4, 3],
        "activation": {"relu": {"max_value": 6}},
        "batch_normalization": True,
        "dropout": 0.25,
        "initializer": "orthogonal",
        "output": "softmax",
    },
}


@pytest.mark.parametrize(("n_features", "n_classes"), [(1, 3), (10, 2)])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_what_is_known_of_the_layers_without_keras_is_what_keras_says_of_them(n_features, n_classes, make):
    model = Dense(**make)
    network = networks.build(n_features, model.settings_on(n_classes), n_classes)
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
    assert list(map(tuple, model.layer_facts(n_features, n_classes))) == told
    assert model.units(n_features, n_classes) == [units for _, units, _, _ in told]
    assert model.last_layer == len(told) - 1


def test_what_is_not_said_of_a_network_is_no_part_of_what_decides_it():
    said = Dense(hidden=[4, 3], batch_normalization=False, dropout=0, normalize=True, output="logit")
    assert said.settings_on(2) == {"hidden": [4, 3], "activation": "relu"}
    assert Dense(hidden={"units": 4, "layers": 2}).settings_on(2)["hidden"] == [4, 4]
    assert Dense(hidden=[4]).settings_on(3) == Dense(hidden=[4], output="softmax").settings_on(3)


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


@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_every_legal_activation_is_one_of_keras_and_acts_on_the_hidden_layers_only(activation):
    import keras

    network = networks.build(2, {"hidden": [3], "activation": activation})
    assert network.layers[1].activation is keras.activations.get(activation)
    assert network.layers[2].activation is keras.activations.get("linear")


def test_an_activation_with_parameters_is_that_of_keras():
    import keras

    z = np.linspace(-9, 9, 7, dtype=np.float32)[:, None]
    expected = {
        "leaky_relu": (0.3, keras.activations.leaky_relu(z, 0.3)),
        "elu": (0.5, keras.activations.elu(z, 0.5)),
        "relu": ({"max_value": 6, "negative_slope": 0.1}, keras.activations.relu(z, 0.1, 6)),
    }
    for name, (parameters, values) in expected.items():
        model = {"hidden": [1], "activation": {name: parameters}, "normalize": False}
        weights = [np.ones((1, 1)), np.zeros(1), np.ones((1, 1)), np.zeros(1)]
        _, block, _ = networks.layer_outputs(model, weights, z).values()
        np.testing.assert_allclose(block, np.asarray(values), rtol=1e-6)


def test_a_block_is_dense_then_normalised_then_activated_and_drops_nothing_where_it_is_looked_at():
    model = {"hidden": [2], "batch_normalization": True, "dropout": 0.5, "normalize": False}
    rng = np.random.default_rng(0)
    shapes = [(3, 2), (2,), *[(2,)] * 4, (2, 1), (1,)]
    kernel, bias, gamma, beta, mean, variance, *_ = weights = [rng.uniform(0.5, 1, shape) for shape in shapes]
    X = rng.normal(size=(5, 3)).astype(np.float32)
    _, block, _ = networks.layer_outputs(model, weights, X).values()
    normalised = gamma * (X @ kernel + bias - mean) / np.sqrt(variance + 1e-3) + beta
    np.testing.assert_allclose(block, np.maximum(normalised, 0), rtol=1e-4, atol=1e-6)


def test_dropout_and_batch_normalisation_repeat_their_bits():
    model = Dense(**MAKES["all of it"]).settings_on(2)
    short = TRAINING | {"epochs": 1, "batch_size": 40}
    first, again = (networks.train(DATASET, model, short, 0).weights[1] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


THREE = Dataset(
    DATASET.X,
    np.arange(len(DATASET.y)) % 3,
    DATASET.train,
    DATASET.test,
    ("a", "b", "c"),
)


def test_three_classes_are_told_apart_by_the_cross_entropy_of_their_scores(tmp_path):
    # One step of plain descent on all rows, by finite differences of the loss in numpy.
    model, rate = Dense(hidden=[4]).settings_on(3), 0.125
    changes = {"epochs": 1, "batch_size": len(THREE.train), "optimizer": "sgd", "learning_rate": rate}
    trained = networks.train(THREE, model, TRAINING | changes, 0)
    X, y = THREE.X[THREE.train], THREE.y[THREE.train]

    def scores(weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        return layer_outputs(weights, X)[-1]

    def loss(shift: float) -> float:
        *others, bias = trained.weights[0]
        z = scores([*others, bias + np.array([shift, 0, 0])], X)
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    assert trained.weights[1][-1][0] == pytest.approx(-rate * slope, rel=1e-3)

    z = scores(trained.weights[1], THREE.X[THREE.test])
    told = trained.history.loc[1]
    assert told["test_accuracy"] == np.mean(z.argmax(axis=1) == THREE.y[THREE.test])
    assert np.isnan(told["test_accuracy_logit_above_half"])
    probabilities = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    *_, stored = networks.layer_outputs(model, trained.weights[1], THREE.X[THREE.test], 3).values()
    np.testing.assert_allclose(stored, probabilities, rtol=1e-4)

    import keras

    trained.save(tmp_path / "model.keras", tmp_path / "weights.h5", {})
    archive = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(archive(THREE.X[THREE.test]), probabilities, rtol=1e-4)


def test_the_learning_rate_falls_to_the_half_in_the_steps_that_are_said():
    schedule = {"start": 0.02, "halve_every": 4}
    optimizer = train(epochs=1, batch_size=40, learning_rate=schedule).network.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0.02 / 2**0.5)  # after the two steps of an epoch


def test_training_ends_at_the_goal_and_the_last_epoch_is_kept():
    goal = {"train_accuracy": 0.65}
    trained = train(epochs=60, batch_size=40, learning_rate=0.05, until=goal, keep=[1, 59])
    accuracy = trained.history["train_accuracy"]
    ends = int(trained.history["epoch"].iloc[-1])
    assert 0 < ends < 59
    assert accuracy.iloc[-1] >= 0.65
    assert (accuracy.iloc[1:-1] < 0.65).all()
    assert list(trained.weights) == sorted({0, 1, ends})


def test_of_a_long_training_some_epochs_have_a_row_and_few_leave_their_weights(monkeypatch):
    monkeypatch.setattr(length, "MOST_ROWS", 2)
    trained = train(epochs=5, batch_size=80, keep=[1])
    assert trained.history["epoch"].tolist() == [0, 1, 3, 5]
    assert list(trained.weights) == [0, 1, 5]


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_every_legal_optimizer_trains_with_the_learning_rate_given(optimizer):
    import keras

    trained = train(epochs=1, batch_size=40, optimizer=optimizer, learning_rate=0.125)
    assert type(trained.network.optimizer) is type(keras.optimizers.get(optimizer))
    assert float(trained.network.optimizer.learning_rate) == 0.125
    assert not np.array_equal(trained.weights[0][3], trained.weights[1][3])


def test_weights_are_kept_before_the_first_step_and_after_every_epoch(trained):
    assert list(trained.weights) == [0, 1, 2]
    for epoch in (0, 1):
        assert not np.array_equal(trained.weights[epoch][3], trained.weights[epoch + 1][3])


def test_epoch_0_is_as_keras_starts(trained):
    _, _, _, *dense = trained.weights[0]
    for kernel, bias in zip(dense[::2], dense[1::2], strict=True):
        assert np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape))  # Glorot's uniform law
        assert not bias.any()


def test_the_input_is_normalised_by_the_training_rows_in_every_epoch(trained):
    rows = DATASET.X[DATASET.train].astype(np.float64)
    for mean, variance, *_ in trained.weights.values():
        np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(variance, rows.var(axis=0), rtol=1e-5)


def test_the_network_ends_with_the_weights_of_the_last_epoch(trained):
    for kept, held in zip(last(trained), trained.network.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, held)


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


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_in_another_process(trained, tmp_path):
    script = (
        "import sys, numpy, test_networks\n"
        "weights = [w for epoch in test_networks.train().weights.values() for w in epoch]\n"
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
        here = [array for epoch in trained.weights.values() for array in epoch]
        assert len(stored.files) == len(here)
        for name, array in zip(stored.files, here, strict=True):
            np.testing.assert_array_equal(stored[name], array)


def test_the_same_seed_gives_the_same_weights_again_in_this_process(trained):
    again = train()
    for first, second in zip(last(trained), last(again), strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_seed_starts_and_ends_elsewhere(trained):
    other = train(seed=1)
    for epoch in (0, 2):
        assert not np.array_equal(other.weights[epoch][3], trained.weights[epoch][3])


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_history_tells_the_true_accuracy_and_loss_of_the_stored_weights(trained, history, split):
    rows = getattr(DATASET, split)
    y = DATASET.y[rows]
    assert history["epoch"].tolist() == [0, 1, 2]
    for epoch, weights in trained.weights.items():
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
    for epoch, weights in trained.weights.items():
        network = keras.models.clone_model(trained.network)
        network.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
        network.layers[0].adapt(DATASET.X[DATASET.train])
        network.set_weights(weights)
        _, accuracy = network.evaluate(DATASET.X[rows], DATASET.y[rows], verbose=0)
        assert history.loc[epoch, f"{split}_accuracy_logit_above_half"] == pytest.approx(accuracy, abs=1e-6)


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
    np.testing.assert_array_equal(networks.scores_of(archive, X), networks.scores_of(trained.network, X))


def test_the_last_epoch_goes_by_that_name(trained, stored):
    for expected, found in zip(
        trained.weights[2], networks.load_epoch(stored / "weights.h5", {"seed": 0}, "last"), strict=True
    ):
        np.testing.assert_array_equal(found, expected, strict=True)


def test_an_epoch_that_was_not_trained_is_refused(stored):
    with pytest.raises(ResultError, match="holds no array 'epoch3/0'"):
        networks.load_epoch(stored / "weights.h5", {"seed": 0}, 3)


def test_weights_of_other_settings_are_refused(stored):
    with pytest.raises(ResultError, match="seed was 0, should be 1"):
        networks.load_epoch(stored / "weights.h5", {"seed": 1}, 0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "linear"])
def test_every_layer_gives_what_numpy_computes(activation):
    model = {"hidden": [5, 4, 3], "activation": activation}
    weights = networks.train(DATASET, model, TRAINING | {"epochs": 1, "batch_size": 40}, 0).weights[1]
    outputs = networks.layer_outputs(model, weights, DATASET.X)
    assert [array.shape[1] for array in outputs.values()] == [3, 5, 4, 3, 1]
    for found, expected in zip(outputs.values(), layer_outputs(weights, DATASET.X, activation), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_column_that_does_not_vary_is_no_trouble():
    flat = Dataset(DATASET.X * np.float32([1, 1, 0]), DATASET.y, DATASET.train, DATASET.test)
    told = networks.train(flat, MODEL, TRAINING | {"epochs": 1}, 0).history
    assert np.isfinite(told["test_loss"]).all()


def test_a_column_that_varies_in_the_test_rows_only_does_not_explode():
    X = DATASET.X.copy()
    X[:, 2] = 0.1
    X[DATASET.test[0], 2] = 16
    data = Dataset(X, DATASET.y, DATASET.train, DATASET.test)
    weights = networks.train(data, MODEL, TRAINING | {"epochs": 1}, 0).weights[1]
    normalised = next(iter(networks.layer_outputs(MODEL, weights, X).values()))
    assert np.unique(normalised[DATASET.train, 2]).tolist() == [0]
    assert normalised[DATASET.test[0], 2] == pytest.approx(15.9)
