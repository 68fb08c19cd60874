"""Numba and the flags of the plain kernels, in one place.

``error_model='numpy'`` everywhere: with Python's, each float division tests for zero and no loop
vectorises (tanh 3.7 against 0.22 ns an element). ``fastmath`` is a chosen set: ``nnan`` and ``ninf``
would lose the NaN and infinities that users look for.
"""

from collections.abc import Callable
from typing import Any

import numba

from symcli.kernels import cache
from symcli.kernels.kernel import Kernel

__all__ = ["function", "kernel"]

numba.config.CACHE_DIR = str(cache.directory())  # type: ignore[attr-defined]

_FLAGS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz"},
}


def kernel(loop: Callable[..., None]) -> Kernel:
    """Compile a loop over arrays and numbers, once for each set of argument types, on its first call."""
    return Kernel(numba.njit(**_FLAGS)(loop), loop.__doc__)


def function(body: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers that kernels of the same family call."""
    return numba.njit(**_FLAGS)(body)
