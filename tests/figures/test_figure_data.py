"""Pictures of data sets."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import marks

from layertopo.data.dataset import Dataset
from layertopo.figures.data import data_figure


@pytest.mark.parametrize("dimension", [1, 2, 10])
def test_data_in_any_dimension(dimension: int) -> None:
    X = np.random.default_rng(0).normal(size=(50, dimension)).astype(np.float32)
    rows = np.arange(50)
    points, radii = data_figure(Dataset(X, rows % 2, rows[:30], rows[30:]), "data").axes
    drawn = marks(points)["points"]
    np.testing.assert_array_equal(drawn[:, 0], X[:, 0])
    assert (" of 10 " in points.get_title()) == (dimension == 10)
    assert radii.get_xlabel() == "Distance from the origin"
