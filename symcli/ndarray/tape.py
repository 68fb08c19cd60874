"""What autograd remembers of the operators that run while it records: a graph with its arrays.

An operator that reads an array of the graph adds a node; an array knows the node that it came from. Arrays
enter a graph by ``attach_grad`` or ``mark_variables``, and those besides them that a recorded operator reads
enter it without a gradient. ``executor.autograd`` walks it backward. Source: ``src/imperative/imperative.cc``.
"""

import itertools
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from symcli.errors import MXNetError, ParamError, ShapeError
from symcli.graph.node import Entry, Node
from symcli.ops import Op, OpContext
from symcli.params import declared, to_text

if TYPE_CHECKING:
    from symcli.ndarray.array import Buffer, NDArray

__all__ = [
    "Scope", "TapeEntry", "TapeNode", "check_written", "entry_of", "is_recording", "is_training", "mark",
    "mark_variables", "pause", "predict_mode", "record", "record_call", "set_recording", "set_training", "state",
    "train_mode",
]  # fmt: skip


class _State(threading.local):
    is_recording = False
    is_training = False


state = _State()  # of each thread
_numbers = itertools.count()


class TapeNode(Node):
    """A node that was run.

    Attributes
    ----------
    values : the arrays of its outputs, hidden ones too; ``None`` once backward has freed the graph.
    context : what its operator was handed besides its arrays; None for views.
    gradient, grad_req : of a variable: where its gradient goes, and how.
    buffer : of a variable: the version of its memory.
    """

    __slots__ = ("buffer", "context", "grad_req", "gradient", "values")

    def __init__(self, op: Op | None, kind: str, inputs: Sequence[Entry], values: list[np.ndarray] | None):
        super().__init__(op, f"{kind}{next(_numbers)}", {} if op is None else dict(_texts(op)), inputs)
        self.values = values
        self.gradient: NDArray | None = None
        self.grad_req = "null"
        self.buffer: Buffer | None = None
        self.context: OpContext | None = None

    def free(self) -> None:
        """Forget the arrays and what they came from; a variable with a gradient stays."""
        if self.grad_req == "null":
            self.op, self.inputs, self.values, self.gradient, self.buffer = None, [], None, None, None


def _texts(op: Op) -> dict[str, str]:
    return _given_texts(op) if declared(type(op)) else {}


@lru_cache(4096)
def _given_texts(op: Op) -> dict[str, str]:
    """Return the parameters of an operator that are not its defaults, as JSON writes them."""
    return {key: to_text(getattr(op, key)) for key, one in declared(type(op)).items()
            if one.has_text and (one.required or getattr(op, key) != one.default)}  # fmt: skip


TapeEntry = tuple[TapeNode, int]


def entry_of(array: "NDArray") -> TapeEntry | None:
    """Return where in a recorded graph an array is, None if it is in none."""
    entry = array._entry
    return entry if entry is not None and entry[0].values is not None else None


def _variable(array: "NDArray", kind: str) -> TapeNode:
    node = TapeNode(None, kind, [], [array._data])
    node.buffer = array._buffer
    array._entry = (node, 0)
    return node


def record_call(op: Op, inputs: Sequence["NDArray"], outputs: Sequence["NDArray"],
                values: list[np.ndarray] | None = None, context: OpContext | None = None) -> None:  # fmt: skip
    """Record that an operator made ``outputs`` of ``inputs``, if one of these is in a graph.

    ``values`` are the arrays of all its outputs, if there are hidden ones too.
    """
    entries = [entry_of(one) for one in inputs]
    if not any(entries):
        return
    made = [one._data for one in outputs]
    known = [entry or (_variable(one, "null"), 0) for entry, one in zip(entries, inputs, strict=True)]
    node = TapeNode(op, "node_", known, made if values is None else made + values[len(made) :])
    node.context = context
    for i, one in enumerate(outputs):
        one._entry = (node, i)


def check_written(written: Sequence["NDArray"], inputs: Sequence["NDArray"] = ()) -> None:
    """Refuse to write to arrays of a graph while recording, or to what an operator of a graph reads.

    Raises
    ------
    MXNetError
        As MXNet does: backward would compute with the new values.
    """
    for one in written:
        if entry_of(one) is not None:
            raise MXNetError(f"an array of shape {one.shape} is written while autograd records, but the recorded graph "
                             "already has it: its gradient would be wrong; make a new array in place of "
                             "+=, x[…] = and out=, or write it under autograd.pause()")  # fmt: skip
        if any(one is other for other in inputs) and any(map(entry_of, inputs)):
            raise MXNetError("+=, x[…] = … and their like, with an array of the recorded graph, are not recorded; "
                             "make a new array: y = y + x")  # fmt: skip


class Scope:
    """The state of recording and training inside a ``with`` block; None leaves it as it is."""

    def __init__(self, is_recording: bool | None, is_training: bool | None):
        self._inside = (is_recording, is_training)
        self._outside: list[tuple[bool, bool]] = []

    def __enter__(self) -> Self:
        self._outside.append((state.is_recording, state.is_training))
        recording, training = self._inside
        if recording is not None:
            state.is_recording = recording
        if training is not None:
            state.is_training = training
        return self

    def __exit__(self, *_: object) -> None:
        state.is_recording, state.is_training = self._outside.pop()


def record(train_mode: bool = True) -> Scope:
    """Return a ``with`` block whose operators are recorded, in training mode unless told otherwise."""
    return Scope(True, train_mode)


def pause(train_mode: bool = False) -> Scope:
    """Return a ``with`` block whose operators are not recorded, in prediction mode unless told otherwise."""
    return Scope(False, train_mode)


def train_mode() -> Scope:
    """Return a ``with`` block in training mode: Dropout drops, BatchNorm takes the batch's statistics."""
    return Scope(None, True)


def predict_mode() -> Scope:
    """Return a ``with`` block in prediction mode."""
    return Scope(None, False)


def is_recording() -> bool:
    """Return whether operators are recorded now."""
    return state.is_recording


def is_training() -> bool:
    """Return whether operators run in training mode now."""
    return state.is_training


def set_recording(is_recording: bool) -> bool:
    """Begin or end recording; return what it was."""
    before, state.is_recording = state.is_recording, bool(is_recording)
    return before


def set_training(train_mode: bool) -> bool:
    """Begin or end training mode; return what it was."""
    before, state.is_training = state.is_training, bool(train_mode)
    return before


def mark(array: "NDArray", gradient: "NDArray", grad_req: str) -> None:
    """Make an array a variable: backward writes its gradient, or adds to it, where ``gradient`` is.

    Raises
    ------
    ParamError, ShapeError
        If ``grad_req`` is none, or the gradient has another shape or type than the array.
    """
    if grad_req not in ("write", "add", "null"):
        raise ParamError(f"grad_req={grad_req!r}; choices: write, add, null")
    if gradient.shape != array.shape or gradient.dtype != array.dtype:
        there, needed = (f"{one.shape}, {one._data.dtype}" for one in (gradient, array))
        raise ShapeError(f"mark_variables: the gradient is {there}; needs the variable's shape and type, {needed}")
    node = _variable(array, "var")
    node.gradient, node.grad_req = gradient, grad_req


def mark_variables(variables: "NDArray | Sequence[NDArray]", gradients: "NDArray | Sequence[NDArray]",
                   grad_reqs: str | Sequence[str] = "write") -> None:  # fmt: skip
    """Make arrays variables whose gradients go to given arrays; ``attach_grad`` makes these by itself.

    Raises
    ------
    MXNetError
        If there are not as many gradients or requests as variables, or one does not fit.
    """
    arrays: list[Any] = list(variables) if isinstance(variables, list | tuple) else [variables]
    places: list[Any] = list(gradients) if isinstance(gradients, list | tuple) else [gradients]
    requests = [grad_reqs] * len(arrays) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(arrays) == len(places) == len(requests):
        raise MXNetError(f"mark_variables: {len(arrays)} variables, {len(places)} gradients, {len(requests)} requests; "
                         "needs as many of each")  # fmt: skip
    for array, place, request in zip(arrays, places, requests, strict=True):
        mark(array, place, request)
