"""Epochs by number, and the one that is called `last`: that after which a network's training ended."""

from __future__ import annotations

from collections.abc import Iterable

LAST = "last"
Epoch = int | str


def epoch_of(text: str) -> Epoch:
    """An epoch as it is written in a path or a table."""
    return LAST if text == LAST else int(text)


def in_words(epoch: Epoch) -> str:
    """An epoch as a heading."""
    return "Last epoch" if epoch == LAST else f"Epoch {epoch}"


def in_order(epochs: Iterable[Epoch]) -> list[Epoch]:
    """Each of some epochs once, ascending, the last one at the end."""
    return sorted(set(epochs), key=lambda epoch: float("inf") if epoch == LAST else int(epoch))
