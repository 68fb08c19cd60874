"""All weights of a step updated by one call of the engine, as far as it knows the formula."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import engine
from symcli.engine.instruction import Tape
from symcli.executor import modes
from symcli.kernels.kernel import NotCompiled
from symcli.ndarray import NDArray
from symcli.train.optimizer.base import Call, run

__all__ = ["Together"]


class _Prepared:
    """The calls of one kernel on given arrays, as one tape; the numbers are written before each run."""

    def __init__(self, name: str, calls: Sequence[Call]):
        self.arrays = [arrays for _, _, arrays in calls]
        self._given: list[tuple[float, ...]] | None = None  # what self.numbers holds
        self._changed = [array for arrays in self.arrays for array in arrays[1:]]
        self.numbers = np.empty((len(calls), len(calls[0][1])), np.float32)
        table, blocks = np.empty((len(calls), 2 + len(self.arrays[0])), np.int64), 0
        for line, arrays in zip(table, self.arrays, strict=True):
            size = arrays[-1].size
            line[:] = blocks, size, *(array._data.__array_interface__["data"][0] for array in arrays)
            blocks += -(-size // engine.update.CHUNK)
        self._tape = Tape([(engine.update.update[name].run, (table, self.numbers, len(calls), blocks))])
        self._kept = [array._data for arrays in self.arrays for array in arrays]  # the tape has their addresses alone

    def fits(self, calls: Sequence[Call]) -> bool:
        """Whether these are calls on the same arrays."""
        given = [array._data for _, _, arrays in calls for array in arrays]
        return len(given) == len(self._kept) and all(map(operator.is_, given, self._kept))

    def run(self, calls: Sequence[Call]) -> None:
        given = [numbers for _, numbers, _ in calls]
        if given != self._given:
            self.numbers[:], self._given = given, given
        self._tape()
        for array in self._changed:
            array._buffer.version += 1


class Together:
    """Runs update kernels of many weights; what the engine does not know runs one by one."""

    def __init__(self) -> None:
        self._prepared: dict[str, _Prepared | None] = {}
        self._known: tuple[NDArray, ...] | None = None  # weights that can run

    def run(self, calls: Sequence[Call]) -> None:
        """Run the calls; no weight may be in two of them."""
        for kernel in dict.fromkeys(kernel for kernel, _, _ in calls):
            name, own = kernel.__name__, [call for call in calls if call[0] is kernel]
            prepared = self._prepare(name, own) if name in engine.update.UPDATES else None
            if prepared is not None:
                prepared.run(own)
                continue
            for _, numbers, (grad, *states, weight) in own:
                run(kernel, grad, numbers, states, weight)

    def _prepare(self, name: str, calls: Sequence[Call]) -> _Prepared | None:
        """Return the calls of one kernel as a tape; None if the engine's cannot be compiled here."""
        prepared = self._prepared.get(name)
        if name not in self._prepared or (prepared is not None and not prepared.fits(calls)):
            try:
                prepared = _Prepared(name, calls)
            except NotCompiled as failure:
                modes.warn_not_compiled(str(failure))
                prepared = None
            self._prepared[name] = prepared
        return prepared

    def can_run(self, weights: Sequence[NDArray]) -> bool:
        """Whether the engine is in use and all weights are different arrays of float32."""
        if weights is self._known:
            return True
        can = (
            all(weight.dtype == np.float32 for weight in weights)
            and len({id(weight) for weight in weights}) == len(weights)
            and modes.engine_in_use()
        )
        # A list may hold others by the next call.
        self._known = weights if can and isinstance(weights, tuple) else None
        return can

    def __getstate__(self) -> dict[str, Any]:
        return {"_prepared": {}, "_known": None}
