"""Compilation by numba: at the first call, once per machine where its cache can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function`; it releases the GIL, so that Python threads run it side by side.

    The machine code is kept beside the source, or in the user's cache directory where the
    installation is read-only; where neither can be written it is compiled in every process.
    """
    return _compiled(function)


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `jit`, for a function that allocates nothing: references to its arrays are not counted.

    Counting costs more than the work in functions as short as those of the sweep.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `kernel`, compiled into its callers: to hand over tables costs more than short functions do."""
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    try:
        return numba.njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # numba found nowhere to cache
        return numba.njit(nogil=True, **options)(function)
