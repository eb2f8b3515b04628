"""Compilation by numba: at the first call, once per machine where its cache can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
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
        compiled: Any = numba.njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # numba found nowhere to cache
        return numba.njit(nogil=True, **options)(function)
    # numba itself looks at the file of a function only, and not at those of the functions that it calls.
    kept = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if kept is not None:  # with NUMBA_DISABLE_JIT there is none
        kept._source_stamp = sources()
    return compiled


@cache
def sources() -> str:
    """Digest of all modules of the engine: machine code of other ones is compiled anew."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
