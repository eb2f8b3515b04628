"""Which loops of a cloud are too persistent to be chance.

Bobrowski and Skraba, "A universal null-distribution for topological data analysis", Scientific
Reports 13, 12274 (2023), found that for clouds without structure the ratio death/birth of
Vietoris-Rips bars follows one law whatever the distribution and dimension of the points: with
L = log log(death/birth), L minus its mean minus Euler's constant is left-skewed Gumbel, so

    p = exp(-exp(L - mean(L) - gamma)).

It speaks of samples: it holds for random samples of rows or of distinct points, not for greedy ones,
and not for bars of dimension 0, which are all born at 0. Nor does it hold where lengths repeat: on grids, of integers,
of hops: :func:`tied` measures the share that do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layertopo.topology.diagrams import StoredDiagram
from layertopo.topology.metrics import is_random

#: Fewer bars than this give no reliable mean.
MIN_BARS = 30
#: p-values, corrected for the number of tests, below this are significant.
LEVEL = 0.05
#: Ratios closer to 1 than this are rounding: activations are float32, so a length is off by some eps of the
#: coordinates, which are 10 to 100 times as large as the shortest births. The law puts next to no bar there (some
#: 1 in 10,000), but as L is the logarithm of the excess over 1, each weighs heavily in the mean.
MIN_EXCESS = 64 * float(np.finfo(np.float32).eps)
#: A diagram with a larger share of tied births and deaths is not tested.
MOST_TIED = 0.1


def p_values(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-value of each bar against the universal null distribution.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths of one dimension >= 1 of one diagram.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for bars that never die or are at rounding level (:func:`at_rounding_level`), which are no
        part of the mean either; NaN throughout if fewer than 30 bars remain, or a birth is 0, so
        that its ratio is infinite.
    """
    p = np.full(len(bars), np.nan)
    tested = np.isfinite(bars[:, 1]) & ~at_rounding_level(bars)
    if tested.sum() >= MIN_BARS and (bars[:, 0] > 0).all():
        ratios = bars[tested, 1] / bars[tested, 0]
        p[tested] = p_of_ratios(ratios, mean_log_log(ratios))
    return p


def mean_log_log(ratios: NDArray[np.float64]) -> float:
    """Mean of log log of ratios of deaths to births."""
    return float(np.log(np.log(ratios)).mean())


def p_of_ratios(ratios: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """p-values of ratios of deaths to births, from 1 on, among bars of which the mean of log log is known."""
    with np.errstate(divide="ignore"):  # a ratio of 1 has p = 1
        return np.asarray(np.exp(-np.exp(np.log(np.log(ratios)) - mean - np.euler_gamma)))


def tied(bars: NDArray[np.float64]) -> float:
    """Share of births that are those of another bar too, or of such deaths if that is less; NaN without bars that die.

    Where no length repeats, no two loops have one birth; but one edge can end several, the more so the higher the
    dimension of the points. Tied deaths alone are therefore no sign of lengths that repeat.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths of one dimension.
    """
    ends = bars[np.isfinite(bars[:, 1])].T
    if not ends.size:
        return np.nan
    counts = [np.unique(each, return_counts=True)[1] for each in ends]
    return float(min(count[count > 1].sum() for count in counts) / ends.shape[1])


def at_rounding_level(bars: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bars whose birth and death differ by no more than float32 activations can tell."""
    return np.asarray(bars[:, 1] <= bars[:, 0] * (1 + MIN_EXCESS))


def diagram_p_values(diagram: StoredDiagram, dimension: int) -> NDArray[np.float64]:
    """p-value of each bar of one dimension, in the diagram's order; NaN as in :func:`p_values`.

    Raises
    ------
    ValueError
        If the test does not speak of such bars: those of dimension 0, of a greedy sample, or of lengths that repeat.
    """
    if not testable(diagram, dimension):
        raise ValueError(
            "the test of significance is for dimension 1 and up of random samples at lengths that do not repeat, not "
            f"for dimension {dimension} of a {diagram.sample['method']} one under {diagram.metric}"
        )
    return p_values(diagram.bars[dimension])


def testable(diagram: StoredDiagram, dimension: int) -> bool:
    """Whether the test speaks of bars of this dimension of such a sample, however few there are."""
    return (
        dimension >= 1
        and is_random(diagram.sample["method"], diagram.metric)
        and not tied(diagram.bars[dimension]) > MOST_TIED
    )


def significant(bars: NDArray[np.float64], level: float = LEVEL) -> NDArray[np.bool_]:
    """Bars whose p-value, times the number of bars tested (Bonferroni), is below `level`."""
    p = p_values(bars)
    return bonferroni(p, int((~np.isnan(p)).sum()), level)


def bonferroni(p: NDArray[np.float64], n_tests: int, level: float = LEVEL) -> NDArray[np.bool_]:
    """Which of `n_tests` tests to reject so that any false rejection at all has probability `level`.

    Parameters
    ----------
    p : ndarray
        p-values of the tests, or of some of them; those that are NaN are not rejected.
    n_tests : int
        Number of all tests.
    """
    return np.asarray(p * n_tests < level)


def false_discoveries(p: NDArray[np.float64], n_tests: int, level: float = LEVEL) -> NDArray[np.bool_]:
    """Which of `n_tests` tests to reject so that a share `level` of the rejections is false, on average.

    Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57, 1995.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Not NaN: all p-values up to `level`, and any number of others. Those above `level` are never
        rejected, and change the adjusted value of no other from below `level` to above it or back.
    n_tests : int
        Number of all tests.
    """
    from scipy.stats import false_discovery_control

    if len(p) == 0:
        return np.zeros(0, bool)
    # The adjusted value of rank i is the least p_j n / j over ranks j >= i; the library takes len(p) for n.
    return np.asarray(false_discovery_control(p) * (n_tests / len(p)) < level)
