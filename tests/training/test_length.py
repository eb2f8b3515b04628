"""Which epochs of a training leave their weights and a row."""

from __future__ import annotations

import pytest

from layertopo.training.length import MOST_ROWS, at_goal, epochs_with_a_row, has_row, leaves_weights


def test_where_all_are_kept_every_epoch_has_a_row():
    training = {"epochs": 250}
    assert all(leaves_weights(training, epoch) and has_row(training, epoch) for epoch in range(251))
    assert epochs_with_a_row(training) == list(range(251))


@pytest.mark.parametrize("epochs", [3, 100, 101, 250, 18_000])
def test_where_some_are_kept_these_and_about_a_hundred_have_a_row(epochs):
    training = {"epochs": epochs, "keep": [1, 2]}
    rows = epochs_with_a_row(training)
    assert [epoch for epoch in range(epochs) if leaves_weights(training, epoch)] == [0, 1, 2]
    assert {0, 1, 2, epochs} <= set(rows)
    assert rows == sorted(set(rows))
    assert min(epochs, MOST_ROWS // 2) <= len(rows) <= MOST_ROWS + 4


@pytest.mark.parametrize(("accuracy", "ends"), [(0.989, False), (0.99, True), (1.0, True)])
def test_a_goal_is_reached_where_it_is_met(accuracy, ends):
    assert at_goal({"epochs": 5, "until": {"train_accuracy": 0.99}}, accuracy) is ends
    assert at_goal({"epochs": 5}, accuracy) is False
