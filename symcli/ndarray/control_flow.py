"""Loops and branches over arrays, and what hangs on the data: ``mx.nd.contrib.foreach`` and its like.

They run as Python does; autograd records the operators inside. Source: ``python/mxnet/ndarray/contrib.py``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symcli.errors import MXNetError, ShapeError
from symcli.ndarray.array import NDArray
from symcli.ndarray.creation import array, zeros
from symcli.ndarray.functions import find

__all__ = ["boolean_mask", "cond", "foreach", "while_loop"]


def foreach(body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any, name: str = "foreach") -> Any:
    """Call ``body(slice, states)`` for each slice of the first axis; it returns an output and the next states.

    Parameters
    ----------
    data, init_states : an array or a list of arrays; ``body`` gets and returns the same form.

    Returns
    -------
    The outputs of all calls, stacked along a new first axis, and the last states.
    """
    arrays = _flat(data, "data")
    _flat(init_states, "init_states")
    states, rows = init_states, []
    form: Any = None
    for i in range(arrays[0].shape[0]):
        form, states = body(data[i] if isinstance(data, NDArray) else [one[i] for one in data], states)
        rows.append(_flat(form, "the output of body"))
    stacked = [_operator("stack")(*column, axis=0) for column in zip(*rows, strict=True)]
    return _formed(iter(stacked), form), states


def while_loop(cond: Callable[..., Any], func: Callable[..., tuple[Any, Any]], loop_vars: Any,
               max_iterations: int | None = None, name: str = "while_loop") -> Any:  # fmt: skip
    """Call ``func(*loop_vars)`` while ``cond(*loop_vars)``; it returns an output and the next variables.

    Returns
    -------
    The outputs of all calls, stacked along a new first axis of size ``max_iterations``, 0 where none was made
    (MXNet leaves these undefined), and the last variables.

    Raises
    ------
    ValueError
        If ``max_iterations`` is missing, or there are no variables, or their number changes.
    """
    if max_iterations is None:
        raise ValueError("while_loop: max_iterations is missing; give the largest number of iterations")
    variables = [loop_vars] if isinstance(loop_vars, NDArray) else list(loop_vars)
    if not variables:
        raise ValueError("while_loop: loop_vars is empty; needs one array at least")
    rows: list[list[NDArray]] = []
    form: Any = None
    while len(rows) < int(max_iterations) and _truth(cond(*variables)):
        form, new = func(*variables)
        form = [] if form is None else form
        new = [] if new is None else [new] if isinstance(new, NDArray) else list(new)
        if len(new) != len(variables):
            raise ValueError(f"while_loop: func returned {len(new)} variables; loop_vars has {len(variables)}")
        variables = new
        rows.append(_flat(form, "the output of func"))
        if len(rows[-1]) != len(rows[0]):
            raise ValueError(f"while_loop: func returned {len(rows[-1])} outputs, and {len(rows[0])} at first")
    stacked = []
    for column in zip(*rows, strict=True):
        made = [one.expand_dims(0) for one in column]
        missing = int(max_iterations) - len(made)
        if missing:
            made.append(zeros((missing, *column[0].shape), column[0].context, column[0].dtype))
        stacked.append(_operator("Concat")(*made, dim=0))
    outputs = _formed(iter(stacked), form) if rows else []
    return outputs, variables[0] if isinstance(loop_vars, NDArray) else variables


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """Return ``then_func()`` if ``pred``, an array of one entry, is not 0, else ``else_func()``."""
    return then_func() if _truth(pred) else else_func()


def boolean_mask(data: NDArray, index: NDArray, axis: int = 0, out: Any = None, name: str | None = None) -> NDArray:
    """Return the rows of ``data`` where ``index`` is not 0; their number hangs on the data, so no graph has this.

    Raises
    ------
    ShapeError
        If ``index`` has not one entry for each row.
    """
    if axis != 0:
        raise MXNetError(f"boolean_mask: axis={axis}; MXNet knows axis=0 only: swap the axes before and after")
    if index.shape != data.shape[:1]:
        raise ShapeError(
            f"boolean_mask: index is {index.shape}; needs {data.shape[:1]}, one entry for each row of data"
        )
    places = np.flatnonzero(index.asnumpy())
    return _operator("take")(data, array(places, data.context, "int64"), axis=0, out=out)


def _operator(key: str) -> Callable[..., Any]:
    found = find(key, key)
    assert found is not None
    return found


def _truth(value: Any) -> bool:
    return bool(value.asscalar() if isinstance(value, NDArray) else value)


def _flat(arrays: Any, what: str) -> list[NDArray]:
    """Return the arrays of a nested list in order."""
    if isinstance(arrays, NDArray):
        return [arrays]
    if not isinstance(arrays, list | tuple):
        raise MXNetError(f"{what} is a {type(arrays).__name__}; needs an NDArray or a list of NDArrays")
    return [one for part in arrays for one in _flat(part, what)]


def _formed(arrays: Any, form: Any) -> Any:
    """Return arrays in the nested lists that ``form`` has."""
    if isinstance(form, Sequence) and not isinstance(form, NDArray):
        return [_formed(arrays, part) for part in form]
    return next(arrays)
