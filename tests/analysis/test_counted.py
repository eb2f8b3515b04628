"""How many components and holes rows of the table of summaries count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layertopo.analysis.counted import counted

#: A row of a loop-rich diagram, and what it is changed by.
ROW = {
    "dimension": 1,
    "bars": 100,
    "rounding_bars": 2,
    "essential": 0,
    "betti": np.nan,
    "components": np.nan,
    "significant_bars": 3.0,
}
POINTS = {"dimension": 0, "rounding_bars": 0, "essential": 1, "components": 9.0, "significant_bars": np.nan}


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({}, 3),
        (POINTS, 9),
        (POINTS | {"components": np.nan}, np.nan),  # too few points, or a greedy sample
        (POINTS | {"components": np.nan, "bars": 0}, 1),  # one point
        ({"significant_bars": np.nan}, np.nan),  # tied, or too few to be tested
        ({"significant_bars": np.nan, "bars": 0, "rounding_bars": 0}, 0),  # on a line
        ({"significant_bars": np.nan, "bars": 2}, 0),  # on a line, but for rounding
        ({"significant_bars": np.nan, "bars": np.nan, "rounding_bars": 0, "betti": 7}, 7),  # at one scale
    ],
)
def test_a_row_counts_by_the_rule_of_its_kind(changes, number):
    rows = pd.DataFrame([ROW | changes])
    np.testing.assert_array_equal(counted(rows), [number])


def test_each_row_counts_for_itself():
    rows = pd.DataFrame([ROW, ROW | POINTS], index=[4, 2])
    pd.testing.assert_series_equal(counted(rows), pd.Series([3.0, 9.0], [4, 2]), check_names=False)
