"""Recordings that cannot be trusted: what is refused, and that nothing outside of them is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from layertopo.errors import FileError
from layertopo.record import Recorder
from layertopo.record.layout import blocks_of_layer, classes_of_rows, open_epoch, read_recording, sha256_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    with Recorder(tmp_path / "run", train=[0, 1] * 500, test=[0, 1]) as recorder:
        for epoch in (0, 1):
            recorder.write(
                epoch,
                {"input": rng.normal(size=(1000, 3)), "out": rng.normal(size=(1000, 2))},
                {"input": np.ones((2, 3)), "out": np.ones((2, 2))},
            )
    return tmp_path / "run"


def change_index(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    index = json.loads((folder / "index.json").read_text())
    change(index)
    (folder / "index.json").write_text(json.dumps(index))


def change_epoch(folder: Path, change: Callable[[h5py.File], object]) -> None:
    """Change the file of epoch 0 and say so in the index, as somebody would who means harm."""
    path = folder / "epoch0.h5"
    with h5py.File(path, "a") as file:
        change(file)
    entry = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    change_index(folder, lambda index: index["epochs"][0].update(entry))


def read(folder: Path) -> None:
    recording = read_recording(folder)
    with open_epoch(recording, 0) as file:
        for split in ("train", "test"):
            classes_of_rows(file, recording, split)
            for layer in range(len(recording.layers)):
                list(blocks_of_layer(file, recording, split, layer))


def refused(folder: Path) -> str:
    with pytest.raises(FileError) as caught:
        read(folder)
    return str(caught.value)


def test_a_whole_recording_is_read(folder):
    read(folder)


def test_a_folder_that_is_no_recording_is_refused(tmp_path):
    assert "no such folder" in refused(tmp_path / "none")
    assert "there is no index.json in it" in refused(tmp_path)


def test_an_unfinished_recording_is_refused_with_its_last_epoch(folder):
    change_index(folder, lambda index: index.update(complete=False))
    assert "the recording is not finished (last epoch: 1)" in refused(folder)


def test_a_file_that_is_cut_off_is_refused_before_it_is_opened(folder):
    path = folder / "epoch0.h5"
    path.write_bytes(path.read_bytes()[:5000])
    assert "epoch0.h5: has 5,000 bytes and was written with" in refused(folder)


def test_a_damaged_file_is_refused(folder):
    path = folder / "epoch0.h5"
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 255
    path.write_bytes(held)
    assert "is not what was recorded (its digest differs)" in refused(folder)


def test_a_missing_epoch_is_refused(folder):
    (folder / "epoch1.h5").unlink()
    assert "epoch1.h5: no such file, but the recording names it" in refused(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index: index.update(version=2), "is of version 2"),
        (lambda index: index.pop("rows"), "not the index of a recording (KeyError: 'rows')"),
        (lambda index: index["layers"].clear(), "names no layer"),
        (lambda index: index["layers"].append(index["layers"][0]), "or a layer twice"),
        (lambda index: index["layers"][0].update(units=-1), "not the index"),
        (lambda index: index["layers"][0].update(units=10**15), "and must be of (1000, 1000000000000000)"),
        (lambda index: index["rows"].update(train=10**15), "and must be of"),
        (lambda index: index["epochs"][0].update(file="../secret.h5"), "is not in the folder"),
        (lambda index: index["classes"].pop(), "numbers of classes that the index does not name"),
        (
            lambda index: index["layers"][1].update(name="in"),
            "layer 1 is called 'out', and 'in' in the index",
        ),
    ],
)
def test_an_index_that_does_not_fit_is_refused(folder, change, message):
    change_index(folder, change)
    assert message in refused(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}'])
def test_an_index_that_is_none_is_refused(folder, text):
    (folder / "index.json").write_text(text)
    assert "index.json" in refused(folder)


def replace(make: Callable[[h5py.File], object]) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file["train/0"]
        make(file)

    return change


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((1000, 3), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (1000, 3))
    file.create_virtual_dataset("train/0", layout)


def hollow(file: h5py.File) -> None:
    file.create_dataset("train/0", (1000, 3), np.float32, chunks=(10, 3))


def outside(file: h5py.File) -> None:
    file.create_dataset("train/0", (1000, 3), np.float32, external=[("/etc/passwd", 0, 12000)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda file: file.__setitem__("train/0", h5py.ExternalLink("/etc/x.h5", "x")),
            "is a link to another place",
        ),
        (lambda file: file.__setitem__("train/0", h5py.SoftLink("/train/1")), "is a link to another place"),
        (lambda file: None, "is not there"),
        (lambda file: file.create_group("train/0"), "is no array"),
        (virtual, "outside of the file"),
        (outside, "outside of the file"),
        (hollow, "declares 12,000 bytes, and the file does not hold so many"),
        (
            lambda file: file.create_dataset("train/0", data=np.ones((999, 3), "f4")),
            "of shape (999, 3), and must be",
        ),
        (lambda file: file.create_dataset("train/0", data=np.ones((1000, 3))), "is float64"),
        (
            lambda file: file.create_dataset("train/0", data=np.full((1000, 3), np.nan, "f4")),
            "is called None",
        ),
    ],
)
def test_what_a_layer_must_not_be(folder, make, message):
    change_epoch(folder, replace(make))
    assert message in refused(folder)


def test_a_value_that_is_no_number_is_refused_with_its_place(folder):
    def change(file: h5py.File) -> None:
        file["train/1"][7, 1] = np.inf

    change_epoch(folder, change)
    assert "layer 'out', train row 7: holds NaN or infinity" in refused(folder)
