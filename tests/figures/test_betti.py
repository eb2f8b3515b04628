"""Betti curves of many runs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from drawings import lines
from populations_by_hand import MANY, betti, members
from runs_by_hand import GRID

from layertopo.errors import ResultError
from layertopo.figures.betti import BettiCurves, betti_figure, load_betti
from layertopo.figures.populations import Group, Run


@pytest.mark.parametrize("dimension", [0, 1])
def test_betti_curves_are_those_of_the_files(tmp_path: Path, dimension: int) -> None:
    figure = betti(MANY, tmp_path, dimension)
    good, bad = members(MANY)
    for (layer, epoch), axes in zip(product(MANY.layers, MANY.epochs), figure.axes, strict=True):
        for group in (good, bad):
            runs = [{"dataset": run.dataset, "model": group.model, "seed": run.seed} for run in group.runs]
            curves = np.array([MANY.betti(run, epoch, layer, dimension) for run in runs])
            (line,) = lines(axes, group.model)
            np.testing.assert_allclose(line, np.median(curves[: len(group.live)], axis=0))
            dead = lines(axes, f"{group.model}-dead")
            assert len(dead) == len(group.dead)
            np.testing.assert_array_equal(dead, curves[len(group.live) :].reshape(np.shape(dead)))
    assert figure.axes[-1].get_xlabel() == "Scale / rms distance"


def test_betti_curves_are_shown_where_something_changes(tmp_path: Path) -> None:
    axes = betti(MANY, tmp_path, 0).axes[0]
    left, right = axes.get_xlim()
    for line in axes.lines:
        changes = GRID[1:][np.diff(line.get_ydata()) != 0]
        assert left < changes.min() < changes.max() < right < GRID[-1]


def test_a_panel_of_what_no_network_is_analysed_at_says_so() -> None:
    run, ones = Run("circles", 0), np.ones(len(GRID))
    curves = {("good", run, epoch, layer): ones for epoch, layer in [(0, 1), (0, 2), (5, 1)]}
    figure = betti_figure(BettiCurves(GRID, curves), [Group("good", "C0", [run], [], [])], 1, "circles")
    said = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert said == [[], [], [], ["not analysed"]]


def test_statistics_of_other_settings_are_refused(tmp_path: Path) -> None:
    stored = MANY.write_statistics(tmp_path)
    stored[1] = stored[1]._replace(provenance=stored[1].provenance | {"seed": 9})
    with pytest.raises(ResultError, match=r"statistics1\.h5: .*seed was 1, should be 9"):
        load_betti(stored, [[(0, 1)]] * len(stored), "train", {"cloud": "all"}, 1)
