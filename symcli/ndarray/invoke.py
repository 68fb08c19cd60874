"""Operators on arrays at once: infer, allocate, run."""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from symcli import dtypes, shapes
from symcli.errors import DTypeError, MXNetError, ShapeError
from symcli.kernels.kernel import Refused
from symcli.ndarray import empty_arrays, random, tape, watch
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context
from symcli.ops import Op, OpContext
from symcli.params import declared, to_text
from symcli.shapes import Shape, is_known, text

__all__ = ["forget_forms", "invoke"]

Form = tuple[Shape, np.dtype]


def invoke(op: Op, inputs: Sequence[NDArray], out: Any = None, ctx: Context | None = None) -> Any:
    """Run an operator on arrays, and record it while autograd does.

    Parameters
    ----------
    inputs : the arguments, then the auxiliary states.
    out : an array, or a list of them, to write to in place of new ones.
    ctx : the device of the outputs if there are no inputs to tell it.

    Returns
    -------
    The visible output; a list if there are several.

    Raises
    ------
    ShapeError, DTypeError
        If the inputs contradict each other or ``out``; the message names the operator and its inputs.
    MXNetError
        If the number of inputs is wrong, or ``out`` is in the graph that autograd records.
    """
    arguments, states = op.list_arguments(), op.list_auxiliary_states()
    if len(inputs) != len(arguments) + len(states):
        raise MXNetError(f"{op.name} got {len(inputs)} arrays; needs {', '.join([*arguments, *states])}")
    told = () if inputs else _told(out)
    given_shapes, types = tuple(one._data.shape for one in inputs), tuple(one._data.dtype for one in inputs)
    forms, has_work = _forms(op, given_shapes, types, told)
    given = _given(op, out, forms[: op.num_visible_outputs()])
    if tape.state.is_recording:
        tape.check_written(given, inputs)
    made = [
        given[i]._data if i < len(given) and _may_write(op, i, given[i], inputs) else np.empty(*form)
        for i, form in enumerate(forms)
    ]
    arrays = [one._data for one in inputs]
    context = OpContext(tape.state.is_training, random.next_key(), 0, np.empty)
    start = time.perf_counter() if watch.told is not None else 0.0
    with np.errstate(all="ignore"):
        try:
            if has_work:
                op.forward(context, arrays[: len(arguments)], made, arrays[len(arguments) :])
        except Refused as error:
            raise MXNetError(str(error)) from None
    if watch.told is not None:
        watch.told(op.name, "imperative", start, time.perf_counter())
    written = [one for name, one in zip([*arguments, *states], inputs, strict=True)
               if name in op.writes() or name in states]  # fmt: skip
    for one, data in zip(given, made, strict=False):
        if data is not one._data:
            np.copyto(one._data, data)
    for one in (*given, *written):
        one._buffer.version += 1
    where = inputs[0]._context if inputs else ctx
    results = given or [NDArray(data, where) for data in made[: op.num_visible_outputs()]]
    if tape.state.is_recording:
        tape.record_call(op, inputs, results, made, context)
    if given:
        return out
    return results[0] if len(results) == 1 else results


def _told(out: Any) -> tuple[Form, ...]:
    """Return what the arrays to write to tell an operator that has no inputs to ask."""
    given = out if isinstance(out, list | tuple) else [out]
    return tuple((one.shape, one._data.dtype) for one in given if isinstance(one, NDArray))


def _given(op: Op, out: Any, forms: Sequence[Form]) -> list[NDArray]:
    """Return the arrays to write to, checked against what the operator makes."""
    if out is None:
        return []
    given = list(out) if isinstance(out, list | tuple) else [out]
    if len(given) != len(forms):
        raise MXNetError(f"{op.name}: out has {len(given)} arrays; needs {len(forms)}")
    for one, (shape, dtype) in zip(given, forms, strict=True):
        if not isinstance(one, NDArray):
            raise TypeError(f"{op.name}: out is a {type(one).__name__}; needs an NDArray: nd.empty({shape})")
        if one.shape != shape:
            raise ShapeError(f"{op.name}: out is {one.shape}; needs {shape}")
        if one._data.dtype != dtype:
            raise DTypeError(f"{op.name}: out is {one._data.dtype}; needs {dtype}")
    return given


def _may_write(op: Op, i: int, out: NDArray, inputs: Sequence[NDArray]) -> bool:
    """Whether an operator may write to an array while it reads its inputs."""
    allowed = op.inplace.get(op.list_outputs()[i])
    for name, one in zip([*op.list_arguments(), *op.list_auxiliary_states()], inputs, strict=True):
        same = one._data is out._data and name == allowed
        if not same and np.may_share_memory(one._data, out._data):
            return False
    return True


@lru_cache(4096)
def _forms(op: Op, given: tuple[Shape, ...], types: tuple[np.dtype, ...],
           out: tuple[Form, ...] = ()) -> tuple[list[Form], bool]:  # fmt: skip
    """Return the shapes and types of all outputs, hidden ones too, and whether there is anything to compute.

    ``out`` is what is known of the outputs.
    """
    names = [*op.list_arguments(), *op.list_auxiliary_states()]
    unknown: list[None] = [None] * (len(op.list_outputs()) - len(out))
    empty, has_work = empty_arrays.any_empty(given), True
    found: Sequence[Shape | None]
    try:
        if empty:
            found = empty_arrays.infer(op, given)
        else:
            told, found = op.infer_shape([shape or None for shape in given], [*(shape for shape, _ in out), *unknown])
            _check_told(names, given, told)
        known = [shape for shape in found if shape is not None and (empty or is_known(shape))]
        if len(known) < len(found):
            raise ShapeError("the shape of its output cannot be told")
        if empty:
            has_work = empty_arrays.has_work(op, given, known[: op.num_visible_outputs()])
    except ShapeError as error:
        _fail(op, ShapeError, str(error), names, [str(shape) if empty else text(shape) for shape in given])
    kinds = _types(op, names, types, [*(dtype.name for _, dtype in out), *unknown])
    return list(zip(known, kinds, strict=True)), has_work


def _check_told(names: Sequence[str], given: Sequence[Shape], told: Sequence[Shape | None]) -> None:
    for name, shape, needed in zip(names, given, told, strict=True):
        try:
            shapes.merge(shape, needed)
        except ShapeError:
            raise ShapeError(f"{name} is {text(shape)}, needs {text(needed)}") from None


def forget_forms() -> None:
    """Forget the shapes that operators told: one whose rules a user wrote has new ones."""
    _forms.cache_clear()


def _types(op: Op, names: Sequence[str], types: Sequence[np.dtype], out: Sequence[str | None]) -> list[np.dtype]:
    given = [dtype.name for dtype in types]
    try:
        told, found = op.infer_type(given, list(out))
    except DTypeError as error:
        _fail(op, DTypeError, str(error), names, given)
    for name, dtype, needed in zip(names, given, told, strict=True):
        if needed is not None and needed != dtype:
            _fail(op, DTypeError, f"{name} is {dtype}, needs {needed}", names, given)
    return [np.dtype(dtypes.name_of(one or "float32")) for one in found]


def _fail(op: Op, error: type[MXNetError], what: str, names: Sequence[str], given: Sequence[str]) -> NoReturn:
    lines = [f"{op.name}: {what}", *(f"  {name}: {value}" for name, value in zip(names, given, strict=False))]
    chosen = [f"{key}={to_text(getattr(op, key))}" for key, one in declared(type(op)).items()
              if getattr(op, key) != one.default]  # fmt: skip
    raise error("\n".join([*lines, *(["  parameters: " + ", ".join(chosen)] if chosen else [])]))
