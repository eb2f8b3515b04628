"""Training curves: every run, and where networks died."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawings import legend

from layertopo.figures.training import training_figure

LAST = {"a": 3, "b": 3}


def history(model: str, seed: int, dead_from: int | None = None) -> pd.DataFrame:
    epochs = np.arange(4)
    columns = {f"{s}_{q}": epochs / 10 + seed for s in ("train", "test") for q in ("loss", "accuracy")}
    dead = epochs >= (99 if dead_from is None else dead_from)
    return pd.DataFrame({"model": model, "seed": seed, "epoch": epochs, "dead": dead} | columns)


def test_training_curves_of_every_run() -> None:
    table = pd.concat([history("a", 0), history("a", 1), history("b", 0, dead_from=2)])
    figure = training_figure(table, "data", LAST, best_radius=0.97)
    loss, accuracy = figure.axes
    curves = [line for line in loss.lines if len(line.get_xdata()) == 4]
    assert len(curves) == 3 * 2  # runs, splits
    assert len({line.get_color() for line in curves}) == 2
    (cross,) = [line for line in loss.lines if line.get_marker() == "X"]
    assert list(cross.get_xdata()) == [2]
    assert any("97.0%" in text.get_text() for text in accuracy.texts)
    assert "dead from here on" in legend(figure)


def test_no_cross_without_a_dead_network() -> None:
    figure = training_figure(history("a", 0), "data", LAST)
    assert all(line.get_marker() != "X" for line in figure.axes[0].lines)
    assert "dead from here on" not in legend(figure)


@pytest.mark.parametrize(
    ("dead", "last_epoch", "died"),
    [
        ([False, False, True, True], 1, None),  # later than analysed
        ([False, True, False, True], 2, None),  # it came back
        ([False, True, False, True], 3, 3),
        ([True, False, True, True], 3, 2),
        ([True, True, False, False], 1, 0),
    ],
)
def test_networks_dead_at_the_last_analysed_epoch_are_marked_where_they_died(
    dead: list[bool], last_epoch: int, died: int | None
) -> None:
    figure = training_figure(history("a", 0).assign(dead=dead), "data", {"a": last_epoch})
    for axes, quantity in zip(figure.axes, ("loss", "accuracy"), strict=True):
        crosses = [line for line in axes.lines if line.get_marker() == "X"]
        assert [list(line.get_xdata()) for line in crosses] == ([] if died is None else [[died]])
        assert [line.get_ydata()[0] for line in crosses] == list(
            history("a", 0)[f"test_{quantity}"][[] if died is None else [died]]
        )
    assert ("dead from here on" in legend(figure)) == (died is not None)
