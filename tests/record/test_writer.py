"""The writer of recordings: what it keeps, and what it does not take."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from layertopo.record import Recorder
from layertopo.record.layout import blocks_of_layer, open_epoch, read_recording
from layertopo.record.writer import name_of_input

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3)).astype(np.float32)
IMAGES = RNG.normal(size=(6, 2, 2)).astype(np.float32)
LABELS = ["no", "yes", "no", "yes", "no", "Ä b"]


def record(folder: Path, epochs: tuple[int, ...] = (0, 5)) -> None:
    with Recorder(folder, train=LABELS[:4], test=LABELS[4:]) as recorder:
        for epoch in epochs:
            recorder.write(
                epoch,
                {"input": X[:4] + epoch, "conv": IMAGES[:4]},
                {"input": X[4:] + epoch, "conv": IMAGES[4:]},
            )


def layer(folder: Path, epoch: int, split: str, number: int) -> np.ndarray:
    recording = read_recording(folder)
    with open_epoch(recording, epoch) as file:
        return np.concatenate(list(blocks_of_layer(file, recording, split, number)))


def test_what_was_recorded_is_read_again_in_order_and_flat(tmp_path):
    record(tmp_path)
    recording = read_recording(tmp_path)
    assert recording.classes == ("no", "yes", "Ä b")
    assert list(recording.layers.items()) == [("input", 3), ("conv", 4)]
    assert recording.rows == {"train": 4, "test": 2}
    assert list(recording.epochs) == [0, 5]
    np.testing.assert_array_equal(layer(tmp_path, 5, "train", 0), X[:4] + 5)
    np.testing.assert_array_equal(layer(tmp_path, 5, "test", 1), IMAGES[4:].reshape(2, 4))


def test_an_epoch_has_the_layout_of_the_activations(tmp_path):
    record(tmp_path)
    with h5py.File(tmp_path / "epoch5.h5") as file:
        assert sorted(file["train"]) == ["0", "1", "y"]
        assert file["train/1"].attrs["name"] == "conv"
        assert file["train/1"].dtype == np.float32
        assert file["test/y"][()].tolist() == [0, 2]


def test_batches_give_the_same_as_all_rows_at_once(tmp_path):
    record(tmp_path / "whole")
    with Recorder(tmp_path / "parts", train=LABELS[:4], test=LABELS[4:]) as recorder:
        for epoch in (0, 5):
            with recorder.epoch(epoch) as writer:
                for split, rows in (("train", [(0, 3), (3, 4)]), ("test", [(4, 6)])):
                    for a, b in rows:
                        writer.add(split, {"input": X[a:b] + epoch, "conv": IMAGES[a:b]})
    assert (tmp_path / "parts/epoch5.h5").read_bytes() == (tmp_path / "whole/epoch5.h5").read_bytes()


def test_numbers_of_classes_may_have_names(tmp_path):
    with Recorder(tmp_path, train=[1, 0, 1], classes=["cat", "dog"]) as recorder:
        recorder.write(0, {"a": X[:3]})
    assert read_recording(tmp_path).classes == ("cat", "dog")


def test_equal_labels_are_none(tmp_path):
    with Recorder(tmp_path, train=np.zeros(3)) as recorder:
        recorder.write(0, {"a": X[:3]})
    assert read_recording(tmp_path).classes == ()
    assert read_recording(tmp_path).rows["test"] == 0


def test_a_value_that_is_no_number_stops_no_training_and_is_told(tmp_path):
    with Recorder(tmp_path, train=[0, 1, 0]) as recorder:
        recorder.write(0, {"a": X[:3], "b": np.array([0.0, 1.0, np.nan])})
    assert read_recording(tmp_path).epochs[0].not_finite == {"b": "train row 2"}


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"input": X[:3]}, "layer 'input', train: 3 rows for 4 labels"),
        ({"input": X[:5]}, "layer 'input', train: 5 rows for 4 labels"),
        ({"other": X[:4]}, "layers other: before, they were input"),
        ({"input": X[:4, :2]}, "layer 'input': gives 2 units, and 3 before"),
        ({}, "layer 'input', train: 0 rows for 4 labels"),
        ({"input": X[:4] * 1j}, "layer 'input': is of type complex[0-9]+, must be real numbers"),
        ({"input": X[:4].astype(str)}, "layer 'input': is of type <U[0-9]+, must be real numbers"),
    ],
)
def test_an_epoch_that_does_not_fit_is_refused_and_leaves_nothing(tmp_path, train, message):
    recorder = Recorder(tmp_path, train=[0, 1, 0, 1])
    recorder.write(0, {"input": X[:4]})
    with pytest.raises(ValueError, match=message):
        recorder.write(1, train)
    recorder.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch0.h5", "index.json"]
    assert list(read_recording(tmp_path).epochs) == [0]


def test_an_epoch_is_recorded_once(tmp_path):
    recorder = Recorder(tmp_path, train=[0, 1])
    recorder.write(3, {"input": X[:2]})
    with pytest.raises(ValueError, match="epoch 3 is recorded already"):
        recorder.write(3, {"input": X[:2]})


@pytest.mark.parametrize("labels", [[], [[0, 1]], [0.0, np.nan], ["a", None], ["a", ""]])
def test_labels_that_are_none_are_refused(tmp_path, labels):
    with pytest.raises(ValueError, match="labels"):
        Recorder(tmp_path, train=labels)


def test_a_recording_is_not_overwritten_unasked(tmp_path):
    record(tmp_path)
    with pytest.raises(FileExistsError, match="holds a recording"):
        Recorder(tmp_path, train=[0])
    Recorder(tmp_path, train=[0], overwrite=True)
    assert json.loads((tmp_path / "index.json").read_text())["complete"] is False


def fail(folder: Path) -> None:
    with Recorder(folder, train=[0, 1]) as recorder:
        recorder.write(0, {"input": X[:2]})
        raise KeyboardInterrupt


def test_an_error_leaves_the_recording_unfinished(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path)
    assert json.loads((tmp_path / "index.json").read_text())["complete"] is False


def test_names_of_classes_that_are_there_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match="classes: a name is there twice: a, a"):
        Recorder(tmp_path, train=[0, 1], classes=["a", "a"])


def test_layer_0_has_a_name_of_its_own():
    assert name_of_input(["dense"]) == "input"
    assert name_of_input(["input", "dense"]) == "input_0"
