"""Rows of bits, in words of 64."""

from __future__ import annotations

from typing import Any

import numpy as np

from layertopo.homology.jit import jit

WORD = 64
ONE = np.uint64(1)
FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_TOP = np.uint64(58)


def _positions() -> Any:
    table = np.zeros(64, dtype=np.int64)
    for i in range(64):
        table[(((1 << i) * int(_DE_BRUIJN)) & int(FULL)) >> 58] = i
    return table


_POSITION = _positions()


def n_words(n: int) -> int:
    """Words for n bits: whole cache lines."""
    return -(-n // (8 * WORD)) * 8


@jit
def bit(row: Any, v: Any) -> Any:
    """Whether bit v is set: 0 or 1."""
    return (row[v >> 6] >> np.uint64(v & 63)) & ONE


@jit
def lowest(word: Any) -> Any:
    """Position of the lowest bit of a word that is not zero."""
    return _POSITION[((word & (~word + ONE)) * _DE_BRUIJN) >> _TOP]
