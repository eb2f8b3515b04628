"""Farthest-point sampling, whose covering radius bounds the error of a diagram."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.cloud import Cloud, as_cloud


class GreedySample(NamedTuple):
    """A farthest-point sample.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_sampled,)
        Rows of the points taken, in order. Every beginning of it is itself a greedy sample.
    radius : float
        Covering radius: the largest distance of a point to its nearest point of the sample.
    """

    rows: NDArray[np.int64]
    radius: float

    @property
    def bottleneck_bound(self) -> float:
        """Bound 2r on the bottleneck distance between the diagrams of the sample and of the cloud."""
        return 2 * self.radius


def greedy(
    points: ArrayLike | Cloud, size: int, *, metric: str = "euclidean", start: int = 0
) -> GreedySample:
    """Take the point farthest from those taken, again and again, beginning with row `start`.

    The covering radius r is at most twice the smallest that any sample of that size has (Gonzalez,
    "Clustering to minimize the maximum intercluster distance", Theor. Comput. Sci. 38, 1985). The
    Gromov-Hausdorff distance of the sample to the cloud is at most r, so by stability the
    Vietoris-Rips diagrams, with edges entering at their length, are within bottleneck distance 2r of
    each other in every dimension (Chazal, de Silva and Oudot, "Persistence stability for geometric
    complexes", Geom. Dedicata 173, 2014). This needs the triangle inequality, which cosine does not
    satisfy.

    Parameters
    ----------
    points : array_like, shape (n_points, n_coordinates)
        One point a row, or the distance matrix if `metric` is ``"precomputed"``.
    size : int
        Points to take. Fewer are returned if the cloud has fewer distinct ones: the radius is then 0.
    metric : {"euclidean", "manhattan", "chebyshev", "precomputed"}
    start : int
        Row taken first. Of equally far points the one with the lowest row is taken.

    Returns
    -------
    GreedySample

    Raises
    ------
    ValueError
        If `size` is not positive, `start` is not a row, the metric is cosine, or the points are not
        as :func:`layertopo.homology.persistence_diagram` takes them.
    """
    if size < 1:
        raise ValueError(f"size must be positive, got {size}")
    cloud = as_cloud(points, metric, merge=False)
    if cloud.metric == "cosine":
        raise ValueError("cosine does not satisfy the triangle inequality: a covering radius bounds nothing")
    if not 0 <= start < cloud.size:
        raise ValueError(f"start must be a row from 0 to {cloud.size - 1}, got {start}")
    from layertopo.homology.values import farthest_points  # imported late: loading numba takes a second

    rows, value = farthest_points(cloud.space, start, min(size, cloud.size))
    return GreedySample(rows, float(cloud.distances(value)))
