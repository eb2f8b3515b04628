"""Points of many coordinates in the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def principal_plane(X: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], float]:
    """Points along their first two principal components, and the share of the variance that these have.

    Parameters
    ----------
    X : ndarray, shape (n, d)
        Of three coordinates or more.

    Returns
    -------
    points : ndarray of float64, shape (n, 2)
    share : float
        NaN if there are fewer than three points, or all are one.
    """
    centred = X - X.mean(axis=0, dtype=np.float64)
    if len(X) <= 2 or not centred.any():  # there are no two components
        return centred[:, :2], np.nan
    from scipy.sparse.linalg import svds  # imported late: few pictures need it

    # Two components of thousands: with a start that is always the same, so are they.
    start = np.random.default_rng(0).normal(size=min(X.shape))
    _, spread, directions = svds(centred, k=2, v0=start)
    spread, directions = spread[::-1], directions[::-1]
    share = (spread**2).sum() / (centred**2).sum()
    # The sign of a component is of no meaning: its largest entry is made positive.
    signs = np.sign([row[np.abs(row).argmax()] for row in directions])
    return centred @ (directions * signs[:, None]).T, float(share)
