"""Which loops of a cloud are too persistent to be chance.

Bobrowski and Skraba, "A universal null-distribution for topological data analysis", Scientific
Reports 13, 12274 (2023), found that for clouds without structure the ratio death/birth of
Vietoris-Rips bars follows one law whatever the distribution and dimension of the points: with
L = log log(death/birth), L minus its mean minus Euler's constant is left-skewed Gumbel, so

    p = exp(-exp(L - mean(L) - gamma)).

It speaks of samples: it holds for random samples of rows, and not for bars of dimension 0, which
are all born at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layertopo.diagrams import StoredDiagram

#: Fewer bars than this give no reliable mean.
MIN_BARS = 30


def p_values(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-value of each bar against the universal null distribution.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths of one dimension >= 1 of one diagram, births positive, deaths finite and
        larger.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN throughout if there are fewer than 30 bars, or a birth is 0, so that its ratio is infinite.
    """
    if not _defined(bars):
        return np.full(len(bars), np.nan)
    log_log_ratio = np.log(np.log(bars[:, 1] / bars[:, 0]))
    return np.exp(-np.exp(log_log_ratio - log_log_ratio.mean() - np.euler_gamma))


def significant(bars: NDArray[np.float64], level: float = 0.05) -> NDArray[np.bool_]:
    """Bars whose p-value, times the number of bars (Bonferroni), is below `level`."""
    return p_values(bars) * len(bars) < level


def applies(diagram: StoredDiagram, dimension: int) -> bool:
    """Whether the test speaks of a diagram's bars: loops and up, enough of them, of a random sample."""
    return dimension >= 1 and diagram.sample["method"] == "random" and _defined(diagram.finite(dimension))


def _defined(bars: NDArray[np.float64]) -> bool:
    return len(bars) >= MIN_BARS and bool((bars[:, 0] > 0).all())
