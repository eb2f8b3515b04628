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
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found nowhere to cache
        return numba.njit(nogil=True)(function)
