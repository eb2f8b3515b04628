"""Point clouds: which rows of a layer become points."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.errors import ResultError
from layertopo.homology import greedy
from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.storage import Settings
from layertopo.topology.metrics import METRICS

#: Part of the seed, so that the samples of different splits are drawn apart.
_SPLIT_STREAM = {"train": 0, "test": 1, "full": 2}


class PointCloud(NamedTuple):
    """Points, and how well they cover the rows they were chosen from.

    Attributes
    ----------
    cloud : Cloud
        The points, as the engine takes them.
    scale : float or None
        Root-mean-square distance over all rows of the layer; None for a random sample, which has its own.
    covering_radius : float or None
        Largest distance of a row to the nearest point of a greedy sample; None for other samples.
        Every diagram of the sample is within bottleneck distance twice this radius of that of all rows.
    rows : ndarray of int64
        The rows that the points are, in their order.
    """

    cloud: Cloud
    scale: float | None
    covering_radius: float | None
    rows: NDArray[np.int64]


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
        `metric` and `sample`, as in the configuration. Where the engine does not know the metric, the points are
        those of a Euclidean cloud.
    source : str
        Named in the error message.

    Raises
    ------
    ResultError
        If a value is NaN, infinite, or so large that there is no distance to it.
    """
    try:
        known = cloud["metric"] if METRICS[cloud["metric"]].native else "euclidean"
        whole = as_cloud(values, known, merge=False)
    except ValueError as error:
        raise ResultError(
            f"{source}: {error}; the training has probably diverged (try a smaller training.learning_rate)"
        ) from None
    sample = cloud["sample"]
    if sample["method"] == "random":
        rows = sample_rows(len(values), split, sample)
        return PointCloud(whole if len(rows) == len(values) else whole.take(rows), None, None, rows)
    # Its points are farther apart than the layer's rows, which therefore give the scale.
    scale = whole.rms_distance() if len(values) > 1 else math.nan
    if sample["method"] == "distinct":
        rows = distinct_rows(whole, split, sample)
        return PointCloud(whole.take(rows), scale, None, rows)
    start = int(_generator(split, sample).integers(len(values)))
    chosen = greedy(whole, sample["points"], start=start)
    return PointCloud(whole.take(chosen.rows), scale, chosen.radius, chosen.rows)


def distinct_rows(cloud: Cloud, split: str, sample: Settings) -> NDArray[np.int64]:
    """Rows of a random sample of distinct points, ascending.

    Goes through the rows in one random order, the same for every epoch, layer and model of a split,
    and takes those that are equal to none before; all distinct points if there are no more than asked for.

    Parameters
    ----------
    cloud : Cloud
        All rows of the layer.
    split : {"train", "test", "full"}
    sample : mapping
        `points` and `seed`, as in the configuration.
    """
    order = _generator(split, sample).permutation(cloud.size)
    points = cloud.points[order] + 0.0  # -0.0 is 0.0
    first = np.sort(np.unique(points, axis=0, return_index=True)[1])
    return np.sort(order[first[: sample["points"]]])


def _generator(split: str, sample: Settings) -> np.random.Generator:
    return np.random.default_rng([sample["seed"], _SPLIT_STREAM[split]])
