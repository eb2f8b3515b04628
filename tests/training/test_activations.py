"""Stored activations: layout, order of the rows, and what is refused."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from layertopo.errors import ResultError
from layertopo.training import activations

SETTINGS = {"epoch": 3}
RNG = np.random.default_rng(0)
OUTPUTS = {
    split: {
        name: RNG.normal(size=(n, units)).astype(np.float32)
        for name, units in (("layer0_normalization", 3), ("layer1_dense", 4), ("layer2_logit", 1))
    }
    for split, n in (("train", 500), ("test", 200))
}
CLASSES = {"train": np.arange(500) % 2, "test": np.arange(200) % 2}


@pytest.fixture
def path(tmp_path):
    activations.save(OUTPUTS, CLASSES, tmp_path / "epoch3.h5", SETTINGS)
    return tmp_path / "epoch3.h5"


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("layer", "name"), list(enumerate(OUTPUTS["train"])))
def test_a_layer_lies_under_its_split_and_number_with_its_name(path, split, layer, name):
    with h5py.File(path) as file:
        array = file[split][str(layer)]
        assert array.attrs["name"] == name
        np.testing.assert_array_equal(array[()], OUTPUTS[split][name], strict=True)


@pytest.mark.parametrize("split", ["train", "test"])
def test_classes_stand_beside_the_layers(path, split):
    with h5py.File(path) as file:
        assert set(file[split]) == {"0", "1", "2", "y"}
        np.testing.assert_array_equal(file[split]["y"][()], CLASSES[split])


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_layer_reads_back_the_same(path, split):
    read = activations.load_layer(path, SETTINGS, 1, split)
    np.testing.assert_array_equal(read, OUTPUTS[split]["layer1_dense"], strict=True)


def test_full_is_train_then_test(path):
    read = activations.load_layer(path, SETTINGS, 2, "full")
    np.testing.assert_array_equal(read[:500], OUTPUTS["train"]["layer2_logit"])
    np.testing.assert_array_equal(read[500:], OUTPUTS["test"]["layer2_logit"])


@pytest.mark.parametrize("split", ["train", "test", "full"])
def test_a_layer_that_is_not_there_is_named(path, split):
    with pytest.raises(ResultError, match=r"epoch3\.h5: holds no array '(train|test)/7'"):
        activations.load_layer(path, SETTINGS, 7, split)


def test_activations_of_other_settings_are_refused(path):
    with pytest.raises(ResultError, match="epoch was 3, should be 4"):
        activations.load_layer(path, {"epoch": 4}, 1, "train")
