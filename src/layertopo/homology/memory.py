"""A budget of memory, kept: what would not fit is not begun."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

from layertopo.errors import LayertopoError

_MEGABYTE = 2**20


class OutOfMemoryBudgetError(LayertopoError, MemoryError):
    """A diagram needs more memory than it was given.

    Attributes
    ----------
    needed, budget : float
        Megabytes (2**20 bytes) of the process that the next step takes, and that it may have.
    """

    def __init__(self, needed: float, budget: float, n_points: int, done: str, start: float) -> None:
        self.needed, self.budget = needed, budget
        self._arguments = needed, budget, n_points, done, start
        fits = int(n_points * min(1.0, max(0.0, (budget - start) / max(needed - start, 1.0))) ** 0.5)
        hint = f", or a sample: about {fits:,} points would fit" if fits else ""
        super().__init__(
            f"a diagram of {n_points:,} points needs {needed:,.0f} MB or more ({done}), and may have {budget:,.0f} MB; "
            f"give it more{hint}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is brought from one process to another."""
        return type(self), self._arguments


class Budget:
    """Megabytes that the process may have, and what of them this diagram may take.

    Parameters
    ----------
    megabytes : float or None
        None for no limit.
    n_points : int
    """

    def __init__(self, megabytes: float | None, n_points: int) -> None:
        self._megabytes = megabytes
        self._n_points = n_points
        self._start = _resident() if megabytes is not None else 0.0

    def left(self, held: int) -> float:
        """Bytes that may still be taken, where `held` were taken; infinite if there is no limit."""
        if self._megabytes is None:
            return float("inf")
        return (self._megabytes - self._start) * _MEGABYTE - held

    def check(self, held: int, more: int, done: str) -> None:
        """Refuse a step that takes `more` bytes, where `held` were taken.

        Raises
        ------
        OutOfMemoryBudgetError
        """
        if self._megabytes is not None and more > self.left(held):
            needed = self._start + (held + more) / _MEGABYTE
            raise OutOfMemoryBudgetError(needed, self._megabytes, self._n_points, done, self._start)


def _resident() -> float:
    """Megabytes that the process has; where the system does not say, those that it has had at most."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / _MEGABYTE
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE


def bytes_to_collapse(n_points: int) -> int:
    """What rows of bits take while they are made, or while nothing can be taken away: three of each point."""
    return 3 * n_points * 64 * -(-n_points // 512)  # whole cache lines
