"""Capture and replay: operators describe a step once; afterwards only its kernel calls are run.

While capturing, operators get read-only stand-ins for their arrays. Small ones are full of NaN, so an
element that an operator reads or writes itself shows at once; large ones are never touched and cost
no memory. What is recorded are views of the real arrays at the same places.
"""

import numbers
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from symcli.errors import MXNetError
from symcli.executor.interpreter import Arrays, Interpreter
from symcli.executor.memory import owner
from symcli.kernels.kernel import Refused, recording

__all__ = ["Capture"]

_FILLED_UP_TO = 1 << 20  # bytes


class Capture(Interpreter):
    """Writes down the kernel calls of operators; ``replay`` runs them."""

    def __init__(self, key: np.ndarray):
        super().__init__(key)
        self._calls: list[tuple[Callable[..., Any], tuple]] = []
        self._real: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # id of a stand-in -> (it, the real array)

    def replay(self) -> None:
        """Run the recorded calls."""
        with np.errstate(all="ignore"):  # NaN and infinity are values here, as in MXNet
            try:
                for function, arguments in self._calls:
                    function(*arguments)
            except Refused as error:
                raise MXNetError(str(error)) from None

    def recording(self) -> AbstractContextManager[None]:
        """Record the kernel calls that the executor makes itself, on real arrays."""
        return recording(lambda function, arguments: self._calls.append((function, arguments)))

    def run(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays]) -> None:
        if not method.__self__.captured:  # type: ignore[attr-defined]
            self._calls.append((super().run, (method, node, is_train, arrays)))
            return
        self._real = {id(self._key): (self._key, self._key)}
        with recording(self._record):
            self._call(method, node, is_train, arrays, self._stand_in)
        self._real = {}

    def _stand_in(self, array: np.ndarray) -> np.ndarray:
        shadow = np.empty(array.shape, array.dtype)
        if shadow.nbytes <= _FILLED_UP_TO:
            shadow.fill(np.nan if shadow.dtype.kind == "f" else 111 if shadow.dtype.kind in "iu" else True)
        self._real[id(shadow)] = (shadow, array)
        view = shadow.view()
        view.flags.writeable = False
        return view

    def _record(self, function: Callable[..., Any], arguments: tuple) -> None:
        self._calls.append((function, tuple(self._recorded(function, argument) for argument in arguments)))

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
