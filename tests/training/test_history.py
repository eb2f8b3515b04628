"""How training went: the table of all runs, and since when a network is dead."""

from __future__ import annotations

import pandas as pd
import pytest

from layertopo import tables
from layertopo.errors import ResultError
from layertopo.storage import Stored
from layertopo.training import history


def test_the_accuracy_table_has_one_row_per_run_and_epoch(tmp_path):
    for seed in (0, 1):
        table = pd.DataFrame({"epoch": [0, 1], "test_accuracy": [0.5, 0.6 + seed / 10]})
        tables.write_csv(table, tmp_path / f"{seed}.csv")
    stored = [
        Stored(str(tmp_path / f"{seed}.csv"), {"dataset": "d", "model": "m", "seed": seed}, {})
        for seed in (0, 1)
    ]
    rows = history.accuracy_table(stored, epochs=1)
    assert rows[["seed", "epoch", "test_accuracy"]].to_numpy().tolist() == [
        [0, 0, 0.5],
        [0, 1, 0.6],
        [1, 0, 0.5],
        [1, 1, 0.7],
    ]


@pytest.mark.parametrize("epochs", [[0], [0, 1, 2], [0, 2]])
def test_a_history_of_another_training_is_refused(tmp_path, epochs):
    tables.write_csv(pd.DataFrame({"epoch": epochs}), tmp_path / "history.csv")
    with pytest.raises(ResultError, match=r"history\.csv: not a table of this workflow .* missing"):
        history.read(tmp_path / "history.csv", epochs=1)


@pytest.mark.parametrize(
    ("dead", "since"),
    [
        ([False, False, False], None),
        ([False, True, True], 1),
        ([True, True, True], 0),
        ([True, False, True], 2),  # it came back to life
        ([False, True, False], None),
    ],
)
def test_a_network_is_dead_since_its_last_live_epoch(dead, since):
    told = pd.DataFrame({"epoch": range(3), "dead": dead})
    assert history.dead_since(told, 2) == since
    assert history.dead_since(told[::-1], 2) == since


@pytest.mark.parametrize(("epoch", "since"), [(0, None), (1, 1), (2, 1), (3, None)])
def test_what_comes_after_the_last_analysed_epoch_says_nothing_of_a_network(epoch, since):
    told = pd.DataFrame({"epoch": range(4), "dead": [False, True, True, False]})
    assert history.dead_since(told, epoch) == since
