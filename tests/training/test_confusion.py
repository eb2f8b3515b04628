"""The table of which classes are taken for which."""

from __future__ import annotations

import numpy as np
import pytest

from layertopo import tables
from layertopo.errors import ResultError
from layertopo.storage import Stored, Table
from layertopo.training import activations, confusion
from layertopo.training.stored import Judged

KEY = {"dataset": "d", "model": "m", "seed": 0, "epoch": 5}
Y = {"train": np.array([0, 0, 1, 2]), "test": np.array([2, 2])}


def judged(folder, outputs, classes) -> Judged:
    layers = {
        split: {"layer0_input": np.zeros((len(y), 1)), "layer1": outputs[split]} for split, y in Y.items()
    }
    activations.save(layers, Y, folder / "epoch5.h5", {"epoch": 5})
    return Judged(Stored(str(folder / "epoch5.h5"), KEY, {"epoch": 5}), 1, classes)


PROBABILITIES = {
    "train": np.eye(3, dtype=np.float32)[[0, 1, 1, 2]],
    "test": np.eye(3, dtype=np.float32)[[2, 0]],
}


def test_every_pair_of_classes_has_its_rows(tmp_path):
    table = confusion.confusion_table([judged(tmp_path, PROBABILITIES, ["no", "10", "ä"])])
    tables.write_csv(table, tmp_path / "confusion.csv")
    read = tables.read(Table(str(tmp_path / "confusion.csv"), 18))
    held = read[read["rows"] > 0].set_index(["split", "class", "predicted"])["rows"].to_dict()
    assert held == {
        ("train", "no", "no"): 1,
        ("train", "no", "10"): 1,
        ("train", "10", "10"): 1,
        ("train", "ä", "ä"): 1,
        ("test", "ä", "ä"): 1,
        ("test", "ä", "no"): 1,
    }
    assert (read["epoch"] == 5).all()


def test_a_logit_says_class_1_where_it_is_positive(tmp_path, monkeypatch):
    monkeypatch.setitem(Y, "train", np.array([0, 0, 1, 1]))
    monkeypatch.setitem(Y, "test", np.array([1, 1]))
    logits = {"train": np.array([[-1.0], [0], [2], [-3]]), "test": np.array([[1.0], [1]])}
    table = confusion.confusion_table([judged(tmp_path, logits, ["0", "1"])])
    assert table["rows"].tolist() == [2, 0, 1, 1, 0, 0, 0, 2]


def test_no_network_gives_no_rows_and_another_file_is_refused(tmp_path):
    assert list(confusion.confusion_table([])) == confusion.COLUMNS
    one = judged(tmp_path, PROBABILITIES, ["0", "1", "2"])
    other = one._replace(activations=one.activations._replace(provenance={"epoch": 6}))
    with pytest.raises(ResultError, match="epoch was 5, should be 6"):
        confusion.confusion_table([other])
