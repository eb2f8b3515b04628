"""How long a network is trained, and which of its epochs leave weights or a row in the history.

`training`, wherever it is asked for, is that part of what decides a training run: `epochs`, how many there are at most;
`until`, if training ends sooner, at a goal; and `keep`, if not every epoch leaves its weights: those that do besides
the first (0) and the last. Then not every epoch has a row either: those do that leave their weights, and every n-th
one, n being the least number that makes these :data:`MOST_ROWS` or fewer.
"""

from __future__ import annotations

from layertopo.storage import Settings

#: Of a training whose epochs do not all leave their weights, so many have a row because of their number.
MOST_ROWS = 100


def leaves_weights(training: Settings, epoch: int) -> bool:
    """Whether the weights after an epoch, if it is not the last, are kept."""
    return "keep" not in training or epoch == 0 or epoch in training["keep"]


def has_row(training: Settings, epoch: int) -> bool:
    """Whether the history has a row for an epoch, if it is not the last."""
    return leaves_weights(training, epoch) or epoch % -(-training["epochs"] // MOST_ROWS) == 0


def epochs_with_a_row(training: Settings) -> list[int]:
    """Epochs that the history of a training has a row for, if it goes on to its end."""
    return [*(epoch for epoch in range(training["epochs"]) if has_row(training, epoch)), training["epochs"]]


def at_goal(training: Settings, train_accuracy: float) -> bool:
    """Whether training ends at an accuracy on the training rows."""
    return "until" in training and train_accuracy >= training["until"]["train_accuracy"]
