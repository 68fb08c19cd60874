"""The interpreter: operators one after another, kernels at once. It is the meaning of a graph.

Every faster path is tested against it; monitors and imperative arrays run on it.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np

from symcli.engine import planes
from symcli.errors import MXNetError
from symcli.executor.memory import Pool
from symcli.kernels.kernel import Refused
from symcli.ops.op import OpContext

__all__ = ["Arrays", "Context", "Interpreter", "Scratch"]

Arrays = Sequence[np.ndarray | None]


class Context(OpContext):
    """What a lowered operator is handed besides: ``executor/lower`` says more.

    Attributes
    ----------
    adds : the positions of arguments whose gradient is to be added to what is in ``in_grad``.
    """

    __slots__ = ("_runner", "adds")

    def __init__(self, runner: "Interpreter", is_train: bool, node: int, scratch: Callable[..., np.ndarray],
                 adds: Collection[int]):  # fmt: skip
        super().__init__(is_train, runner.key, node, scratch)
        self._runner, self.adds = runner, adds

    def table(self, array: np.ndarray) -> np.ndarray:
        """Return an array of constants of the bind, as masks or offsets, as one that kernels can be given."""
        return self._runner.table(array)

    def kept(self, shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
        """Return uninitialised memory that keeps its contents from step to step, with the engine's margins."""
        return self._runner.kept(shape, dtype)

    def preparing(self, *sources: np.ndarray) -> AbstractContextManager[None]:
        """Kernel calls in this context depend on ``sources`` alone and write memory that is kept.

        If the sources are variables, a record runs these calls before all others, and only in steps before
        which a source was written: weights are packed once for inference, and each step in training.
        """
        return self._runner.preparing(*sources)


class Scratch(Protocol):
    """What scratch is taken from, as ``memory.Pool``."""

    def enter(self, position: int) -> None: ...

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray: ...

    def give_back(self, array: np.ndarray) -> None: ...


class Interpreter:
    """Runs the methods of operators on arrays.

    Scratch is an operator's only while it runs: those that never run at the same time may share ``pool``.

    Attributes
    ----------
    position : of the operator that runs, in the sequence of forward and backward.
    """

    def __init__(self, key: np.ndarray, pool: "Scratch | None" = None):
        self.key, self.position = key, 0
        self._pool: Scratch = pool if pool is not None else Pool()

    def run(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays],
            adds: Collection[int] = ()) -> None:  # fmt: skip
        """Run ``forward`` or ``backward`` of an operator that is node number ``node`` of its graph."""
        self._call(method, node, is_train, arrays, adds, lambda array: array)

    def enter(self, position: int) -> None:
        """Say which operator of the sequence of forward and backward runs next."""
        self.position = position
        self._pool.enter(position)

    def table(self, array: np.ndarray) -> np.ndarray:
        return array

    def kept(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return planes.guarded(shape, dtype)

    def preparing(self, *sources: np.ndarray) -> AbstractContextManager[None]:
        return nullcontext()

    def _call(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays],
              adds: Collection[int], lend: Callable[[np.ndarray], np.ndarray]) -> None:  # fmt: skip
        taken: list[np.ndarray] = []

        def scratch(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
            taken.append(self._pool.take(shape, dtype))
            return lend(taken[-1])

        lent = [[None if array is None else lend(array) for array in group] for group in arrays]
        with np.errstate(all="ignore"):  # NaN and infinity are values here, as in MXNet
            try:
                method(Context(self, is_train, node, scratch, adds), *lent)
            except Refused as error:
                raise MXNetError(str(error)) from None
        for array in taken:
            self._pool.give_back(array)
