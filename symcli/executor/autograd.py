"""Gradients of what was computed: MXNet's ``mx.autograd`` (``python/mxnet/autograd.py``).

Operators that run inside ``record()`` leave a graph behind (``ndarray.tape``); ``backward`` walks it with the same
``Program`` and ``Backward`` that a bound symbol has, on the interpreter, over the arrays of the forward pass.

>>> import symcli as mx
>>> x = mx.nd.array([1, 2, 3])
>>> x.attach_grad()
>>> with mx.autograd.record():
...     y = x * x
>>> y.backward()
>>> x.grad
<BLANKLINE>
[2. 4. 6.]
<NDArray 3 @cpu(0)>
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np

from symcli.errors import DTypeError, MXNetError, ShapeError
from symcli.executor.custom_function import Function
from symcli.executor.interpreter import Arrays, Interpreter
from symcli.executor.program import Backward, Program
from symcli.graph.node import Entry, Node, topological
from symcli.graph.symbol import Symbol
from symcli.ndarray.array import NDArray
from symcli.ndarray.tape import (
    Scope,
    TapeNode,
    entry_of,
    is_recording,
    is_training,
    mark_variables,
    pause,
    predict_mode,
    record,
    set_recording,
    set_training,
    train_mode,
)

__all__ = [
    "Function", "backward", "get_symbol", "grad", "is_recording", "is_training", "mark_variables", "pause",
    "predict_mode", "record", "set_recording", "set_training", "train_mode",
]  # fmt: skip

Gradients = dict[Node, tuple[NDArray, bool]]


def backward(heads: NDArray | Sequence[NDArray], head_grads: Any = None, retain_graph: bool = False,
             train_mode: bool = True) -> None:  # fmt: skip
    """Compute the gradients of all variables that recorded arrays depend on, into their ``grad``.

    Parameters
    ----------
    heads : the arrays to go back from.
    head_grads : the gradient of each, of its shape and type; None for ones.
    retain_graph : keep the recorded graph, so that backward can run again.
    train_mode : whether BatchNorm goes back as in training, which moves its statistics; the others go back as they
        went forward.

    Raises
    ------
    MXNetError
        If a head is not recorded, or no longer, or depends on no variable that has a gradient.
    ShapeError, DTypeError
        If a head's gradient does not fit it.
    """
    given = _heads(heads, head_grads)
    nodes = _nodes(list(given))
    gradients: Gradients = {
        node: (node.gradient, node.grad_req == "add")
        for node in nodes
        if node.gradient is not None and node.grad_req != "null"
    }
    if not gradients:
        raise MXNetError("backward: the recorded graph holds no variable that wants a gradient; call attach_grad() on "
                         "one before recording")  # fmt: skip
    _run(given, nodes, gradients, train_mode, retain_graph)


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> list[NDArray]:
    """Return the gradients of variables as new arrays; their ``grad`` stays as it is.

    The parameters are those of ``backward``; ``variables`` have had ``attach_grad``. As in MXNet 1.9.1, one
    variable gives a list too.

    Raises
    ------
    MXNetError
        As ``backward``; also if a variable has no gradient or the heads do not depend on it, and for
        ``create_graph``: gradients are not recorded, so there are none of second order.
    """
    if create_graph:
        raise MXNetError("grad: create_graph=True asks for gradients of gradients, which are not recorded; write the "
                         "first gradient as operators inside record()")  # fmt: skip
    given = _heads(heads, head_grads)
    nodes = _nodes(list(given))
    chosen: Gradients = {}
    arrays: list[Any] = list(variables) if isinstance(variables, list | tuple) else [variables]
    if not arrays:
        raise MXNetError("grad: there are no variables; name at least one")
    sources = []
    for number, one in enumerate(arrays, 1):
        array = _array("grad", "variable", one)
        entry = entry_of(array)
        if entry is None or entry[0].grad_req == "null":
            raise MXNetError(f"grad: variable {number} has no gradient; call attach_grad() on it before recording")
        if entry[0] not in nodes:
            raise MXNetError(f"grad: the heads do not depend on variable {number}; leave it out")
        chosen[entry[0]] = (NDArray(np.empty_like(array._data), array.context), False)
        sources.append(entry[0])
    _run(given, nodes, chosen, train_mode, bool(retain_graph))
    return [chosen[node][0] for node in sources]


def _array(where: str, what: str, one: Any) -> NDArray:
    if not isinstance(one, NDArray):
        raise TypeError(f"{where}: a {what} is a {type(one).__name__}; needs an NDArray")
    return one


def _heads(heads: Any, head_grads: Any) -> dict[Entry, np.ndarray]:
    """Return the gradient of each head; of one that is given twice the last, as in MXNet."""
    arrays = list(heads) if isinstance(heads, list | tuple) else [heads]
    grads = [head_grads] if isinstance(head_grads, NDArray) else head_grads
    grads = [None] * len(arrays) if grads is None else list(grads)
    if len(grads) != len(arrays):
        raise MXNetError(f"backward: {len(arrays)} heads, {len(grads)} gradients; needs one for each, or None")
    found: dict[Entry, np.ndarray] = {}
    for array, given in zip(arrays, grads, strict=True):
        entry = entry_of(_array("backward", "head", array))
        if entry is None:
            raise MXNetError(
                "backward: this array is in no recorded graph; compute it inside autograd.record() from a variable "
                "with attach_grad(); a graph goes back once, unless retain_graph=True"
            )
        found[entry] = np.ones_like(array._data) if given is None else _fitting(array, given)
    return found


def _fitting(head: NDArray, given: Any) -> np.ndarray:
    data = _array("backward", "head's gradient", given)._data
    if data.shape != head.shape:
        raise ShapeError(f"backward: the gradient of a head is {data.shape}; needs the head's shape {head.shape}")
    if data.dtype != head._data.dtype:
        raise DTypeError(f"backward: the gradient of a head is {data.dtype}; needs the head's type {head._data.dtype}")
    return data


def _nodes(heads: Sequence[Entry]) -> list[TapeNode]:
    """Return the recorded nodes that heads depend on."""
    nodes = cast(list[TapeNode], topological(heads))
    freed = [node for node in nodes if node.values is None]
    if freed and any(node.grad_req != "null" for node in nodes):
        raise MXNetError("backward: part of the recorded graph was freed by an earlier backward; pass "
                         "retain_graph=True to that, or give it both heads at once")  # fmt: skip
    return nodes


class _Replayer(Interpreter):
    """Hands each operator the random key and the mode that it had when it was recorded.

    As in MXNet, operators with auxiliary states, which is BatchNorm, have the mode of the backward pass instead.
    """

    def __init__(self, program: Program):
        super().__init__(np.zeros(3, np.uint64))
        self._nodes = {step.number: cast(TapeNode, step.node) for step in program.steps}

    def run(self, method: Any, node: int, is_train: bool, arrays: Sequence[Arrays],
            adds: Collection[int] = ()) -> None:  # fmt: skip
        recorded = self._nodes[node]
        out_grad, *_, in_grad, _ = arrays
        if _from_nothing(out_grad, in_grad):
            return
        if recorded.context is not None:
            self.key = recorded.context.key
            is_train = is_train if recorded.auxiliary_inputs else recorded.context.is_train
        super().run(method, 0, is_train, arrays, adds)


def _from_nothing(out_grad: Arrays, in_grad: Arrays) -> bool:
    """Whether gradients come from, or go to, arrays without elements alone; the former are 0, and written."""
    wanted = [array for array in in_grad if array is not None]
    if any(array is not None and array.size for array in out_grad):
        return not any(array.size for array in wanted)
    if any(array is not None for array in out_grad):
        for array in wanted:
            array.fill(0)
        return True
    return False


def _run(heads: Mapping[Entry, np.ndarray], nodes: Sequence[TapeNode], gradients: Gradients, is_train: bool,
         retain_graph: bool) -> None:  # fmt: skip
    """Write gradients, then free the graph unless it is to be kept."""
    values: dict[Entry, np.ndarray] = {(node, i): array for node in nodes for i, array in enumerate(node.values or ())}
    program = Program(list(heads), {node: values[node, 0] for node in nodes if node.op is None}, values.__getitem__)
    plan = Backward(program, list(heads.values()), {node: (one._data, add) for node, (one, add) in gradients.items()})
    with Scope(False, is_train):
        plan.run(_Replayer(program), is_train)
    written = [cast(TapeNode, node).buffer for node in program.written()]
    for buffer in (*(one._buffer for one, _ in gradients.values()), *written):
        if buffer is not None:
            buffer.version += 1
    if not retain_graph:
        for node in nodes:
            node.free()


def get_symbol(x: NDArray) -> Symbol:
    """Return the recorded graph of an array as a symbol; its variables have made-up names.

    Raises
    ------
    MXNetError
        If the array is in no recorded graph.
    """
    entry = entry_of(_array("get_symbol", "head", x))
    if entry is None:
        raise MXNetError("get_symbol: this array is in no recorded graph; compute it inside autograd.record()")
    copies: dict[Node, Node] = {}
    for node in topological([entry]):
        inputs = [(copies[source], i) for source, i in node.inputs]
        copies[node] = Node(node.op, node.name, dict(node.attrs), inputs)
    return Symbol([(copies[entry[0]], entry[1])])
