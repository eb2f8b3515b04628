"""Loops where they lie, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import legend, lines, marks
from loops_by_hand import Network, ring, turns
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from layertopo.analysis.followed import ratio
from layertopo.analysis.loops import load
from layertopo.figures import followed, loops
from layertopo.figures.style import CLASSES, SIGNIFICANT

N = 120
KEY = {"dataset": "d", "seed": 0, "layer": 0, "split": "full", "cloud": "all"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """A ring and a heap, apart in layer 0; in layer 1 the heap lies in the ring after epoch 0, and all is a point after epoch 1."""
    folder = tmp_path_factory.mktemp("network")
    heap = np.random.default_rng(0).uniform(-0.9, 0.9, (300, 2))
    apart, filled = (np.vstack([ring(N, 0), heap + shift]) for shift in (np.array([4, 0]), np.zeros(2)))
    network = Network(folder, [[apart, filled], [apart, 0 * apart]], np.repeat([0, 1], [N, 300]))
    return {"loops": [network.stored_loops(folder, top=1)], "keys": [network.keys]}


def of_layer(sources: dict[str, list], layer: int) -> dict[str, list]:
    """Sources of the figure of one layer."""
    return sources | {"keys": [[key for key in own if key["layer"] == layer] for own in sources["keys"]]}


def drawn_loops(axes: Axes) -> list[np.ndarray]:
    found = [
        each for each in axes.collections if isinstance(each, LineCollection) and each.get_gid() == "loop"
    ]
    return [np.array([path.vertices for path in each.get_paths()]) for each in found]


def draw(sources: dict[str, list], layer: int) -> Figure:
    return loops.draw(of_layer(sources, layer), KEY | {"layer": layer})["loops"]


def test_the_loop_is_drawn_around_the_points_of_its_class(sources: dict[str, list]) -> None:
    first, _ = draw(sources, 0).axes
    assert first.get_title() == "good, epoch 0, 1 significant"
    [loop] = drawn_loops(first)
    assert turns(loop) == 1
    points = marks(first)["points"]
    assert len(points) == N + 300
    (colours,) = (each.get_facecolors() for each in first.collections if each.get_gid() == "points")
    on_it = [k for k, point in enumerate(points) if (point == loop.reshape(-1, 2)).all(axis=1).any()]
    assert {to_hex(colours[k]) for k in on_it} == {CLASSES[0]}
    assert {to_hex(each) for each in colours} == set(CLASSES)


def test_where_there_is_no_loop_the_panel_says_so(sources: dict[str, list]) -> None:
    figure = draw(sources, 1)
    collapsed = figure.axes[1]
    assert drawn_loops(collapsed) == []
    assert [text.get_text() for text in collapsed.texts] == ["no loop"]
    figure.canvas.draw()  # type: ignore[attr-defined]


def test_the_legend_tells_significant_loops_from_long_ones(sources: dict[str, list]) -> None:
    assert legend(draw(sources, 0)) == [SIGNIFICANT, "class inner", "class outer"]
    layers, _ = load(sources["loops"][0], sources["keys"][0])
    assert not layers[1].loops[0].significant
    assert "long loop" in legend(draw(sources, 1))


def test_lives_are_those_of_the_loops_of_the_last_epoch(sources: dict[str, list]) -> None:
    figure = followed.draw(sources, KEY)["followed"]
    through_layers, through_epochs = figure.axes
    layers, _ = load(sources["loops"][0], sources["keys"][0])
    [loop] = layers[2].loops  # the last layer has none
    ratios = ratio(*loop.followed[:, :2].T)
    [life] = lines(through_layers, "life")
    np.testing.assert_allclose(life, [ratios[2], 1])  # all rows are one point in layer 1
    [life] = lines(through_epochs, "life")
    np.testing.assert_allclose(life, [ratios[0], ratios[2]])
    assert [label.get_text() for label in through_epochs.get_xticklabels()] == ["0", "1"]
    assert "of layer 0" in legend(figure)


def test_without_loops_the_figure_says_so() -> None:
    figure = followed.followed_figure([], ["good"], "title")
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["no loop", "no loop"]
