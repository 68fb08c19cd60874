"""The executor: MXNet's ``Executor`` (``python/mxnet/executor.py``)."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from symcli import environment
from symcli.errors import BindError, MXNetError, suggest
from symcli.executor import modes
from symcli.executor.memory import SharedBlock
from symcli.executor.passes import Form, Passes
from symcli.executor.program import Program, Step, needs_gradient, wanted_entries
from symcli.graph.infer import infer_types
from symcli.graph.node import Entry
from symcli.ndarray import random
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context

if TYPE_CHECKING:
    from symcli.graph.symbol import Symbol

__all__ = ["Executor"]


class Executor:
    """A symbol bound to arrays. ``bind`` and ``simple_bind`` make it.

    Attributes
    ----------
    arg_arrays, grad_arrays, aux_arrays : the arrays in the order of ``list_arguments`` and
        ``list_auxiliary_states``; ``None`` where no gradient is wanted.
    outputs : the outputs' arrays, the same ones after each forward.
    mode : "engine", "replay" or "interpreter": by the lowered graph, by records of the plain one, or by its
        operators one after another. ``SYMCLI_EXECUTOR`` sets it for a process.
    """

    def __init__(
        self,
        symbol: "Symbol",
        ctx: Context,
        arguments: Sequence[NDArray],
        gradients: Sequence[NDArray | None],
        grad_req: Sequence[str],
        states: Sequence[NDArray],
        shapes: Callable[[Entry], tuple[int, ...]],
        reshaped: Callable[..., "Executor"],
        shares_memory: "Executor | None" = None,
    ):
        self._symbol, self._ctx, self._grad_req, self._reshaped = symbol, ctx, list(grad_req), reshaped
        self.arg_arrays, self.grad_arrays, self.aux_arrays = list(arguments), list(gradients), list(states)
        nodes, auxiliary = symbol._variables()
        self._output_names = symbol.list_outputs()
        self._arrays = dict(zip([*nodes, *auxiliary], [*arguments, *states], strict=True))
        known = infer_types(symbol._heads, {node: array._data.dtype.name for node, array in self._arrays.items()})
        self._shapes, self._types = shapes, known
        self._program = Program(
            symbol._heads,
            {node: array._data for node, array in self._arrays.items()},
            lambda entry: np.empty(shapes(entry), known.get(entry) or "float32"),
        )
        self._wanted = {
            node: (array._data, req == "add")
            for node, array, req in zip(nodes, self.grad_arrays, grad_req, strict=True)
            if array is not None and req != "null"
        }
        self.outputs = [self._arrays[node] if node.op is None else NDArray(self._program.values[node, i], ctx)
                        for node, i in symbol._heads]  # fmt: skip
        self._written = [self._arrays[node] for node in self._program.written()]
        self._written_forward = [self._arrays[node] for node in self._program.written(in_forward=True)]
        self._written_backward = [array for array in (*self.grad_arrays, *self._written) if array is not None]
        wanted_entries(self._program, self._wanted)  # says now what has no gradient
        self._key, self._random_state = random.new_key(), random.state()
        self._buffers = {id(array._data): array._buffer for array in self._arrays.values()}
        self._block: SharedBlock = SharedBlock() if shares_memory is None else shares_memory._block
        self._is_train = False
        self._monitor: tuple[Callable[[str, NDArray], None], bool] | None = None
        self.mode = environment.executor()
        self._last: Passes | None = None  # what computed the values that backward goes back from

    @cached_property
    def _only_losses(self) -> bool:
        return not any(needs_gradient(node) for node, _ in self._symbol._heads)

    @cached_property
    def _plain(self) -> Passes:
        return Passes(Form(self._program), self._key, self._wanted, self._buffers)

    @cached_property
    def _lowered(self) -> Passes | None:
        return modes.lowered_passes(
            self._program, self._shapes, self._types, self._key, self._wanted, self._buffers, self._block
        )

    def _passes(self) -> Passes:
        """Return what runs a step; the engine's only where there is something in the graph that it knows."""
        if self.mode == "engine" and self._monitor is None:
            return self._lowered or self._plain
        return self._plain

    # ---- running

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs; arrays given by name are copied into the arguments first.

        Raises
        ------
        TypeError, ValueError
            If a name is no argument's, or an array has another shape than the bound one.
        """
        self._copy_in(kwargs)
        self.begin(is_train)
        self.compute()
        return self.outputs

    def begin(self, is_train: bool) -> None:
        """Take up the random state for one more forward pass; what order executors do so in decides what they draw."""
        if self._random_state != random.state():
            self._key[:], self._random_state = random.new_key(), random.state()
        self._key[2] += 1
        self._is_train = bool(is_train)

    def compute(self) -> None:
        """Compute the outputs of the pass that has begun, in any thread."""
        self._last = self._passes()
        if self._monitor is not None:
            self._forward_monitored(*self._monitor)
        else:
            self._last.forward(self._is_train, self.mode != "interpreter")
        self._touch([*self.outputs, *self._written_forward])

    @property
    def is_monitored(self) -> bool:
        """Whether a callback is called for every operator."""
        return self._monitor is not None

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients, from those of the outputs; losses need none.

        Raises
        ------
        MXNetError
            If an output that is no loss is given no gradient.
        BindError
            If one has another shape than its output.
        """
        passes = self._last or self._passes()
        if out_grads is None and self._only_losses:
            given: tuple[bool, ...] = (False,) * len(self.outputs)
        else:
            heads = self._heads(out_grads)
            given = tuple(head is not None for head in heads)
            for buffer, head in zip(passes.heads(given), heads, strict=True):
                if buffer is not None and head is not None:
                    np.copyto(buffer, head._data, casting="unsafe")
        passes.backward(given, self._is_train, self.mode != "interpreter")
        self._touch(self._written_backward)

    def _copy_in(self, arrays: Mapping[str, Any]) -> None:
        known = self.arg_dict if arrays else {}
        for name, array in arrays.items():
            if name not in known:
                hint = suggest(name, known)
                raise TypeError(
                    f"forward: no argument {name!r}; {hint + '  ' if hint else ''}arguments: {', '.join(known)}"
                )
            if not isinstance(array, NDArray | np.ndarray):
                raise ValueError(f"forward: {name} is a {type(array).__name__}; needs an NDArray or a NumPy array")
            if tuple(array.shape) != known[name].shape:
                raise ValueError(f"forward: {name} is {tuple(array.shape)}, bound as {known[name].shape}; "
                                 "give that shape, or make an executor for this one with reshape()")  # fmt: skip
            known[name][:] = array

    def _forward_monitored(self, callback: Callable[[str, NDArray], None], monitor_all: bool) -> None:
        def observe(step: Step) -> None:
            inputs = zip([*step.op.list_arguments(), *step.op.list_auxiliary_states()], step.node.inputs, strict=True)
            for name, (source, i) in inputs if monitor_all else ():
                array = self._program.values[source, i]
                if source.op is None:
                    callback(source.name, NDArray(array, self._ctx))
                callback(f"{step.node.name}_{name}", NDArray(array, self._ctx))
            for name, array in zip(step.op.list_outputs(), step.out_data, strict=True):
                callback(f"{step.node.name}_{name}", NDArray(array, self._ctx))

        self._plain.forward(self._is_train, False, observe)

    def observe_again(self, observe: Callable[[Step], None]) -> None:
        """Run the last forward pass again, with its random numbers, on the interpreter; ``observe`` sees each step."""
        self._plain.forward(self._is_train, False, observe)

    def _heads(self, out_grads: Any) -> list[NDArray | None]:
        if out_grads is None:
            out_grads = [None] * len(self.outputs)
        elif isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        elif isinstance(out_grads, Mapping):
            out_grads = [out_grads.get(name) for name in self._output_names]
        names = self._output_names
        if len(out_grads) != len(names):
            raise MXNetError(f"backward: {len(out_grads)} gradients given for {len(names)} outputs: {', '.join(names)}")
        for name, head, output, (node, _) in zip(names, out_grads, self.outputs, self._symbol._heads, strict=True):
            if head is None and needs_gradient(node):
                raise MXNetError(f"backward: {name} is no loss; give its gradient: backward([nd.ones(…)]), "
                                 "or end the graph in MakeLoss")  # fmt: skip
            if head is not None and not isinstance(head, NDArray):
                raise TypeError(f"backward: the gradient of {name} is a {type(head).__name__}; needs an NDArray")
            if head is not None and head.shape != output.shape:
                raise BindError(
                    f"backward: the gradient of {name} is {head.shape}; needs the output's shape {output.shape}"
                )
        return list(out_grads)

    def _touch(self, arrays: Sequence[NDArray]) -> None:
        for array in arrays:
            array._buffer.version += 1

    def set_monitor_callback(self, callback: Callable[[str, NDArray], None], monitor_all: bool = False) -> None:
        """Call ``callback(name, array)`` in each forward pass for every operator's outputs, hidden ones too.

        With ``monitor_all`` also for its inputs, variables under their own names besides. A monitored
        pass runs on the interpreter.
        """
        self._monitor = (callback, monitor_all)

    # ---- arrays

    @cached_property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        return _named(self._symbol.list_arguments(), self.arg_arrays)

    @cached_property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradients by argument name."""
        return _named(self._symbol.list_arguments(), self.grad_arrays)

    @cached_property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        return _named(self._symbol.list_auxiliary_states(), self.aux_arrays)

    @cached_property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return _named(self._output_names, self.outputs)

    def copy_params_from(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray] | None = None,
                         allow_extra_params: bool = False) -> None:  # fmt: skip
        """Copy parameters by name into the bound arrays.

        Raises
        ------
        ValueError
            If a name is not bound and ``allow_extra_params`` is not set, or a shape differs.
        """
        for what, given, bound in (
            ("argument", arg_params, self.arg_dict),
            ("auxiliary state", aux_params, self.aux_dict),
        ):
            for name, array in (given or {}).items():
                if name not in bound:
                    if allow_extra_params:
                        continue
                    raise ValueError(
                        f"copy_params_from: no {what} {name!r}; {suggest(name, bound) or ', '.join(bound)}"
                    )
                if tuple(array.shape) != bound[name].shape:
                    raise ValueError(f"copy_params_from: {name} is {tuple(array.shape)}; bound as {bound[name].shape}")
                bound[name][:] = array

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: tuple[int, ...]
    ) -> "Executor":
        """Return an executor for other input shapes over the same parameters.

        ``partial_shaping`` allows shapes of unnamed arguments to change, ``allow_up_sizing`` arrays to
        grow; grown and changed ones are new, shrunk ones use the old memory.
        """
        return self._reshaped(self, partial_shaping, allow_up_sizing, kwargs)

    def memory(self, is_train: bool = False) -> dict[str, int]:
        """Return the bytes that this executor takes in a pass, as planned before anything runs.

        ``arguments`` with data and labels, ``auxiliary_states``, ``gradients``, ``outputs`` are arrays of their own;
        ``arena`` holds values, gradients on their way and scratch; ``kept`` is what the engine prepares from weights.
        What each thread has for single instructions (``Team.scratch``; Winograd of 512 channels takes 7 MB) serves
        all executors and is not counted.
        """

        def size(arrays: Sequence[NDArray | None]) -> int:
            return sum(array._data.nbytes for array in arrays if array is not None)

        arena, kept = self._passes().needed(is_train)
        arrays: dict[str, Sequence[NDArray | None]] = {
            "arguments": self.arg_arrays, "auxiliary_states": self.aux_arrays, "gradients": self.grad_arrays,
            "outputs": self.outputs,
        }  # fmt: skip
        return {**{what: size(held) for what, held in arrays.items()}, "arena": arena, "kept": kept}

    def debug_str(self) -> str:
        """Return a listing of the graph and the bytes of its arrays."""
        total = sum(array.nbytes for array in self._program.values.values())
        return f"{self._symbol.debug_str()}Total {total / 2**20:.3f} MB allocated\n"

    def __repr__(self) -> str:
        return f"<Executor {self._symbol.name or self._symbol.list_outputs()} on {self._ctx}>"


def _named(names: Sequence[str], arrays: Sequence[Any]) -> dict[str, Any]:
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if list(names).count(name) > 1})
        raise ValueError(f"Duplicate names detected: {', '.join(twice)}; give each variable a name of its own")
    return dict(zip(names, arrays, strict=True))
