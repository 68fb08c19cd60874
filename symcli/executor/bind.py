"""From shapes to arrays: ``bind`` over the caller's arrays, ``simple_bind`` over new ones."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symcli import dtypes
from symcli.errors import BindError, MXNetError
from symcli.executor.data_dependent import DataDependentExecutor, depends_on_data
from symcli.executor.executor import Executor
from symcli.graph.infer import Inference, infer_shapes, infer_types
from symcli.graph.node import Entry
from symcli.ndarray.array import Buffer, NDArray
from symcli.ndarray.context import Context, current_context
from symcli.shapes import Shape, is_known, text

if TYPE_CHECKING:
    from symcli.graph.symbol import Symbol

__all__ = ["bind", "simple_bind"]

REQUESTS = ("write", "add", "null")


def bind(symbol: "Symbol", ctx: Context | None, args: Any, args_grad: Any = None, grad_req: Any = "write",
         aux_states: Any = None) -> Executor:  # fmt: skip
    """Return an executor over the caller's arrays, which it shares.

    Parameters
    ----------
    args, args_grad, aux_states : arrays as a list in the symbol's order, or by name.
    grad_req : "write", "add" or "null", for all arguments, or as a list, or by name.

    Raises
    ------
    BindError
        If an array is missing, or has another shape than the graph needs.
    """
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    arguments = _ordered("args", names, args, True)
    auxiliary = _ordered("aux_states", states, aux_states if aux_states is not None else {}, True)
    gradients = _ordered("args_grad", names, args_grad if args_grad is not None else {}, False)
    requests = _requests(names, grad_req, args_grad is not None)
    requests = ["null" if gradient is None else req for req, gradient in zip(requests, gradients, strict=True)]
    nodes, auxiliary_nodes = symbol._variables()
    arrays = zip([*nodes, *auxiliary_nodes], [*arguments, *auxiliary], strict=True)
    shapes = infer_shapes(symbol._heads, {node: array.shape for node, array in arrays})
    if not depends_on_data(symbol):
        for name, array in zip([*names, *states], [*arguments, *auxiliary], strict=True):
            if not array.size:
                raise BindError(f"bind: {name} is {array.shape}, an array without elements; to a graph 0 is an unknown "
                                "size: leave such batches out, or compute with nd")  # fmt: skip
        _require_known(symbol, shapes)
    for name, array, gradient in zip(names, arguments, gradients, strict=True):
        if gradient is not None and gradient.shape != array.shape:
            raise BindError(f"bind: the gradient of {name} is {gradient.shape}; needs its shape {array.shape}")
    if depends_on_data(symbol):
        return DataDependentExecutor(symbol, ctx or current_context(), arguments, gradients, requests, auxiliary)
    return Executor(symbol, ctx or current_context(), arguments, gradients, requests, auxiliary,
                    lambda entry: shapes.known[entry], _reshaped)  # fmt: skip


def simple_bind(symbol: "Symbol", ctx: Context | None, grad_req: Any, type_dict: Mapping[str, Any] | None,
                shared_exec: Executor | None, given: Mapping[str, Shape]) -> Executor:  # fmt: skip
    """Return an executor over new arrays of zeros, of the shapes inferred from the given ones.

    Arguments lie one after another in one buffer, gradients in another, so that one kernel call can
    update all of them. Arrays of ``shared_exec`` with the same name and shape are used in place of new ones.

    Raises
    ------
    MXNetError
        If not all shapes can be told, or they contradict.
    """
    ctx = ctx or current_context()
    symbol._given("shape", (), given)
    shapes = infer_shapes(symbol._heads, {key: tuple(shape) for key, shape in given.items()})
    _require_known(symbol, shapes)
    types = infer_types(symbol._heads, {key: dtypes.name_of(value) for key, value in (type_dict or {}).items()})
    for node in types.nodes:  # what nothing tells is float32; each guess may tell others
        if node.op is None and types.get((node, 0)) is None:
            types.give(node, "float32")
            types.run()
    nodes, auxiliary_nodes = symbol._variables()
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    requests = _requests(names, grad_req, True)

    def forms(chosen: Sequence[Any]) -> list[tuple[Shape, str]]:
        return [(shapes.known[node, 0], types.get((node, 0)) or "float32") for node in chosen]

    shared_args = (
        dict(zip(shared_exec._symbol.list_arguments(), shared_exec.arg_arrays, strict=True)) if shared_exec else {}
    )
    shared_aux = (
        dict(zip(shared_exec._symbol.list_auxiliary_states(), shared_exec.aux_arrays, strict=True))
        if shared_exec
        else {}
    )
    arguments = _shared_or_new(names, forms(nodes), shared_args, ctx)
    auxiliary = _shared_or_new(states, forms(auxiliary_nodes), shared_aux, ctx)
    wanting = [node for node, req in zip(nodes, requests, strict=True) if req != "null"]
    made = iter(_in_one_buffer(forms(wanting), ctx))
    gradients = [None if req == "null" else next(made) for req in requests]
    return Executor(
        symbol, ctx, arguments, gradients, requests, auxiliary, lambda entry: shapes.known[entry], _reshaped,
        shared_exec,
    )  # fmt: skip


def _ordered(what: str, names: Sequence[str], given: Any, required: bool) -> list[Any]:
    """Return arrays in the order of names, from a list or a dictionary."""
    if isinstance(given, Mapping):
        missing = [name for name in names if name not in given]
        if missing and required:
            raise BindError(f"bind: {what} lacks {', '.join(missing)}; needs {', '.join(names)}")
        arrays = [given.get(name) for name in names]
    else:
        arrays = list(given)
        if len(arrays) != len(names):
            raise BindError(f"bind: {what} has {len(arrays)} arrays; needs {len(names)}: {', '.join(names)}")
    for name, array in zip(names, arrays, strict=True):
        if not isinstance(array, NDArray) and not (array is None and not required):
            raise TypeError(f"bind: {what} has a {type(array).__name__} for {name}; needs an NDArray: nd.array(…)")
    return arrays


def _requests(names: Sequence[str], grad_req: Any, wanted: bool) -> list[str]:
    """Return what to do with each argument's gradient."""
    if isinstance(grad_req, str):
        requests = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        requests = [grad_req.get(name, "null") for name in names]
    else:
        requests = list(grad_req)
        if len(requests) != len(names):
            raise BindError(f"bind: grad_req has {len(requests)} entries; needs {len(names)}: {', '.join(names)}")
    for name, request in zip(names, requests, strict=True):
        if request not in REQUESTS:
            raise MXNetError(f"bind: grad_req of {name} is {request!r}; needs one of {', '.join(REQUESTS)}")
    return requests if wanted else ["null"] * len(names)


def _require_known(symbol: "Symbol", shapes: Inference[Shape]) -> None:
    unknown = [
        f"{node.name} {text(shapes.get((node, 0)))}"
        for node in shapes.nodes
        if node.op is None and not is_known(shapes.get((node, 0)))
    ]
    if not unknown and not all(is_known(shapes.get(head)) for head in symbol._heads):
        unknown = [name for name, head in zip(symbol.list_outputs(), symbol._heads, strict=True)
                   if not is_known(shapes.get(head))]  # fmt: skip
    if unknown and depends_on_data(symbol):
        raise MXNetError(f"bind: the shapes of {', '.join(unknown)} hang on the data; make the arrays and use bind()")
    if unknown:
        raise MXNetError(f"bind: shapes still unknown: {', '.join(unknown)}\n"
                         f"  give those of the inputs: simple_bind(ctx, {unknown[0].split(' ')[0]}=(…))")  # fmt: skip


def _in_one_buffer(forms: Sequence[tuple[Shape, str]], ctx: Context) -> list[NDArray]:
    """Return arrays of zeros that lie one after another; each starts at a multiple of 64 bytes."""
    sizes = [-(-math.prod(shape) * np.dtype(dtype).itemsize // 64) * 64 for shape, dtype in forms]
    memory = np.zeros(sum(sizes) + 64, np.uint8)
    place = -memory.__array_interface__["data"][0] % 64
    arrays = []
    for (shape, dtype), size in zip(forms, sizes, strict=True):
        used = math.prod(shape) * np.dtype(dtype).itemsize
        arrays.append(NDArray(memory[place : place + used].view(dtype).reshape(shape), ctx, Buffer()))
        place += size
    return arrays


def _shared_or_new(names: Sequence[str], forms: Sequence[tuple[Shape, str]], shared: Mapping[str, NDArray],
                   ctx: Context) -> list[NDArray]:  # fmt: skip
    def fits(name: str, form: tuple[Shape, str]) -> bool:
        return name in shared and (shared[name].shape, shared[name]._data.dtype.name) == form

    made = iter(_in_one_buffer([form for name, form in zip(names, forms, strict=True) if not fits(name, form)], ctx))
    return [shared[name] if fits(name, form) else next(made) for name, form in zip(names, forms, strict=True)]


def _reshaped(executor: Executor, partial_shaping: bool, allow_up_sizing: bool, given: Mapping[str, Shape]) -> Executor:
    symbol = executor._symbol
    names = symbol.list_arguments()
    symbol._given("shape", (), given)
    shapes = infer_shapes(symbol._heads, {key: tuple(shape) for key, shape in given.items()})
    _require_known(symbol, shapes)
    nodes, auxiliary_nodes = symbol._variables()

    def fitted(name: str, array: NDArray, entry: Entry) -> NDArray:
        shape = shapes.known[entry]
        if array.shape == shape:
            return array
        if not partial_shaping and name not in given:
            raise MXNetError(f"reshape: {name} would change from {array.shape} to {shape}; "
                             "name it too, or allow it with partial_shaping=True")  # fmt: skip
        size = math.prod(shape)
        if size > array._data.size:
            if not allow_up_sizing:
                raise MXNetError(f"reshape: {name} would grow from {array.shape} to {shape}; start from the larger "
                                 "shape, or allow new arrays with allow_up_sizing=True")  # fmt: skip
            return NDArray(np.zeros(shape, array._data.dtype), array.context)
        return NDArray(array._data.reshape(-1)[:size].reshape(shape), array.context, array._buffer)

    arguments = [
        fitted(name, array, (node, 0)) for name, array, node in zip(names, executor.arg_arrays, nodes, strict=True)
    ]
    gradients = [None if array is None else fitted(name, array, (node, 0))
                 for name, array, node in zip(names, executor.grad_arrays, nodes, strict=True)]  # fmt: skip
    auxiliary = [fitted(name, array, (node, 0)) for name, array, node in
                 zip(symbol.list_auxiliary_states(), executor.aux_arrays, auxiliary_nodes, strict=True)]  # fmt: skip
    return Executor(symbol, executor._ctx, arguments, gradients, executor._grad_req, auxiliary,
                    lambda entry: shapes.known[entry], _reshaped, executor)  # fmt: skip
