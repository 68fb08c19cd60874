"""Numba and llvmlite for the engine, in one place; generators import the IR types from here.

Flags are those of the plain kernels (``kernels/jit.py``), for the same reasons, but without ``reassoc``: Numba puts
the flags on the code of intrinsics too, and (1 + u) - 1 in a polynomial is not u. Sums in plain loops are therefore
not vectorised; sum with ``elementwise``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
from llvmlite import binding, ir
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic

from symcli.kernels import processor
from symcli.kernels.jit import callback, loop

__all__ = [
    "FUSED", "LANES", "REGISTERS", "carray", "cgutils", "compiled", "inline", "instruction_address", "intrinsic",
    "ir", "types",
]  # fmt: skip

_FEATURES = dict(binding.get_host_cpu_features())
LANES = processor.width(_FEATURES)  # float32 lanes of a vector
REGISTERS = 16 if LANES == 8 or (LANES == 4 and "sse2" in _FEATURES) else 32  # vector registers
# Whether multiply-add is one instruction; where it is not, LLVM's fma would be a call of the C library.
FUSED = LANES > 4 or "sse2" not in _FEATURES

_FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}
_SIGNATURE = types.void(types.int64, types.int64, types.int64)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for one signature when it is defined; it runs without the interpreter's lock."""
    return partial(loop, signature, flags=_FLAGS)


def inline(body: Callable[..., Any]) -> Any:
    """Compile a function of numbers that kernels call, together with them."""
    return numba.njit(**_FLAGS)(body)


def instruction_address(body: Callable[..., None]) -> tuple[Any, Any]:
    """Compile ``body(parameters, thread, threads)`` and return its address and what keeps it alive."""
    kernel = callback(_SIGNATURE, body, _FLAGS)
    return kernel.address, kernel
