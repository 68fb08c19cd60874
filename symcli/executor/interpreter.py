"""The interpreter: operators one after another, kernels at once. It is the meaning of a graph.

Every faster path is tested against it; monitors and imperative arrays run on it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symcli.errors import MXNetError
from symcli.executor.memory import Pool
from symcli.kernels.kernel import Refused
from symcli.ops.op import OpContext

__all__ = ["Interpreter"]

Arrays = Sequence[np.ndarray | None]


class Interpreter:
    """Runs the methods of operators on arrays."""

    def __init__(self, key: np.ndarray):
        self._key = key
        self._pool = Pool()

    def run(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays]) -> None:
        """Run ``forward`` or ``backward`` of an operator that is node number ``node`` of its graph."""
        self._call(method, node, is_train, arrays, lambda array: array)

    def _call(self, method: Callable[..., None], node: int, is_train: bool, arrays: Sequence[Arrays],
              lend: Callable[[np.ndarray], np.ndarray]) -> None:  # fmt: skip
        taken: list[np.ndarray] = []

        def scratch(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
            taken.append(self._pool.take(shape, dtype))
            return lend(taken[-1])

        lent = [[None if array is None else lend(array) for array in group] for group in arrays]
        with np.errstate(all="ignore"):  # NaN and infinity are values here, as in MXNet
            try:
                method(OpContext(is_train, self._key, node, scratch), *lent)
            except Refused as error:
                raise MXNetError(str(error)) from None
        for array in taken:
            self._pool.give_back(array)
