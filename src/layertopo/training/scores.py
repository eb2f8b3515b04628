"""How well a network tells the classes apart, from what its last layer gives before any softmax: its scores.

The scores of a network with one logit have one column, the logit; those of others have one for each class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A network is dead if this share of the rows, or more, get one and the same output: it tells next to none apart.
DEAD_SHARE = 0.99


def predicted(scores: NDArray[np.floating[Any]], boundary: float = 0.0) -> NDArray[np.int64]:
    """Class that each row is taken for, shape (n,): of several that score the same, the first; of logit 0, class 0.

    `boundary` is what a single output must exceed for class 1: 0 of a logit, 0.5 of a probability.
    """
    if scores.shape[1] == 1:
        return (scores[:, 0] > boundary).astype(np.int64)
    return scores.argmax(axis=1)


def cross_entropy(scores: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Mean cross-entropy in nats."""
    if scores.shape[1] == 1:
        z = scores[:, 0]
        return float(np.mean(np.logaddexp(0.0, z) - y * z))
    with np.errstate(invalid="ignore"):  # a network that gives NaN has a loss of NaN
        return float(np.mean(np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]))


def score(scores: Mapping[str, NDArray[np.float64]], y: Mapping[str, NDArray[np.int64]]) -> dict[str, Any]:
    """Loss and accuracy on both splits, and whether the network is dead.

    Parameters
    ----------
    scores : mapping of str to ndarray, shape (n, 1) or (n, n_classes)
        Of each row, by split.
    y : mapping of str to ndarray, shape (n,)
        Class of each row, by split.

    Returns
    -------
    dict
        `{split}_loss`: mean cross-entropy in nats; `{split}_accuracy`: share of rows taken for their
        class; `{split}_accuracy_logit_above_half`: what Keras' "accuracy" says of a network with a
        logit output, which it compares with 0.5, NaN for others; `dead`: whether :data:`DEAD_SHARE`
        of the rows of both splits together get one and the same output.
    """
    result: dict[str, Any] = {}
    for split, own in scores.items():
        result[f"{split}_loss"] = cross_entropy(own, y[split])
        result[f"{split}_accuracy"] = float(np.mean(predicted(own) == y[split]))
        result[f"{split}_accuracy_logit_above_half"] = (
            float(np.mean((own[:, 0] > 0.5) == y[split])) if own.shape[1] == 1 else float("nan")
        )
    every = np.nan_to_num(np.concatenate(list(scores.values())))  # a network that gives NaN gives it to all
    _, rows = np.unique(every, axis=0, return_counts=True)
    result["dead"] = bool(rows.max() >= DEAD_SHARE * rows.sum())
    return result
