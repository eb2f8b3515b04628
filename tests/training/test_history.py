"""How training went: the table of all runs, and since when a network is dead."""

from __future__ import annotations

import pandas as pd
import pytest

from layertopo import tables
from layertopo.errors import ResultError
from layertopo.training import history
from layertopo.training.stored import History


def of_seed(seed: int, epochs: list[int], path: str | None = None) -> History:
    return History({"dataset": "d", "model": "m", "seed": seed}, epochs, path)


def test_the_accuracy_table_has_one_row_per_run_and_epoch(tmp_path):
    for seed in (0, 1):
        table = pd.DataFrame({"epoch": [0, 1], "test_accuracy": [0.5, 0.6 + seed / 10]})
        tables.write_csv(table, tmp_path / f"{seed}.csv")
    rows = history.accuracy_table([of_seed(seed, [0, 1], str(tmp_path / f"{seed}.csv")) for seed in (0, 1)])
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
        history.read(of_seed(0, [0, 1], str(tmp_path / "history.csv")))


def test_of_a_run_without_a_history_there_are_empty_rows_and_it_counts_as_live(tmp_path):
    known = pd.DataFrame({"epoch": [0, 1], "test_accuracy": [0.5, 0.6], "dead": [False, True]})
    tables.write_csv(known, tmp_path / "0.csv")
    table = history.accuracy_table([of_seed(0, [0, 1], str(tmp_path / "0.csv")), of_seed(1, [7])])
    tables.write_csv(table, tmp_path / "accuracy.csv")
    assert (tmp_path / "accuracy.csv").read_text().splitlines()[1:] == [
        *("d,m,0,0,0.5,False,,,", "d,m,0,1,0.6,True,,,", "d,m,1,7,,,,,"),
    ]
    read = tables.read_csv(tmp_path / "accuracy.csv")
    assert read["dead"].tolist() == [False, True, False]
    assert read["test_accuracy"].isna().tolist() == [False, False, True]


def test_without_any_history_the_table_has_its_columns():
    table = history.accuracy_table([of_seed(0, [0, 5])])
    assert table["test_accuracy"].isna().all()
    assert table["dead"].isna().all()


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


ENDS = {"epoch": [0, 1, 2], "train_accuracy": [0.5, 0.8, 0.95]}
KEY = {"dataset": "d", "model": "m", "seed": 0}


def stored(folder, goal: float | None, epochs: list[int], **columns: list) -> History:
    tables.write_csv(pd.DataFrame(columns), folder / "history.csv")
    return History(KEY, epochs, str(folder / "history.csv"), goal)


def test_a_training_may_end_at_its_goal_or_with_its_last_epoch(tmp_path):
    assert len(history.read(stored(tmp_path, 0.9, list(range(9)), **ENDS))) == 3
    assert len(history.read(stored(tmp_path, 0.99, [0, 1, 2], **ENDS))) == 3
    # Of a long training every fifth epoch has a row, and that in which it ends.
    thinned = {"epoch": [0, 5, 7], "train_accuracy": [0.5, 0.6, 0.95]}
    assert len(history.read(stored(tmp_path, 0.9, [0, 5, 10], **thinned))) == 3


@pytest.mark.parametrize(
    ("goal", "rows", "message"),
    [
        (0.99, [0, 1, 2], "ends before its goal and its last epoch"),
        (0.9, [0, 2], "1 are missing"),
        (0.9, [], "ends before its goal"),
    ],
)
def test_a_history_that_ends_where_no_training_ends_is_refused(tmp_path, goal, rows, message):
    columns = {name: [values[row] for row in rows] for name, values in ENDS.items()}
    with pytest.raises(ResultError, match=message):
        history.read(stored(tmp_path, goal, list(range(9)), **columns))


def test_the_last_epoch_has_a_number(tmp_path):
    ended = stored(tmp_path, 0.9, list(range(9)), **ENDS)
    table = pd.DataFrame([KEY | {"epoch": epoch, "x": 1} for epoch in (0, "last")])
    assert history.with_numbers(table, [ended])["epoch_number"].tolist() == [0, 2]
    assert "epoch_number" not in history.with_numbers(table[["x"]], [])


def test_a_network_is_dead_at_its_last_epoch_since_one_before():
    told = pd.DataFrame({"epoch": range(4), "dead": [False, False, True, True]})
    assert history.dead_since(told, "last") == 2


@pytest.mark.parametrize(("goal", "reached"), [(0.9, True), (0.99, False)])
def test_every_row_says_whether_a_network_that_must_reach_its_goal_did(tmp_path, goal, reached):
    ended = stored(tmp_path, goal, [0, 1, 2], **ENDS)
    assert "reached_goal" not in history.accuracy_table([ended])
    table = history.accuracy_table([ended._replace(required=True)])
    assert table["reached_goal"].tolist() == [reached] * 3
