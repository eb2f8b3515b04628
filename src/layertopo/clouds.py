"""Point clouds: which rows of a layer become points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layertopo.errors import ResultError
from layertopo.storage import Settings

#: Part of the seed, so that the samples of different splits are drawn apart.
_SPLIT_STREAM = {"train": 0, "test": 1, "full": 2}


def sample_rows(n_rows: int, split: str, sample: Settings) -> NDArray[np.int64]:
    """Rows that become points, ascending.

    They depend on the split, the seed and the numbers of rows and points only, so that every
    epoch, layer and model of a split is seen through the same rows.

    Parameters
    ----------
    n_rows : int
        Rows of the split.
    split : {"train", "test", "full"}
    sample : mapping
        `points` (None: every row) and `seed`, as in the configuration.
    """
    points = sample["points"]
    if points is None or points >= n_rows:
        return np.arange(n_rows)
    rng = np.random.default_rng([sample["seed"], _SPLIT_STREAM[split]])
    return np.sort(rng.choice(n_rows, points, replace=False))


def point_cloud(
    values: NDArray[np.float32], split: str, sample: Settings, source: str
) -> NDArray[np.float64]:
    """The cloud of a layer's output.

    Parameters
    ----------
    values : ndarray, shape (n_rows, units)
        Output of the layer for the rows of `split`.
    split : {"train", "test", "full"}
    sample : mapping
        See :func:`sample_rows`.
    source : str
        Named in the error message.

    Raises
    ------
    ResultError
        If a value is NaN or infinite.
    """
    cloud = values[sample_rows(len(values), split, sample)].astype(np.float64)
    bad = ~np.isfinite(cloud).all(axis=1)
    if bad.any():
        raise ResultError(
            f"{source}: {bad.sum()} of {len(cloud)} points hold NaN or infinity, so there is no distance to them; "
            "the training has probably diverged (try a smaller training.learning_rate)"
        )
    return cloud
