"""Capture and replay: operators describe a step once; afterwards only its kernel calls are run.

While capturing, operators get read-only stand-ins for their arrays. Small ones are full of NaN, so an
element that an operator reads or writes itself shows at once; large ones are never touched and cost
no memory. What is recorded are views of the real arrays at the same places.
"""

import numbers
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import groupby
from typing import Any

import numpy as np

from symcli.engine import planes
from symcli.errors import MXNetError
from symcli.executor.interpreter import Arrays, Interpreter, Scratch
from symcli.executor.memory import owner
from symcli.kernels.kernel import Refused, recording
from symcli.ndarray.array import Buffer

__all__ = ["Capture"]

Call = tuple[Callable[..., Any], tuple]

_FILLED_UP_TO = 1 << 20  # bytes


class Capture(Interpreter):
    """Writes down the kernel calls of operators; ``replay`` runs them.

    Instructions of the engine that follow one another are joined to one tape.

    Parameters
    ----------
    key : the random state.
    buffers : the version of each variable's array, by the array's id.
    pool : scratch that may be shared with other records.
    compiles : whether instructions are compiled as they are recorded; without, a record only tells what is needed.

    Attributes
    ----------
    kept_bytes : the memory that operators keep from step to step.

    Raises
    ------
    NotCompiled
        In ``run`` and ``recording``, if an instruction that is recorded cannot be compiled.
    """

    def __init__(self, key: np.ndarray, buffers: Mapping[int, Buffer] | None = None,
                 pool: Scratch | None = None, compiles: bool = True):  # fmt: skip
        super().__init__(key, pool)
        self._compiles, self.kept_bytes = compiles, 0
        self._buffers = buffers or {}
        self._calls: list[Call] = []
        self._preparations: list[Call] = []
        self._sources: dict[int, Buffer] = {}  # what the preparations depend on
        self._prepared: list[int] | None = None  # versions of the sources that they were run for
        self._uses_numpy = True
        self._written = self._calls  # where calls are written down
        self._real: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # id of a stand-in -> (it, the real array)

    def join(self) -> None:
        """Make each run of engine instructions one tape, for the current team; nothing is recorded afterwards."""
        self._calls, self._preparations = _joined(self._calls), _joined(self._preparations)
        self._uses_numpy = any(not hasattr(call, "run_one") for call, _ in (*self._calls, *self._preparations))

    def replay(self) -> None:
        """Run the recorded calls."""
        # NaN and infinity are values here, as in MXNet; tapes never ask NumPy.
        with np.errstate(all="ignore") if self._uses_numpy else nullcontext():
            try:
                if self._preparations:
                    versions = [buffer.version for buffer in self._sources.values()]
                    if versions != self._prepared:
                        for function, arguments in self._preparations:
                            function(*arguments)
                        self._prepared = versions
                for function, arguments in self._calls:
                    function(*arguments)
            except Refused as error:
                raise MXNetError(str(error)) from None

    def calls(self) -> list[Call]:
        """Return what was recorded, in the order it is run in."""
        return [*self._preparations, *self._calls]

    def recording(self) -> AbstractContextManager[None]:
        """Record the kernel calls that the executor makes itself, on real arrays."""
        return recording(lambda function, arguments: self._calls.append((self._compiled(function), arguments)))

    def run(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays],
            adds: Collection[int] = ()) -> None:  # fmt: skip
        if not method.__self__.captured:  # type: ignore[attr-defined]
            self._calls.append((super().run, (method, node, is_train, arrays)))
            return
        self._real = {id(self.key): (self.key, self.key)}
        with recording(self._record):
            self._call(method, node, is_train, arrays, adds, self._stand_in)
        self._real = {}

    def table(self, array: np.ndarray) -> np.ndarray:
        root = owner(array)
        self._real[id(root)] = (root, root)
        return array

    def kept(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        made = planes.guarded(shape, dtype)
        self.kept_bytes += made.nbytes
        return self._stand_in(made)

    @contextmanager
    def preparing(self, *sources: np.ndarray) -> Iterator[None]:
        real = [self._real[id(owner(source))][1] for source in sources]
        known = [self._buffers.get(id(array)) for array in real]
        if all(buffer is not None for buffer in known):
            self._sources.update({id(buffer): buffer for buffer in known if buffer is not None})
            self._written = self._preparations
        try:
            yield
        finally:
            self._written = self._calls

    def _compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function; an instruction is compiled now, while it is known which operator needs it."""
        if self._compiles:
            getattr(function, "address", None)
        return function

    def _stand_in(self, array: np.ndarray) -> np.ndarray:
        shadow = np.empty(array.shape, array.dtype)
        if shadow.nbytes <= _FILLED_UP_TO:
            shadow.fill(np.nan if shadow.dtype.kind == "f" else 111 if shadow.dtype.kind in "iu" else True)
        self._real[id(shadow)] = (shadow, array)
        view = shadow.view()
        view.flags.writeable = False
        return view

    def _record(self, function: Callable[..., Any], arguments: tuple) -> None:
        self._written.append(
            (self._compiled(function), tuple(self._recorded(function, argument) for argument in arguments))
        )

    def _recorded(self, function: Callable[..., Any], argument: Any) -> Any:
        if isinstance(argument, numbers.Number | np.generic):
            return argument
        if not isinstance(argument, np.ndarray):
            raise TypeError(f"kernel {function.__name__} got {argument!r}; kernels take arrays and numbers")
        root = owner(argument)
        if id(root) not in self._real:
            raise TypeError(f"kernel {function.__name__} got an array that is no view of what its operator was given")
        shadow, real = self._real[id(root)]
        if real is shadow:
            return argument
        offset = argument.__array_interface__["data"][0] - shadow.__array_interface__["data"][0]
        if not argument.size:
            return np.empty(argument.shape, argument.dtype)
        return np.ndarray(argument.shape, argument.dtype, real.reshape(-1).view(np.uint8), offset, argument.strides)


def _joined(calls: Sequence[Call]) -> list[Call]:
    """Return calls with each run of engine instructions made one tape."""
    joined: list[Call] = []
    for join, run in groupby(calls, key=lambda call: getattr(call[0], "joined", None)):
        together = list(run)
        joined.extend(together if join is None else [(join(together), ())])
    return joined
