"""Statistics over training runs, when both the data and the training were drawn several times.

Runs on one draw of the data have it in common, so they are not independent: a thousand networks on
one draw say little about the next draw. Here draws are the outer and training seeds the inner level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2000
PERMUTATIONS = 9999


class Interval(NamedTuple):
    """Medians over runs, and where they may lie; arrays of one shape."""

    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def median_interval(values: ArrayLike, draws: Sequence[Any], level: float = 0.95) -> Interval:
    """Median over training runs, with an interval that knows draws from seeds.

    Percentile interval of the hierarchical bootstrap: draws of the data are resampled, and within
    each of them its training runs (Davison and Hinkley, "Bootstrap Methods and their Application",
    1997, section 3.8). With one draw the interval speaks of training on that draw only; with fewer
    than about five it is too narrow.

    Parameters
    ----------
    values : array_like, shape (n_runs, ...)
        One entry per training run; NaN where there is no value, which is left out.
    draws : sequence, length n_runs
        Which draw of the data each run was trained on.
    level : float

    Returns
    -------
    Interval
        Of shape (...). Without two values there is no interval: low and high are NaN.
    """
    runs = np.asarray(values, dtype=np.float64)
    table = runs.reshape(len(runs), prod(runs.shape[1:]))
    median, low, high = (np.full(table.shape[1], np.nan) for _ in range(3))
    known = ~np.isnan(table)
    for pattern in np.unique(known, axis=1).T:  # columns with values of the same runs are resampled alike
        if not pattern.any():
            continue
        columns = (known == pattern[:, None]).all(axis=0)
        held = table[np.ix_(pattern, columns)]
        median[columns] = np.median(held, axis=0)
        if pattern.sum() > 1:
            resampled = _resampled_medians(held, _groups(draws, pattern))
            tail = (1 - level) / 2
            low[columns], high[columns] = np.quantile(
                resampled, [tail, 1 - tail], axis=0, method="inverted_cdf"
            )  # values may be infinite
    return Interval(*(each.reshape(runs.shape[1:]) for each in (median, low, high)))


def _groups(labels: Sequence[Any], chosen: NDArray[np.bool_] | None = None) -> list[NDArray[np.intp]]:
    """Positions of each label, among the chosen ones."""
    held = [label for k, label in enumerate(labels) if chosen is None or chosen[k]]
    return [np.array([k for k, label in enumerate(held) if label == name]) for name in dict.fromkeys(held)]


def _resampled_medians(values: NDArray[np.float64], groups: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Medians of each column: groups are resampled, and within each its members; a row for each resample."""
    rng = np.random.default_rng(0)
    sizes = np.array([len(group) for group in groups])
    members = np.array([np.pad(group, (0, sizes.max() - len(group))) for group in groups])
    taken = rng.integers(len(groups), size=(RESAMPLES, len(groups)))
    which = (rng.random((*taken.shape, sizes.max())) * sizes[taken, None]).astype(np.intp)
    rows = members[taken[..., None], which]
    rows[np.arange(sizes.max()) >= sizes[taken, None]] = len(values)  # beyond the size of a group: no value
    padded = np.vstack([values, np.full(values.shape[1], np.nan)])
    pieces = np.array_split(rows.reshape(RESAMPLES, -1), 1 + values.size // 1000)
    return np.concatenate([_medians(padded[piece]) for piece in pieces])


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians along the second axis of what is not NaN; numpy's own nanmedian is many times slower."""
    ascending = np.sort(values, axis=1)  # NaN comes last
    count = (~np.isnan(values)).sum(axis=1, keepdims=True)
    middle = [np.take_along_axis(ascending, each // 2, axis=1) for each in (count - 1, count)]
    return np.concatenate(middle, axis=1).mean(axis=1)


def permutation_p(
    statistic: Callable[[NDArray[np.intp]], NDArray[np.float64]], labels: Sequence[Any], strata: Sequence[Any]
) -> float:
    """One-sided p-value of a statistic, when labels are exchanged within strata only.

    Parameters
    ----------
    statistic : callable
        From orders of the runs, shape (n_orders, n_runs), to a number for each that is large if the
        labels matter: the k-th label goes to run ``order[k]``. The order as observed is 0, 1, 2, ...
    labels, strata : sequence, length n_runs
        Label of each run, and within what it may be exchanged.

    Returns
    -------
    float
        Share of 9,999 random orders, and the observed one, that reach the observed value (Phipson and
        Smyth, "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9, 2010).
        NaN if no stratum holds two different labels.
    """
    groups = _groups(strata)
    if all(len({labels[k] for k in group}) < 2 for group in groups):
        return float("nan")
    rng = np.random.default_rng(0)
    orders = np.tile(np.arange(len(labels)), (PERMUTATIONS + 1, 1))  # the first one stays as observed
    for group in groups:
        orders[1:, group] = rng.permuted(orders[1:, group], axis=1)
    found = statistic(orders)
    # Sums in another order may differ in their last digits.
    return float((found >= found[0] - 1e-9 * max(1.0, abs(found[0]))).mean())


def arrangements(labels: Sequence[Any], strata: Sequence[Any]) -> int:
    """In how many different ways labels can be exchanged within strata: 1/arrangements is the least p-value."""
    count = 1
    for group in _groups(strata):
        held = [labels[k] for k in group]
        sizes = [held.count(label) for label in dict.fromkeys(held)]
        count *= prod(comb(sum(sizes[: k + 1]), size) for k, size in enumerate(sizes))
    return count


class Components(NamedTuple):
    """Standard deviation of a quantity from draw to draw of the data, and from training to training on one draw."""

    draw: float
    training: float


def variance_components(values: ArrayLike, draws: Sequence[Any]) -> Components:
    """What of a quantity's spread comes from the draw of the data, and what from the training.

    Method of moments of the one-way random-effects analysis of variance (Searle, Casella and McCulloch,
    "Variance Components", 1992, chapter 3), for unequal numbers of runs too. A negative estimate of
    the variance between draws is 0.

    Parameters
    ----------
    values : array_like, shape (n_runs,)
        NaN where there is no value, which is left out.
    draws : sequence, length n_runs

    Returns
    -------
    Components
        In units of the values. `training` is NaN without two runs on one draw, `draw` without two draws as well.
    """
    runs = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(runs)
    held = runs[known]
    groups = _groups(draws, known)
    sizes = np.array([len(group) for group in groups])
    n_runs, n_draws = len(held), len(groups)
    if n_runs == n_draws:
        return Components(np.nan, np.nan)
    means = np.array([held[group].mean() for group in groups])
    within = sum(((held[group] - mean) ** 2).sum() for group, mean in zip(groups, means, strict=True))
    within_square = within / (n_runs - n_draws)
    if n_draws < 2:
        return Components(np.nan, float(np.sqrt(within_square)))
    between_square = (sizes * (means - held.mean()) ** 2).sum() / (n_draws - 1)
    typical_size = (n_runs - (sizes**2).sum() / n_runs) / (n_draws - 1)
    draw = max(0.0, (between_square - within_square) / typical_size)
    return Components(float(np.sqrt(draw)), float(np.sqrt(within_square)))
