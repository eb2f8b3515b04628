"""Compilation by numba: at the first call, once per machine where its cache can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function`; it releases the GIL, so that Python threads run it side by side.

    The machine code is kept beside the source, or in the user's cache directory where the
    installation is read-only; where neither can be written it is compiled in every process.
    """
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found nowhere to cache
        return numba.njit(nogil=True)(function)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `jit`, compiled into its callers: handing over tables costs more than short functions do."""
    try:
        return numba.njit(nogil=True, cache=True, forceinline=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True, forceinline=True)(function)


@intrinsic  # type: ignore[untyped-decorator]
def lent(typing_context: Any, arrays: Any) -> Any:
    """The same named tuple, its arrays without owner: nobody counts references to them.

    Counting costs more than the work in functions as short as ours. The caller keeps the arrays alive.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = arguments[0]
        for i, kind in enumerate(arrays.types):
            if isinstance(kind, types.Array):
                array = context.make_array(kind)(context, builder, builder.extract_value(whole, i))
                array.meminfo = cgutils.get_null_value(array.meminfo.type)
                array.parent = cgutils.get_null_value(array.parent.type)
                whole = builder.insert_value(whole, array._getvalue(), i)
        return whole

    return arrays(arrays), generate
