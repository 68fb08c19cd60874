"""What runs the graphs inside ``_foreach``, ``_while_loop`` and ``_cond``.

A body is bound once for given shapes and run again and again, from records, over arrays of its own; backward
computes each step again, with the same random numbers, from the states that forward kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from symcli import environment
from symcli.errors import MXNetError
from symcli.executor import modes
from symcli.executor.passes import Form, Passes
from symcli.executor.program import Program
from symcli.graph.subgraph import Subgraph
from symcli.ndarray.array import Buffer
from symcli.ops import control_flow

__all__ = ["Body", "bound"]

_STEP = 0x9E3779B97F4A7C15  # an odd number of 64 bits, the golden ratio's


class Body:
    """A graph bound to arrays of its own.

    Parameters
    ----------
    forms : the shape and type of each input.
    requests : what to do with each input's gradient: "write", "add" or None.

    Attributes
    ----------
    inputs, outputs, gradients : its arrays; a gradient is None where none is asked for.
    """

    def __init__(self, graph: Subgraph, forms: Sequence[tuple[tuple[int, ...], str]], requests: Sequence[str | None]):
        shapes = graph.shapes([shape for shape, _ in forms])
        types = graph.types([dtype for _, dtype in forms])
        self._key = np.zeros(3, np.uint64)
        self.inputs = [np.zeros(shape, dtype) for shape, dtype in forms]
        program = Program(graph.heads, dict(zip(graph.variables, self.inputs, strict=True)),
                          lambda entry: np.empty(shapes.known[entry], types.get(entry) or "float32"))  # fmt: skip
        self.outputs = [program.values[head] for head in graph.heads]
        self.gradients = [np.zeros_like(array) if request else None
                          for array, request in zip(self.inputs, requests, strict=True)]  # fmt: skip
        self._written = [self.inputs[i] for i in graph.written()]
        wanted = {node: (array, request == "add") for node, array, request in
                  zip(graph.variables, self.gradients, requests, strict=True) if array is not None}  # fmt: skip
        self._added = [array for array, is_added in wanted.values() if is_added]
        # One version each: within a pass only what hangs on a step is prepared again.
        self._buffers = [Buffer() for _ in self.inputs]
        buffers = {id(array): buffer for array, buffer in zip(self.inputs, self._buffers, strict=True)}
        mode = environment.executor()
        lowered = (
            modes.lowered_passes(program, lambda entry: shapes.known[entry], types, self._key, wanted, buffers)
            if mode == "engine"
            else None
        )
        self._passes = lowered or Passes(Form(program), self._key, wanted, buffers)
        self._replays = mode != "interpreter"

    def put(self, place: int, array: np.ndarray) -> None:
        """Write an input."""
        np.copyto(self.inputs[place], array.reshape(self.inputs[place].shape))
        self._buffers[place].version += 1

    def begin_backward(self) -> None:
        """Set the gradients that steps add to to 0."""
        for array in self._added:
            array.fill(0)

    def forward(self, ctx: Any, step: int) -> None:
        """Compute the outputs, with random numbers of this step's own."""
        self._key[:] = ctx.key
        self._key[1] ^= np.uint64((ctx.node * 1_000_003 + step + 1) * _STEP % 2**64)
        self._passes.forward(ctx.is_train, self._replays)

    def again(self, ctx: Any, step: int) -> None:
        """Compute the outputs of a step once more, without what else forward writes."""
        kept = [array.copy() for array in self._written]
        self.forward(ctx, step)
        for array, before in zip(self._written, kept, strict=True):
            np.copyto(array, before)

    def backward(self, ctx: Any, heads: Sequence[np.ndarray | None]) -> None:
        """Compute the gradients from those of the outputs, None for 0."""
        given = (True,) * len(heads)
        for place, head in zip(self._passes.heads(given), heads, strict=True):
            assert place is not None
            if head is None:
                place.fill(0)
            else:
                np.copyto(place, head.reshape(place.shape))
        self._passes.backward(given, ctx.is_train, self._replays)


_FREE: "WeakKeyDictionary[Subgraph, dict[Any, list[Body]]]" = WeakKeyDictionary()


@contextmanager
def bound(
    graph: Subgraph, inputs: Sequence[np.ndarray], requests: Sequence[str | None] | None = None
) -> Iterator[Body]:
    """Lend a body for inputs of these shapes and types, with what is written to its inputs' arrays written back.

    Threads that run the same graph get bodies of their own.
    """
    forms = tuple((array.shape, array.dtype.name) for array in inputs)
    asked = tuple(requests) if requests is not None else (None,) * len(inputs)
    free = _FREE.setdefault(graph, {}).setdefault((forms, asked, environment.executor()), [])
    try:
        body = free.pop()
    except IndexError:
        body = Body(graph, forms, asked)
    for place, array in enumerate(inputs):
        body.put(place, array)
    body.begin_backward()
    yield body
    for place in graph.written():
        np.copyto(inputs[place], body.inputs[place])
    free.append(body)


def _moved(body: Body, outputs: Sequence[np.ndarray], places: Sequence[int]) -> None:
    """Make outputs the next inputs; an output may be an input itself."""
    kept = [any(array is one for one in body.inputs) for array in outputs]
    values = [array.copy() if copies else array for array, copies in zip(outputs, kept, strict=True)]
    for place, array in zip(places, values, strict=True):
        body.put(place, array)


def _rows(arrays: Sequence[np.ndarray | None], step: int) -> list[np.ndarray | None]:
    return [None if array is None else array[step : step + 1] for array in arrays]


def _go_back(op: Any, body: Body, ctx: Any, steps: int, out_grad: Sequence[np.ndarray | None],
             saved: Sequence[np.ndarray], states: Sequence[int], enter: Any, leave: Any) -> list[Any]:  # fmt: skip
    """Go back over the steps of a loop; return the gradients of the first states.

    Parameters
    ----------
    saved : each state before each step.
    states : which inputs of the body are states.
    enter, leave : called with each step before and after the body goes back.
    """
    stacked = op.num_out_data
    grads: list[Any] = list(out_grad[stacked : op.num_outputs])
    for step in reversed(range(steps)):
        for place, values in zip(states, saved, strict=True):
            body.put(place, values[step])
        enter(step)
        body.again(ctx, step)
        body.backward(ctx, [*_rows(out_grad[:stacked], step), *grads])
        leave(step)
        grads = [body.gradients[place] for place in states]
    return grads


def _write(value: np.ndarray | None, into: np.ndarray | None) -> None:
    if into is None:
        return
    if value is None:
        into.fill(0)
    else:
        np.copyto(into, value)


class _Foreach:
    def forward(self, op: Any, ctx: Any, in_data: Sequence[np.ndarray], out_data: Sequence[np.ndarray]) -> None:
        graph, count, stacked = op.subgraphs[0], len(op.in_data_locs), op.num_out_data
        with bound(graph, self._inner(op, in_data)) as body:
            for step in range(self._length(op, in_data, out_data)):
                for place, array in zip(op.in_data_locs, in_data[:count], strict=True):
                    body.put(place, array[step])
                for place, array in zip(op.in_state_locs, out_data[op.num_outputs :], strict=True):
                    np.copyto(array[step], body.inputs[place].reshape(array[step].shape))
                body.forward(ctx, step)
                for array, made in zip(out_data[:stacked], body.outputs, strict=False):
                    np.copyto(array[step], made)
                _moved(body, body.outputs[stacked:], op.in_state_locs)
            for place, array in zip(op.in_state_locs, out_data[stacked:], strict=False):
                np.copyto(array, body.inputs[place])

    def backward(self, op: Any, ctx: Any, out_grad: Sequence[Any], in_data: Sequence[np.ndarray],
                 out_data: Sequence[np.ndarray], in_grad: Sequence[Any]) -> None:  # fmt: skip
        count, (places,) = len(op.in_data_locs), op.places()
        requests = [None if in_grad[outer] is None else "write" if outer < count else "add" for outer in places]
        for place in op.in_state_locs:
            requests[place] = "write"
        with bound(op.subgraphs[0], self._inner(op, in_data), requests) as body:

            def enter(step: int) -> None:
                for place, array in zip(op.in_data_locs, in_data[:count], strict=True):
                    body.put(place, array[step])

            def leave(step: int) -> None:
                for place, array in zip(op.in_data_locs, in_grad[:count], strict=True):
                    if array is not None:
                        np.copyto(array[step : step + 1], body.gradients[place].reshape(1, *array.shape[1:]))

            steps = self._length(op, in_data, out_data)
            states = _go_back(
                op, body, ctx, steps, out_grad, out_data[op.num_outputs :], op.in_state_locs, enter, leave
            )
            for place, outer in enumerate(places):
                if outer >= count + len(states):
                    _write(body.gradients[place], in_grad[outer])
            for grad, into in zip(states, in_grad[count:], strict=False):
                _write(grad, into)

    def _inner(self, op: Any, in_data: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return what the body begins with; of data the first slices."""
        count, (places,) = len(op.in_data_locs), op.places()
        first = [array[:1].reshape(array.shape[1:] or (1,)) if i < count else array for i, array in enumerate(in_data)]
        return [first[place] for place in places]

    def _length(self, op: Any, in_data: Sequence[np.ndarray], out_data: Sequence[np.ndarray]) -> int:
        looped = [*in_data[: len(op.in_data_locs)], *out_data[: op.num_out_data], *out_data[op.num_outputs :]]
        return len(looped[0])


class _WhileLoop:
    def forward(self, op: Any, ctx: Any, in_data: Sequence[np.ndarray], out_data: Sequence[np.ndarray]) -> None:
        stacked, variables, states = op.num_out_data, op.variables(), op.func_var_locs
        saved, steps = out_data[op.num_outputs : -1], 0
        with (bound(op.subgraphs[0], [in_data[i] for i in op.cond_input_locs]) as condition,
              bound(op.subgraphs[1], [in_data[i] for i in op.func_input_locs]) as body):  # fmt: skip
            read = [(place, states[variables.index(outer)])
                    for place, outer in enumerate(op.cond_input_locs) if outer in variables]  # fmt: skip
            while steps < op.max_iterations:
                for place, state in read:
                    condition.put(place, body.inputs[state])
                condition.forward(ctx, -1 - steps)
                if not _truth(op, condition.outputs[0]):
                    break
                for place, array in zip(states, saved, strict=True):
                    np.copyto(array[steps], body.inputs[place])
                body.forward(ctx, steps)
                for array, made in zip(out_data[:stacked], body.outputs, strict=False):
                    np.copyto(array[steps], made)
                _moved(body, body.outputs[stacked:], states)
                steps += 1
            for place, array in zip(states, out_data[stacked:], strict=False):
                np.copyto(array, body.inputs[place])
        for array in (*out_data[:stacked], *saved):
            array[steps:] = 0
        out_data[-1][0] = steps

    def backward(self, op: Any, ctx: Any, out_grad: Sequence[Any], in_data: Sequence[np.ndarray],
                 out_data: Sequence[np.ndarray], in_grad: Sequence[Any]) -> None:  # fmt: skip
        variables, states = op.variables(), op.func_var_locs
        requests = ["write" if place in states else None if in_grad[outer] is None else "add"
                    for place, outer in enumerate(op.func_input_locs)]  # fmt: skip
        with bound(op.subgraphs[1], [in_data[i] for i in op.func_input_locs], requests) as body:
            first = _go_back(op, body, ctx, int(out_data[-1][0]), out_grad, out_data[op.num_outputs : -1], states,
                             lambda step: None, lambda step: None)  # fmt: skip
            grads = dict(zip(op.func_input_locs, body.gradients, strict=True)) | dict(
                zip(variables, first, strict=True)
            )
            for outer, into in enumerate(in_grad):
                _write(grads.get(outer), into)


class _Cond:
    def forward(self, op: Any, ctx: Any, in_data: Sequence[np.ndarray], out_data: Sequence[np.ndarray]) -> None:
        with bound(op.subgraphs[0], [in_data[i] for i in op.cond_input_locs]) as condition:
            condition.forward(ctx, 0)
            branch = 1 if _truth(op, condition.outputs[0]) else 2
        with bound(op.subgraphs[branch], [in_data[i] for i in op.places()[branch]]) as body:
            body.forward(ctx, branch)
            for array, made in zip(out_data, body.outputs, strict=False):
                np.copyto(array, made)
        out_data[-1][0] = branch

    def backward(self, op: Any, ctx: Any, out_grad: Sequence[Any], in_data: Sequence[np.ndarray],
                 out_data: Sequence[np.ndarray], in_grad: Sequence[Any]) -> None:  # fmt: skip
        branch = int(out_data[-1][0])
        places = op.places()[branch]
        requests = [None if in_grad[outer] is None else "write" for outer in places]
        with bound(op.subgraphs[branch], [in_data[i] for i in places], requests) as body:
            body.again(ctx, branch)
            body.backward(ctx, out_grad[: op.num_outputs])
            grads = dict(zip(places, body.gradients, strict=True))
            for outer, into in enumerate(in_grad):
                _write(grads.get(outer), into)


def _truth(op: Any, value: np.ndarray) -> bool:
    if value.size != 1:
        raise MXNetError(f"{op.name}: the condition is {value.shape}; needs one number")
    return bool(value.reshape(-1)[0])


control_flow.RUNNERS.update(_foreach=_Foreach(), _while_loop=_WhileLoop(), _cond=_Cond())
