"""Rows of bits, in words of 64; a sort and a union-find that need no memory of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from layertopo.homology.jit import inlined, kernel

WORD = 64
ONE = np.uint64(1)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_TOP = np.uint64(58)


def _positions() -> Any:
    table = np.zeros(64, dtype=np.int64)
    for i in range(64):
        table[(((1 << i) * int(_DE_BRUIJN)) & 0xFFFFFFFFFFFFFFFF) >> 58] = i
    return table


_POSITION = _positions()


def n_words(n: int) -> int:
    """Words for n bits: whole cache lines."""
    return -(-n // (8 * WORD)) * 8


@kernel
def bit(row: Any, v: Any) -> Any:
    """Whether bit v is set: 0 or 1."""
    return (row[v >> 6] >> np.uint64(v & 63)) & ONE


@kernel
def lowest(word: Any) -> Any:
    """Position of the lowest bit of a word that is not zero."""
    return _POSITION[((word & (~word + ONE)) * _DE_BRUIJN) >> _TOP]


@inlined
def root(parent: Any, x: Any) -> Any:
    """Root of the tree that x is in, of a forest given by parents; the way there is made shorter."""
    while parent[x] != x:
        parent[x] = x = parent[parent[x]]
    return x


@kernel
def sort(numbers: Any, start: Any, stop: Any) -> None:
    """Sort ``numbers[start:stop]`` in place (Shell's method: insertion sort of ever finer combs)."""
    gap = 1
    while 3 * gap < stop - start:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(start + gap, stop):
            x, k = numbers[i], i
            while k >= start + gap and numbers[k - gap] > x:
                numbers[k] = numbers[k - gap]
                k -= gap
            numbers[k] = x
        gap //= 3
