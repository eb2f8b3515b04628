"""What the rules say of a run to the scripts that table it; without pandas, which every start would wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layertopo.epochs import Epoch
from layertopo.storage import Key, Stored


class History(NamedTuple):
    """The history of a run.

    Attributes
    ----------
    key : mapping
        Of the run.
    epochs : sequence of int
        That it has rows of.
    path : str or None
        Its `history.csv`; None if nothing is known of the run but its epochs.
    goal : float or None
        Accuracy on the training rows at which it ends, if it may end before the last of the epochs.
    required : bool
        Whether the run counts only if it has reached the goal.
    """

    key: Key
    epochs: Sequence[Epoch]
    path: str | None
    goal: float | None = None
    required: bool = False


class Judged(NamedTuple):
    """A network whose last layer gives a logit, or a probability for each class.

    Attributes
    ----------
    activations : Stored
        Of the epoch in question.
    layer : int
        Number of its last layer.
    classes : sequence of str
        Names of the classes, by number.
    boundary : float
        What the output must exceed for class 1, if there is one only.
    """

    activations: Stored
    layer: int
    classes: Sequence[str]
    boundary: float = 0.0
