"""Saved Keras models that are trained here: by which loss, from which weights, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from layertopo.data.dataset import Dataset
from layertopo.errors import ConfigError, FileError
from layertopo.experiment.cells import Experiment, Run
from layertopo.experiment.parse import parse_config
from layertopo.facts import digest
from layertopo.plan import training_cost
from layertopo.training import retraining, saved_outputs
from layertopo.training.confusion import confusion_table
from layertopo.training.networks import prepare_tensorflow
from layertopo.training.stored import Judged

RNG = np.random.default_rng(0)
Y = np.arange(90) % 3
DATASET = Dataset(
    (RNG.normal(size=(90, 16)) + 2 * Y[:, None] * (np.arange(16) < 5)).astype(np.float32),
    Y,
    np.arange(60),
    np.arange(60, 90),
    ("a", "b", "c"),
)
TWO = Dataset(DATASET.X, (Y > 0).astype(np.int64), DATASET.train, DATASET.test, ("no", "yes"))
TRAINING = {"epochs": 3, "batch_size": 10, "optimizer": "adam", "learning_rate": 0.02}


@pytest.fixture(scope="module")
def keras() -> Any:
    prepare_tensorflow(0)
    import keras

    return keras


@pytest.fixture(scope="module")
def convolutional(keras, tmp_path_factory) -> Path:
    """A network of 4 x 4 images with layers of all sorts, whose seeds are fixed."""
    layers = keras.layers
    normalization = layers.Normalization(name="norm")
    normalization.adapt(DATASET.X.reshape(-1, 4, 4, 1))
    seeded = keras.initializers.GlorotUniform(seed=7)
    frozen = layers.Conv2D(2, 3, activation="relu", kernel_initializer=seeded, name="conv")
    frozen.trainable = False
    model = keras.Sequential(
        [
            *(keras.Input((4, 4, 1), name="images"), normalization, frozen),
            *(layers.BatchNormalization(name="batch"), layers.Flatten(name="flat")),
            layers.Dropout(0.3, seed=3, name="dropout"),
            layers.Dense(3, "softmax", kernel_initializer=seeded, name="out"),
        ]
    )
    path = tmp_path_factory.mktemp("models") / "conv.keras"
    model.save(path)
    return path


def settings(path: Path, weights: str = "keep") -> dict[str, Any]:
    return {"keras": digest(path), "weights": weights}


def train(path: Path, weights: str = "keep", seed: int = 0, dataset: Dataset = DATASET, **training: Any):
    return retraining.train(path, settings(path, weights), dataset, TRAINING | training, seed)


def test_a_network_learns_and_leaves_weights_and_a_history(keras, convolutional, tmp_path):
    trained = train(convolutional, epochs=30)
    assert list(trained.weights) == list(range(31))
    assert trained.history["epoch"].tolist() == list(range(31))
    first, last = trained.history.iloc[0], trained.history.iloc[-1]
    assert last["train_accuracy"] > max(0.7, first["train_accuracy"])
    trained.save(tmp_path / "model.keras", tmp_path / "weights.h5", {})
    model = keras.saving.load_model(tmp_path / "model.keras")
    outputs = model.predict(DATASET.X[DATASET.train].reshape(-1, 4, 4, 1), verbose=0)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)  # it has its softmax
    assert np.mean(outputs.argmax(axis=1) == DATASET.y[DATASET.train]) == last["train_accuracy"]


def test_layers_of_an_epoch_are_those_of_its_weights(convolutional, tmp_path):
    trained = train(convolutional)
    planned = {"epoch": 3}
    for epoch, name in ((3, "last.h5"), (0, "first.h5")):
        network = retraining.at_epoch(convolutional, settings(convolutional), trained.weights[epoch])
        saved_outputs.save_outputs(
            network, convolutional, DATASET, [0, 1, 2, 6], tmp_path / name, planned | {"epoch": epoch}
        )
    with h5py.File(tmp_path / "last.h5") as last, h5py.File(tmp_path / "first.h5") as first:
        np.testing.assert_allclose(last["train/1"][()].mean(), 0, atol=0.1)  # normalised as in the file
        np.testing.assert_array_equal(last["train/2"], first["train/2"])  # frozen
        assert not np.array_equal(last["train/6"], first["train/6"])
        right = np.mean(last["test/6"][()].argmax(axis=1) == last["test/y"][()])
    assert right == trained.history["test_accuracy"].iloc[-1]


def weights_of(trained: Any, epoch: int = 0) -> list[np.ndarray]:
    return trained.weights[epoch]


def test_kept_weights_are_those_of_the_file_and_the_same_for_all_seeds(keras, convolutional):
    given = keras.saving.load_model(convolutional).get_weights()
    for seed in (0, 1):
        for mine, own in zip(weights_of(train(convolutional, seed=seed)), given, strict=True):
            np.testing.assert_array_equal(mine, own)
    first, second = (weights_of(train(convolutional, seed=seed), 3)[-2] for seed in (0, 1))
    assert not np.array_equal(first, second)  # batches come in another order, and others drop out


@pytest.mark.slow
def test_fresh_weights_differ_by_seed_though_the_file_fixes_them(keras, convolutional):
    given = keras.saving.load_model(convolutional)
    names = [variable.path for variable in given.weights]
    first, again, other = (weights_of(train(convolutional, "fresh", seed=seed)) for seed in (0, 0, 1))
    for name, a, b, c, own in zip(names, first, again, other, given.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        if name.startswith(("norm/", "conv/")):  # no matter of this training
            np.testing.assert_array_equal(a, own)
            np.testing.assert_array_equal(a, c)
        elif name == "out/kernel":
            assert not np.array_equal(a, c)
            assert not np.array_equal(a, own)


def test_the_same_seed_gives_the_same_bits(convolutional):
    first, again = train(convolutional, "fresh"), train(convolutional, "fresh")
    assert first.history.equals(again.history)
    assert all(np.array_equal(a, b) for a, b in zip(first.weights[3], again.weights[3], strict=True))


def saved(keras: Any, folder: Path, *ends: Any, inputs: int = 16) -> Path:
    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(4, "relu"), *ends])
    model.save(folder / "net.keras")
    return folder / "net.keras"


def ends(keras: Any) -> dict[str, list[Any]]:
    layers = keras.layers
    return {
        "softmax": [layers.Dense(3, "softmax")],
        "softmax as a layer": [layers.Dense(3), layers.Softmax(name="last")],
        "softmax as an activation layer": [layers.Dense(3), layers.Activation("softmax")],
        "linear": [layers.Dense(3)],
        "sigmoid": [layers.Dense(1, "sigmoid")],
        "logit": [layers.Dense(1)],
    }


@pytest.mark.parametrize(
    "end",
    ["softmax", "softmax as a layer", "softmax as an activation layer", "linear", "sigmoid", "logit"],
)
def test_the_loss_follows_the_last_activation(keras, tmp_path, end):
    path = saved(keras, tmp_path, *ends(keras)[end])
    dataset = TWO if end in ("sigmoid", "logit") else DATASET
    trained = train(path, "keep", dataset=dataset)
    model = keras.saving.load_model(path)
    outputs = model.predict(dataset.X[dataset.train], verbose=0).astype(float)
    y = dataset.y[dataset.train]
    if end in ("logit", "linear"):
        losses = keras.losses
        loss = losses.BinaryCrossentropy if end == "logit" else losses.SparseCategoricalCrossentropy
        expected = float(loss(from_logits=True)(y.reshape(-1, *([1] if end == "logit" else [])), outputs))
    elif end == "sigmoid":
        expected = -np.mean(np.log(np.where(y == 1, outputs[:, 0], 1 - outputs[:, 0])))
    else:
        expected = -np.mean(np.log(outputs[np.arange(len(y)), y]))
    assert trained.history["train_loss"].iloc[0] == pytest.approx(expected, rel=1e-4)
    assert trained.history["train_loss"].iloc[-1] < trained.history["train_loss"].iloc[0]
    assert trained.history["test_accuracy_logit_above_half"].notna().all() == (end == "logit")


def test_confusion_of_a_probability_is_by_half(keras, tmp_path):
    path = saved(keras, tmp_path, keras.layers.Dense(1, "sigmoid"))
    trained = train(path, dataset=TWO)
    network = retraining.at_epoch(path, settings(path), trained.weights[3])
    saved_outputs.save_outputs(network, path, TWO, [2], tmp_path / "a.h5", {"epoch": 3})
    key = {"dataset": "d", "model": "m", "seed": 0, "epoch": 3}
    stored = (str(tmp_path / "a.h5"), key, None)
    table = confusion_table([Judged(stored, 2, ("no", "yes"), 0.5)])  # type: ignore[arg-type]
    test = table[(table["split"] == "test")]
    right = test.loc[test["class"] == test["predicted"], "rows"].sum() / test["rows"].sum()
    assert right == trained.history["test_accuracy"].iloc[-1]


def test_a_model_that_changed_since_it_was_planned_is_refused(convolutional):
    planned = {"keras": "0" * 64, "weights": "keep"}
    with pytest.raises(FileError, match="changed during the run"):
        retraining.train(convolutional, planned, DATASET, TRAINING, 0)
    with pytest.raises(FileError, match="changed during the run"):
        retraining.at_epoch(convolutional, planned, [])


# In a configuration.


def config(path: Path, kind: str = "digits", **more: Any) -> dict[str, Any]:
    return {
        "datasets": {"d": {"kind": kind}},
        "models": {"net": {"keras": {"file": str(path), "train": True} | more}},
        "training": {"epochs": 10, "seeds": [0, 1]},
        "analysis": {"epochs": [0, 10], "splits": ["train"]},
        "clouds": {"all": {"sample": {"points": 50}}},
    }


@pytest.fixture(scope="module")
def of_digits(keras, tmp_path_factory) -> Path:
    return saved(
        keras, tmp_path_factory.mktemp("digits"), keras.layers.Dense(10, "softmax", name="out"), inputs=64
    )


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    return str(caught.value)


def test_it_is_trained_for_every_seed_and_its_content_decides(of_digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = parse_config(config(of_digits))
    assert experiment.runs() == [Run("d", "net", 0), Run("d", "net", 1)]
    assert experiment.layers("net") == [0, 1, 2]  # the default does not fit what comes from outside
    decided = experiment.training_settings(experiment.runs()[0])
    assert decided["model"] == {"keras": digest(of_digits), "weights": "keep"}
    assert str(of_digits) not in str(decided)
    one = config(of_digits)
    one["models"]["net"]["layers"] = [1]
    stored = parse_config(one).activation_settings(Run("d", "net", 0), 10)
    assert stored["layers"] == [1, 2]  # by the last one it is known which classes are taken for which
    shown = experiment.config.model_dump()
    assert parse_config(shown).config.model_dump() == shown


@pytest.mark.slow
def test_time_and_memory_of_its_training_grow_with_the_model_and_the_rows(keras, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = keras.layers
    costs = []
    for filters in (4, 64):
        model = keras.Sequential(
            [
                *(keras.Input((8, 8, 1)), layers.Conv2D(filters, 3), layers.Conv2D(filters, 3)),
                *(layers.Flatten(), layers.Dense(10)),
            ]
        )
        model.save(tmp_path / f"{filters}.keras")
        costs.append(training_cost(parse_config(config(tmp_path / f"{filters}.keras")), "d", "net"))
    small, large = costs
    # A convolution has its weights at every place: 9 * 64 * 64 * 16 products a row, for 1,203 rows and 10 epochs.
    assert large.seconds - small.seconds > 1203 * 10 * 9 * 64 * 64 * 16 * 5e-10
    assert large.megabytes > small.megabytes


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"weights": "new"}, "models.net.keras.weights: got 'new', must be 'keep' or 'fresh'"),
        (
            {"weihgts": "keep"},
            "models.net.keras.weihgts: unknown key; legal keys here are file, train, weights",
        ),
        ({"train": "yes"}, "models.net.keras.train: got 'yes', must be True"),
        ({"train": False, "weights": "fresh"}, "models.net.keras.train: got False, must be True"),
        ({"file": "nett.keras"}, "models.net: nett.keras: no such file"),
        ({"file": "."}, "is a folder; one model is trained here: name its file"),
    ],
)
def test_what_is_no_legal_value_is_refused(of_digits, more, message):
    assert message in refused(config(of_digits, **more))


def test_a_model_as_it_is_may_say_so(of_digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = config(of_digits, train=False)
    raw["analysis"] = {"splits": ["train"]}
    experiment = parse_config(raw)
    assert experiment.runs() == [Run("d", "net", 0)]
    assert experiment.epochs("net") == [0]


@pytest.mark.parametrize("beside", [{"train": True, "weights": "fresh"}, {"train": True}, {"train": False}])
@pytest.mark.slow
def test_how_it_is_trained_may_stand_beside_the_file(of_digits, tmp_path, monkeypatch, beside):
    monkeypatch.chdir(tmp_path)
    raw = config(of_digits, **beside)
    raw["analysis"] = {"splits": ["train"], "epochs": [0]}
    inside = parse_config(raw)
    raw["models"]["net"] = {"keras": str(of_digits), **beside}
    assert parse_config(raw).config == inside.config
    raw["models"]["net"] = {"keras": str(of_digits), "train": True, "weights": "new"}
    assert "models.net.keras: got 'new', must be 'keep' or 'fresh'" in refused(raw)


def test_other_numbers_of_classes_and_features_are_refused(of_digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = refused(config(of_digits, "moons"))
    assert "models.net: on data set 'd': tells 10 classes apart, and there are 2" in message
    raw = config(of_digits)
    raw["datasets"]["d"] = {"kind": "nested_spheres"}
    raw["models"]["net"]["datasets"] = ["d"]
    assert "tells 10 classes apart" in refused(raw)


@pytest.mark.slow
def test_ends_whose_loss_is_not_known_are_refused(keras, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = keras.layers
    for end, named in (
        ([layers.Dense(10, "relu")], "ends in relu of shape (10,)"),
        ([layers.Dense(10, "sigmoid")], "ends in sigmoid of shape (10,)"),
        ([layers.Dense(1, "softmax")], "ends in softmax of shape (1,)"),
        ([layers.Dense(10), layers.Reshape((2, 5))], "ends in another operation"),
        ([keras.Sequential([keras.Input((4,)), layers.Dense(10)])], "ends in another operation"),
    ):
        assert named in refused(config(saved(keras, tmp_path, *end, inputs=64)))
    model = keras.Sequential([keras.Input((64,)), layers.Dense(10)])
    model.trainable = False
    model.save(tmp_path / "frozen.keras")
    assert "has no weight that training changes" in refused(config(tmp_path / "frozen.keras"))


def test_a_branched_network_is_trained(keras, tmp_path):
    start = keras.Input((16,), name="x")
    a = keras.layers.Dense(4, "relu", name="a")(start)
    b = keras.layers.Dense(4, "tanh", name="b")(start)
    out = keras.layers.Dense(3, "softmax", name="out")(keras.layers.Add(name="sum")([a * 2.0, b]))
    path = tmp_path / "branched.keras"
    keras.Model(start, out).save(path)
    trained = train(path, epochs=20)
    assert trained.history["train_accuracy"].iloc[-1] > 0.6
    network = retraining.at_epoch(path, settings(path), trained.weights[20])
    right = np.argmax(network.predict(DATASET.X[DATASET.test], verbose=0), axis=1) == DATASET.y[DATASET.test]
    assert np.mean(right) == trained.history["test_accuracy"].iloc[-1]


def test_the_rules_know_the_run_without_reading_the_model_again(of_digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parse_config(config(of_digits))
    monkeypatch.setattr("layertopo.training.saved.subprocess.run", None)
    again: Experiment = parse_config(config(of_digits))
    assert again.network("d", "net")[-1].units == 10
