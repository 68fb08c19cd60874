"""What a kernel is: a function of arrays and numbers that can be run at once or written down.

The interpreter runs kernels as they are called. While a record is open (``recording``) the same
calls are written down instead; the executor replays them every step without running the operators.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Kernel", "NotCompiled", "OutOfRange", "Refused", "numpy_kernel", "recording"]

Record = Callable[[Callable[..., Any], tuple], None]


class _Thread(threading.local):
    record: Record | None = None


_thread = _Thread()


class Refused(ValueError):
    """Data that a kernel cannot compute with, as a singular matrix; known only when it reads them."""


class NotCompiled(RuntimeError):
    """Machine code could not be made for a kernel here; whoever can do without it does."""


class OutOfRange(Refused, IndexError):
    """An index in data is outside the array it points into."""


class Kernel:
    """A function of arrays and numbers, output last, nothing returned."""

    def __init__(self, run: Callable[..., Any], doc: str | None = None):
        self.run = run
        self.__name__ = run.__name__
        self.__doc__ = doc or run.__doc__

    def __call__(self, *args: Any) -> None:
        self.call(self.run, args)

    @staticmethod
    def call(run: Callable[..., Any], args: tuple) -> None:
        """Run a function on its arguments, or write that down."""
        if _thread.record is None:
            run(*args)
        else:
            _thread.record(run, args)

    def __repr__(self) -> str:
        return f"<kernel {self.__name__}>"


def numpy_kernel(run: Callable[..., Any]) -> Kernel:
    """Make a kernel of a function that consists of NumPy calls with ``out=``."""
    return Kernel(run)


@contextmanager
def recording(record: Record) -> Iterator[None]:
    """Hand every kernel call of this thread to ``record(function, arguments)`` instead of running it."""
    outer, _thread.record = _thread.record, record
    try:
        yield
    finally:
        _thread.record = outer
