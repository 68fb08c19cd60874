"""The engine: kernels of explicit vector code that a team of threads runs as one tape.

What a kernel is
----------------
An *instruction* (``instruction.py``) is a function ``void(int64 parameters, int64 thread, int64 threads)``, compiled
when it is first needed. Every thread of a team runs it; each takes its part of the work from ``thread`` and
``threads``, and a barrier follows. Its parameters are the arguments it was called with, one word of 8 bytes each: the
address of an array, an integer, or a float64. It reads them with ``tape.word(p, i)`` and ``tape.real(p, i)``. It
checks nothing and raises nothing: whoever calls it hands in what fits. Where no machine code can be made for it, asking
for its address raises ``NotCompiled``, and executors take plain operators in its place.

    @instruction
    def scale(p, thread, threads):
        \"\"\"y = a x.  0 x, 1 y, 2 a, 3 n\"\"\"
        start, stop = share(word(p, 3), 16, thread, threads)
        ...

An instruction is called like any kernel, with arrays and numbers: ``scale(x, y, 2.0, x.size)``. At once it runs as a
tape of one. While the executor records, it is written down, and a run of instructions without other kernels between
them becomes one ``Tape``: addresses of functions and of parameter blocks. A tape keeps alive whatever it refers to by
address.

What an instruction may rely on
-------------------------------
* All values are float32, C-contiguous, unless the instruction says otherwise; addresses are multiples of 4.
* A value in storage *planes* (``planes.py``) is an array (channels, pitch) with 512 readable floats before and after
  it. Of each plane the first N H W floats are the pixels of the whole batch; the rest up to the pitch is no value: it
  may be read and overwritten, and never decides what a pixel becomes. Plain arrays have no such margins.
* Two threads never write one address, and none reads what another writes in the same instruction.
* Work that is shared out by ``tape.ticket`` goes to whichever thread is free: only where blocks write apart. Sums over
  threads use ``tape.share``, so that the same number of threads gives the same bytes.
* Constants of the bind (tables of masks, offsets) are arrays from ``OpContext.table``; per-thread memory is scratch of
  shape (``team.current().size``, n).

Rooms: ``jit`` (Numba, flags, lanes), ``vector`` (the builder of vector code), ``tape``, ``team``, ``instruction``,
``planes``, ``cores``; the rest are families of kernels. A family is imported when first used, as behind the kernels'
door.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from symcli.kernels.kernel import NotCompiled

FAMILIES = tuple(module.name for module in pkgutil.iter_modules(__path__))


def __getattr__(family: str) -> ModuleType:
    if family in FAMILIES:
        try:
            return importlib.import_module(f"{__name__}.{family}")
        except Exception as error:  # some functions are compiled when a family is imported
            raise NotCompiled(f"engine.{family}: {type(error).__name__}: {error}") from error
    raise AttributeError(f"no engine family {family!r}; families: {', '.join(FAMILIES)}")


# ---- MXNet's ``mx.engine``: how many operators run in one go is asked for there; here a whole pass always does

_bulk_size = 0


def set_bulk_size(size: int) -> int:
    """Return the size that was set before; nothing else follows from it."""
    global _bulk_size
    before, _bulk_size = _bulk_size, int(size)
    return before


@contextmanager
def bulk(size: int) -> Iterator[None]:
    """Return a context with a bulk size; nothing else follows from it."""
    before = set_bulk_size(size)
    try:
        yield
    finally:
        set_bulk_size(before)
