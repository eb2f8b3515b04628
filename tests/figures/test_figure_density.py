"""Densities of diagrams: they count every bar, and say what cannot be counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from drawings import legend, marks, words
from matplotlib.figure import Figure
from panels_by_hand import WITHOUT_SIGNIFICANT, diagram, looped, one_point, panel

from layertopo.figures import density
from layertopo.figures.panels import Panel
from layertopo.figures.style import SIGNIFICANT
from layertopo.topology.diagrams import StoredDiagram


def density_figure(panels: Sequence[Panel]) -> Figure:
    return density.density_figure([each.scaled() for each in panels], "title")


def test_the_density_counts_every_bar() -> None:
    panels = [panel(looped(), "a", 0), panel(diagram(), "b", 0)]
    figure = density_figure(panels)
    figure.canvas.draw()
    for (strip, axes), shown in zip(
        zip(figure.axes[:4:2], figure.axes[1:4:2], strict=True), panels, strict=True
    ):
        (bins,) = (each for each in axes.collections if each.get_gid() == "H1")
        assert bins.get_array().sum() == len(shown.original.bars[1])
        assert sum(bar.get_width() for bar in strip.patches) == len(shown.original.finite(0))
        assert bins.norm.vmax >= bins.get_array().max()
    assert len({(each.get_xlim(), each.get_ylim()) for each in figure.axes[1:4:2]}) == 1
    assert "41 loops, 1 significant" in words(figure.axes[1])
    assert "20 loops, significance not testable" in words(figure.axes[3])
    # Persistence 3.5 at birth 0.5, in units of the rms distance 4.
    np.testing.assert_allclose(marks(figure.axes[1])["significant"], [[0.125, 0.875]])
    assert SIGNIFICANT in legend(figure)


@pytest.mark.parametrize("untested", WITHOUT_SIGNIFICANT)
def test_nothing_is_marked_without_a_significant_loop(untested: StoredDiagram) -> None:
    figure = density_figure([panel(untested, "good", 0)])
    assert len(marks(figure.axes[1])["significant"]) == 0
    assert SIGNIFICANT not in legend(figure)


def test_bars_too_short_for_the_density_count_at_its_edge() -> None:
    bars = looped().bars[1].copy()
    bars[5, 1] = bars[5, 0] * (1 + 1e-12)
    figure = density_figure([panel(diagram(bars={1: bars}), "a", 0)])
    (bins,) = (each for each in figure.axes[1].collections if each.get_gid() == "H1")
    assert bins.get_array().sum() == len(bars)
    assert figure.axes[1].get_ylim()[0] > 1e-5


@pytest.mark.parametrize("decades", [0.2, 0.8, 1.5, 1.9, 2.5, 4])
def test_no_two_labels_of_an_axis_of_the_density_touch(decades: float) -> None:
    births = np.geomspace(1, 10**decades, 40)
    bars = {0: np.empty((0, 2)), 1: np.column_stack([births, births * 1.2])}
    panels = [panel(diagram(bars=bars), "a", epoch) for epoch in (0, 10, 25)]
    figure = density_figure(panels)
    figure.draw_without_rendering()
    for axes in figure.axes[1:6:2]:
        low, high = axes.get_xlim()
        ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
        shown = [tick.label1 for tick in ticks if low <= tick.get_loc() <= high and tick.label1.get_text()]
        boxes = sorted([label.get_window_extent() for label in shown], key=lambda box: box.x0)
        assert len(boxes) >= 1
        for left, right in pairwise(boxes):
            assert left.x1 < right.x0


def test_a_density_without_loops_says_so() -> None:
    none = panel(diagram(bars=looped().bars | {1: np.empty((0, 2))}), "b", 0)
    figure = density_figure([panel(one_point(), "b", 1, 0.5, True), none])
    figure.canvas.draw()
    assert "no loop" in words(figure.axes[1])
    assert "one distinct point" in words(figure.axes[3])
    assert "dead network" in words(figure.axes[3])
