"""Point clouds: which rows of a layer become points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.errors import ResultError
from layertopo.homology import greedy
from layertopo.homology.cloud import as_cloud, check_points
from layertopo.storage import Settings

#: Part of the seed, so that the samples of different splits are drawn apart.
_SPLIT_STREAM = {"train": 0, "test": 1, "full": 2}


class PointCloud(NamedTuple):
    """Points, and how well they cover the rows they were chosen from.

    Attributes
    ----------
    points : ndarray of float32, shape (n_points, units)
    covering_radius : float or None
        Largest distance of a row to the nearest point of a greedy sample; None for a random one.
        Every diagram of the sample is within bottleneck distance twice this radius of that of all rows.
    """

    points: NDArray[np.float32]
    covering_radius: float | None


def sample_rows(n_rows: int, split: str, sample: Settings) -> NDArray[np.int64]:
    """Rows that a random sample takes, ascending.

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
    return np.sort(_generator(split, sample).choice(n_rows, points, replace=False))


def point_cloud(values: NDArray[np.float32], split: str, cloud: Settings, source: str) -> PointCloud:
    """The cloud of a layer's output.

    Parameters
    ----------
    values : ndarray, shape (n_rows, units)
        Output of the layer for the rows of `split`.
    split : {"train", "test", "full"}
    cloud : mapping
        `metric` and `sample`, as in the configuration.
    source : str
        Named in the error message.

    Raises
    ------
    ResultError
        If a value is NaN, infinite, or so large that there is no distance to it.
    """
    try:
        check_points(values, cloud["metric"])
    except ValueError as error:
        raise ResultError(
            f"{source}: {error}; the training has probably diverged (try a smaller training.learning_rate)"
        ) from None
    sample = cloud["sample"]
    if sample["method"] == "greedy":
        start = int(_generator(split, sample).integers(len(values)))
        chosen = greedy(values, sample["points"], metric=cloud["metric"], start=start)
        return PointCloud(values[chosen.rows], chosen.radius)
    if sample["method"] == "distinct":
        return PointCloud(values[distinct_rows(values, split, cloud)], None)
    return PointCloud(values[sample_rows(len(values), split, sample)], None)


def distinct_rows(values: NDArray[np.float32], split: str, cloud: Settings) -> NDArray[np.int64]:
    """Rows of a random sample of distinct points, ascending.

    Goes through the rows in one random order, the same for every epoch, layer and model of a split,
    and takes those that are equal to none before; all distinct points if there are no more than asked for.

    Parameters
    ----------
    values : ndarray, shape (n_rows, units)
    split : {"train", "test", "full"}
    cloud : mapping
        `metric` and `sample`, as in the configuration.
    """
    order = _generator(split, cloud["sample"]).permutation(len(values))
    points = as_cloud(values[order], cloud["metric"], merge=False).points + 0.0  # -0.0 is 0.0
    first = np.sort(np.unique(points, axis=0, return_index=True)[1])
    return np.sort(order[first[: cloud["sample"]["points"]]])


def _generator(split: str, sample: Settings) -> np.random.Generator:
    return np.random.default_rng([sample["seed"], _SPLIT_STREAM[split]])
