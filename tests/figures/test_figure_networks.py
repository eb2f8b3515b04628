"""Matrices of distances between networks."""

from __future__ import annotations

import numpy as np
from drawings import cells
from populations_by_hand import MANY, networks
from runs_by_hand import Made


def test_matrices_hold_the_distances_of_the_table() -> None:
    figure = networks(MANY)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels] == [
        "draw0, layer 1", "draw1, layer 1", "draw0, layer 3", "draw1, layer 3",
    ]  # fmt: skip
    matrix = cells(panels[0])
    order = [("good", 0), ("good", 1), ("good", 2), ("bad", 0), ("bad", 2), ("bad", 1)]  # the dead one last
    table = MANY.distances().query(
        "dataset == 'draw0' and across == 'networks' and split_a == 'train' and layer_a == 1 and dimension == 1"
    )
    assert len(table) == 15
    for row in table.itertuples():
        a, b = order.index((row.model_a, row.seed_a)), order.index((row.model_b, row.seed_b))
        np.testing.assert_array_equal([matrix[a, b], matrix[b, a]], row.bottleneck_scaled)
    np.testing.assert_array_equal(np.diag(matrix), 0)
    assert np.isnan(matrix[5, :5]).all()
    labels = [label.get_text() for label in panels[0].get_xticklabels()]
    assert labels == ["good\n(3)", "bad\n(2)", "bad\ndead\n(1)"]


def test_matrices_share_their_colours_and_name_their_unit() -> None:
    figure = networks(MANY, "sliced_wasserstein")
    norms = {(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in figure.axes if axes.images}
    table = MANY.distances().query("across == 'networks' and split_a == 'train' and dimension == 1")
    assert norms == {(0, table["sliced_wasserstein_scaled"].max())}
    assert "Sliced Wasserstein distance, $H_1$ / rms distance" in [axes.get_ylabel() for axes in figure.axes]


def test_few_cells_carry_their_numbers() -> None:
    made = Made()
    table = made.distances().query(
        "across == 'networks' and split_a == 'train' and layer_a == 1 and dimension == 1"
    )
    texts = [text.get_text() for text in networks(made).axes[0].texts]
    assert texts == ["0", *[f"{table['bottleneck_scaled'].iloc[0]:.2g}"] * 2, "0"]
    assert len(networks(Made(seeds=(0, 1, 2, 3))).axes[0].texts) == 0
