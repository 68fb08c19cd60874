"""Executors of graphs whose shapes hang on the data: operators run one after another, recorded for backward."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symcli.errors import MXNetError
from symcli.executor import autograd
from symcli.executor.executor import Executor
from symcli.graph.node import Entry, topological
from symcli.ndarray import control_flow, random, tape
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context
from symcli.ndarray.invoke import invoke
from symcli.ops import Op

if TYPE_CHECKING:
    from symcli.graph.symbol import Symbol

__all__ = ["DataDependentExecutor", "depends_on_data", "run_operator"]


def depends_on_data(symbol: "Symbol") -> bool:
    """Whether shapes of a graph hang on the data."""
    return any(node.op is not None and node.op.depends_on_data for node in topological(symbol._heads))


def run_operator(op: Op, inputs: Sequence[NDArray]) -> list[NDArray]:
    """Run an operator on arrays, whatever its outputs' shapes hang on; return its visible outputs."""
    made = control_flow.boolean_mask(inputs[0], inputs[1]) if op.depends_on_data else invoke(op, inputs)
    return list(made) if isinstance(made, list) else [made]


class DataDependentExecutor(Executor):
    """A symbol bound to arrays, whose ``outputs`` are new arrays after each forward, of the shapes that the data give.

    As in MXNet it cannot be reshaped, and is not made by ``simple_bind``.
    """

    def __init__(
        self,
        symbol: "Symbol",
        ctx: Context,
        arguments: Sequence[NDArray],
        gradients: Sequence[NDArray | None],
        grad_req: Sequence[str],
        states: Sequence[NDArray],
    ):
        self._symbol, self._ctx, self._grad_req = symbol, ctx, list(grad_req)
        self.arg_arrays, self.grad_arrays, self.aux_arrays = list(arguments), list(gradients), list(states)
        self._output_names = symbol.list_outputs()
        self._key, self._monitor, self.mode = random.new_key(), None, "interpreter"
        self.outputs: list[NDArray] = []

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs; arrays given by name are copied into the arguments first."""
        self._copy_in(kwargs)
        nodes, auxiliary = self._symbol._variables()
        values: dict[Entry, NDArray] = {}
        for node, array, grad, req in zip(nodes, self.arg_arrays, self.grad_arrays, self._grad_req, strict=True):
            values[node, 0] = NDArray(array._data, self._ctx, array._buffer)
            if grad is not None and req != "null":
                tape.mark(values[node, 0], grad, req)
        values |= {(node, 0): array for node, array in zip(auxiliary, self.aux_arrays, strict=True)}
        with tape.Scope(True, bool(is_train)):
            for node in topological(self._symbol._heads):
                if node.op is not None:
                    made = run_operator(node.op, [values[entry] for entry in node.inputs])
                    values |= {(node, i): one for i, one in enumerate(made)}
        self.outputs = [values[head] for head in self._symbol._heads]
        self.__dict__.pop("output_dict", None)
        return self.outputs

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients, from those of the outputs; losses need none."""
        if not self.outputs:
            raise MXNetError("backward: forward has not run yet")
        heads = self._heads(out_grads)
        wanted = [(grad, req) for grad, req in zip(self.grad_arrays, self._grad_req, strict=True)
                  if grad is not None and req != "null"]  # fmt: skip
        for grad, req in wanted:
            if req == "write":
                grad[:] = 0
        if wanted:
            given = [NDArray(np.zeros_like(one._data), self._ctx) if head is None else head
                     for head, one in zip(heads, self.outputs, strict=True)]  # fmt: skip
            autograd.backward(self.outputs, given, retain_graph=True)

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False,
                **kwargs: tuple[int, ...]) -> "Executor":  # fmt: skip
        """Refuse: bind again, to arrays of the other shapes."""
        raise MXNetError("reshape: shapes of this graph hang on its data; bind it again, to arrays of the other shapes")
