"""Numba and the flags of the plain kernels, in one place.

``error_model='numpy'`` everywhere: with Python's, each float division tests for zero and no loop
vectorises (tanh 3.7 against 0.22 ns an element). ``fastmath`` is a chosen set: ``nnan`` and ``ninf``
would lose the NaN and infinities that users look for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba.core import event

from symcli.kernels import cache, processor
from symcli.kernels.kernel import Kernel

__all__ = ["function", "host", "kernel", "ordered_kernel", "watched"]

numba.config.CACHE_DIR = str(cache.directory())  # type: ignore[attr-defined]
processor.configure(numba.config)

_FLAGS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz"},
}


class _Compiled(Kernel):
    """A compiled loop. Numba knows no float16: such arrays are computed in float32 and rounded back."""

    def __call__(self, *args: Any) -> None:
        if any(isinstance(arg, np.ndarray) and arg.dtype == np.float16 for arg in args):
            self.call(self._run_half, args)
        else:
            self.call(self.run, args)

    def _run_half(self, *args: Any) -> None:
        halves = [isinstance(arg, np.ndarray) and arg.dtype == np.float16 for arg in args]
        wide = [arg.astype(np.float32) if half else arg for arg, half in zip(args, halves, strict=True)]
        self.run(*wide)
        for arg, half, result in zip(args, halves, wide, strict=True):
            if half and arg.flags.writeable:
                np.copyto(arg, result, casting="unsafe")


def ordered_kernel(loop: Callable[..., None]) -> Kernel:
    """Compile a loop whose sums are taken in the order they are written, element by element."""
    return _Compiled(numba.njit(**{**_FLAGS, "fastmath": set()})(loop), loop.__doc__)


def kernel(loop: Callable[..., None]) -> Kernel:
    """Compile a loop over arrays and numbers, once for each set of argument types, on its first call."""
    return _Compiled(numba.njit(**_FLAGS)(loop), loop.__doc__)


def function(body: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers that kernels of the same family call."""
    return numba.njit(**_FLAGS)(body)


@contextmanager
def watched(compiling: Callable[[str], None]) -> Iterator[None]:
    """Call ``compiling`` with the name of each kernel that has to be compiled, before that is done."""

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            compiling(event.data["dispatcher"].py_func.__name__)

        def on_end(self, event: Any) -> None:
            pass

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)


def host() -> tuple[str, str, list[str]]:
    """Return LLVM's version, its name for this processor, and the processor's features."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return (
        ".".join(map(str, binding.llvm_version_info)),
        binding.get_host_cpu_name(),
        sorted(name for name, has in features.items() if has),
    )
