"""Saved Keras models: their layers, their checkpoints, and what their layers give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from layertopo.data.dataset import Dataset
from layertopo.errors import FileError
from layertopo.facts import digest
from layertopo.training import saved_outputs
from layertopo.training.networks import prepare_tensorflow
from layertopo.training.saved import Saved

RNG = np.random.default_rng(0)
DATASET = Dataset(
    RNG.normal(size=(30, 16)).astype(np.float32), np.arange(30) % 3, np.arange(20), np.arange(20, 30)
)


@pytest.fixture(scope="module")
def keras() -> Any:
    prepare_tensorflow(0)
    import keras

    return keras


@pytest.fixture(scope="module")
def convolutional(keras, tmp_path_factory) -> Path:
    """A convolutional model of 4 x 4 images, trained a little."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1), name="images"),
            layers.Conv2D(2, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(3, "softmax", name="out"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(DATASET.X.reshape(-1, 4, 4, 1), DATASET.y, verbose=0)
    path = tmp_path_factory.mktemp("models") / "conv net.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def branched(keras, tmp_path_factory) -> Path:
    """A functional model with a shared layer, a nested one, one of several outputs, and an operation between."""
    layers = keras.layers
    start = keras.Input((4,), name="x")
    first = layers.Dense(3, name="first")(start)
    nested = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="inside")], name="nested")
    shared = layers.Dense(3, name="shared")
    sequence, state = layers.SimpleRNN(2, return_state=True, name="several")(
        layers.Reshape((1, 3), name="r")(first)
    )
    joined = layers.Concatenate(name="joined")([shared(shared(first)) * 2.0, nested(first), sequence, state])
    path = tmp_path_factory.mktemp("models") / "branched.keras"
    keras.Model(start, layers.Dense(1, name="out")(joined)).save(path)
    return path


def test_the_layers_of_a_model_are_those_with_one_output_there(convolutional, branched):
    described = saved_outputs.describe(convolutional)
    assert [
        (each["name"], each["shape"], each["parameters"], each["trainable"]) for each in described["layers"]
    ] == [
        ("images", [4, 4, 1], 0, 0),
        ("conv", [2, 2, 2], 20, 20),
        ("norm", [2, 2, 2], 8, 4),
        ("flat", [8], 0, 0),
        ("dropout", [8], 0, 0),
        ("out", [3], 27, 27),
    ]
    described = saved_outputs.describe(branched)
    assert {each["name"] for each in described["layers"]} == {"x", "first", "nested", "r", "joined", "out"}
    assert described["left_out"] == {
        "shared": "it is used 2 times, and which output is meant cannot be told",
        "several": "it gives 2 outputs",
    }


def test_layers_give_what_keras_says(keras, convolutional, tmp_path):
    planned = {"keras": [digest(convolutional)], "epoch": 0}
    saved_outputs.save(convolutional, DATASET, [0, 1, 4, 5], tmp_path / "a.h5", planned)
    model = keras.saving.load_model(convolutional)
    expected = model.predict(DATASET.X.reshape(-1, 4, 4, 1), verbose=0)
    with h5py.File(tmp_path / "a.h5") as file:
        assert sorted(file["train"]) == ["0", "1", "4", "5", "y"]
        assert [file[f"train/{k}"].attrs["name"] for k in (0, 1, 4, 5)] == [
            "images",
            "conv",
            "dropout",
            "out",
        ]
        np.testing.assert_array_equal(file["train/0"], DATASET.X[:20])
        np.testing.assert_array_equal(file["test/y"], DATASET.y[20:])
        np.testing.assert_allclose(file["train/5"], expected[:20], atol=1e-6)
        np.testing.assert_allclose(file["test/5"], expected[20:], atol=1e-6)
        assert file["train/1"].shape == (20, 8)


def test_the_same_model_gives_the_same_bytes(convolutional, tmp_path):
    planned = {"keras": [digest(convolutional)], "epoch": 0}
    for name in ("a.h5", "b.h5"):
        saved_outputs.save(convolutional, DATASET, [1, 5], tmp_path / name, planned)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_model_that_changed_since_it_was_planned_is_refused_and_leaves_nothing(convolutional, tmp_path):
    with pytest.raises(FileError, match="changed during the run"):
        saved_outputs.save(convolutional, DATASET, [5], tmp_path / "a.h5", {"keras": ["0" * 64], "epoch": 0})
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_gives_nan_is_named(keras, tmp_path):
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(2, name="wild")])
    model.set_weights([np.full((16, 2), np.nan), np.zeros(2)])
    path = tmp_path / "nan.keras"
    model.save(path)
    planned = {"keras": [digest(path)], "epoch": 0}
    with pytest.raises(FileError, match="layer 'wild' gives NaN or infinity for train row 0"):
        saved_outputs.save(path, DATASET, [1], tmp_path / "a.h5", planned)


def test_two_inputs_no_fixed_shape_and_a_model_that_was_not_built_are_refused(keras, tmp_path):
    layers, path = keras.layers, tmp_path / "a.keras"
    a, b = keras.Input((2,)), keras.Input((3,))
    keras.Model([a, b], layers.Concatenate()([a, b])).save(path)
    with pytest.raises(FileError, match="has 2 inputs and 1 outputs"):
        saved_outputs.describe(path)
    any_size = keras.Input((None, 3))
    keras.Model(any_size, layers.GlobalAveragePooling1D()(any_size)).save(path)
    with pytest.raises(FileError, match=r"its input has no fixed shape, but \(None, 3\)"):
        saved_outputs.describe(path)
    with pytest.warns(UserWarning, match="not yet been built"):
        keras.Sequential([layers.Dense(3)]).save(path)
    with pytest.raises(FileError, match="was saved before it was built"):
        saved_outputs.describe(path)


def test_the_description_is_made_in_another_process_and_once(convolutional, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = Saved(keras=str(convolutional))
    network.look()
    assert network.layer_names == ["images", "conv", "norm", "flat", "dropout", "out"]
    assert network.units(16) == [16, 8, 8, 8, 8, 3]
    assert list(network.seeds([3, 4])) == [0]
    assert list(network.all_epochs(25)) == [0]
    monkeypatch.setattr("layertopo.training.saved.subprocess.run", None)
    Saved(keras=str(convolutional)).look()


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("names", "given", "epochs"),
    [
        (("m-01.keras", "m-10.keras", "m-2.keras", "notes.txt"), "", [1, 2, 10]),
        (("m1.keras", "m2-0.50.keras", "other3.keras"), "m{epoch}.keras", [1]),
        (("c.01-0.53.keras", "c.12-0.40.keras"), "c.{epoch:02d}-{val_loss:.2f}.keras", [1, 12]),
        (("net-2024-epoch03.keras", "net-2024-epoch10.keras"), "", [3, 10]),
        (("epoch03-2024.keras", "epoch_12-2025.keras"), "", [3, 12]),
        (("net-2024-03.keras", "net-2024-10.keras"), "", [3, 10]),
        (("03_v2.keras", "10_v2.keras"), "", [3, 10]),
        (("net7.keras",), "", [7]),
    ],
)
def test_checkpoints_are_the_epochs(tmp_path, names, given, epochs):
    network = Saved(keras=str(touch(tmp_path, *names) / given))
    assert list(network.checkpoints) == epochs


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ((), "", r"there is no \.keras file in it"),
        (("best.keras",), "", "which epoch it is of cannot be told"),
        (("a1.keras", "b1.keras"), "", "which epoch it is of cannot be told"),
        (("c.01-0.53.keras", "c.12-0.40.keras"), "", "which epoch it is of cannot be told"),
        (("a1.keras", "a2-3.keras"), "", "which epoch it is of cannot be told"),
        (("net-2024-03.keras",), "", "which epoch it is of cannot be told"),
        (("net-2024-epoch03.keras", "net-2025-epoch03.keras"), "", "which epoch it is of cannot be told"),
        (("a1-x.keras", "a1-y.keras"), "a{epoch}-{loss}.keras", "is a second file of epoch 1"),
        (("a.keras",), "m{epoch}.keras", "no file fits the pattern"),
        ((), "nett.keras", "no such file"),
    ],
)
def test_checkpoints_that_cannot_be_told_apart_are_refused(tmp_path, names, given, message):
    with pytest.raises(FileError, match=message):
        _ = Saved(keras=str(touch(tmp_path, *names) / given)).checkpoints
