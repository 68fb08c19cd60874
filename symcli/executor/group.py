"""One executor for each device, each on its slice of the batch (``python/mxnet/module/executor_group.py``)."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from symcli import dtypes, engine
from symcli.errors import BindError, MXNetError, ParamError
from symcli.executor.executor import Executor
from symcli.ndarray import NDArray, tape
from symcli.ndarray.context import Context

if TYPE_CHECKING:
    from symcli.graph.symbol import Symbol

__all__ = ["DataParallelExecutorGroup", "add_up", "split", "spread"]


class DataParallelExecutorGroup:
    """The executors of one symbol, one a context; batches are split among them, outputs joined.

    Parameters
    ----------
    workload : how much of the batch each context takes, in proportion.
    data_shapes, label_shapes : descriptions (``io.DataDesc``) of the inputs; label_shapes may be None.
    param_names : the arguments that are learnt.
    shared_group : a group, as of another bucket, whose parameters and gradients are used in place of new ones.
    grad_req : "write", "add" or "null", for all parameters, as a list of all arguments, or by name.

    Attributes
    ----------
    execs : the executors.
    slices : each one's part of the batch.
    param_arrays, grad_arrays, aux_arrays : for each name, in the symbol's order, the array of each context.
    trained : the parameters with a gradient, by place in ``param_names``; their arrays and gradients of the first
        context.
    """

    def __init__(self, symbol: "Symbol", contexts: Sequence[Context], workload: Sequence[float],
                 data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None, param_names: Sequence[str],
                 for_training: bool, inputs_need_grad: bool,
                 shared_group: "DataParallelExecutorGroup | None" = None, logger: Any = logging,
                 fixed_param_names: Sequence[str] | None = None, grad_req: Any = "write",
                 state_names: Sequence[str] | None = None, group2ctxs: Any = None):  # fmt: skip
        self.symbol, self.contexts, self.workload = symbol, list(contexts), list(workload)
        self.param_names, self.state_names = list(param_names), list(state_names or ())
        self.fixed_param_names = list(fixed_param_names or ())
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self.arg_names, self.aux_names = symbol.list_arguments(), symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.output_layouts = [data_shapes[0].get_batch_axis(head.attr("__layout__")) for head in symbol]
        data_names = [desc.name for desc in data_shapes]
        self.grad_req = self._requests(grad_req if for_training else "null", data_names)
        self.batch_size = 0
        count = len(self.contexts)
        self._threads = ThreadPoolExecutor(max(1, count - 1), "symcli-device")
        self._bound: dict[Any, list[Executor]] = {}
        self._bind(data_shapes, label_shapes, shared_group)

    def _requests(self, grad_req: Any, data_names: Sequence[str]) -> dict[str, str]:
        if isinstance(grad_req, list | tuple):
            if len(grad_req) != len(self.arg_names):
                raise BindError(f"bind: grad_req has {len(grad_req)} entries; needs {len(self.arg_names)}: "
                                f"{', '.join(self.arg_names)}")  # fmt: skip
            return dict(zip(self.arg_names, grad_req, strict=True))
        if not isinstance(grad_req, str | Mapping):
            raise ParamError(f"bind: grad_req is a {type(grad_req).__name__}; needs a text, a list or a dictionary")
        usual = grad_req if isinstance(grad_req, str) else "write"
        wanted = set(self.param_names) - set(self.fixed_param_names)
        if self.inputs_need_grad:
            wanted |= set(data_names)
        requests = {name: usual if name in wanted else "null" for name in self.arg_names}
        return requests if isinstance(grad_req, str) else requests | dict(grad_req)

    @cached_property
    def _teams(self) -> list[Any]:
        count = len(self.contexts)
        return [engine.team.for_device(count) for _ in self.contexts]

    # ---- shapes

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None) -> None:
        """Go over to other input shapes; parameters and their gradients stay where they are."""
        if (data_shapes, label_shapes) != (self.data_shapes, self.label_shapes):
            self._bind(data_shapes, label_shapes, None)

    def _bind(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None,
              shared_group: "DataParallelExecutorGroup | None") -> None:  # fmt: skip
        described = [*data_shapes, *(label_shapes or ())]
        axes = {desc.name: desc.get_batch_axis(desc.layout) for desc in described}
        sizes = {desc.name: desc.shape[axes[desc.name]] for desc in described if axes[desc.name] >= 0}
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise BindError(f"bind: the inputs differ in batch size: {listed}; needs one size, or a layout without N")
        self.batch_size = next(iter(sizes.values()), 0)
        count = len(self.contexts)
        self.slices = split(self.batch_size, self.workload) if sizes else [slice(i, i + 1) for i in range(count)]
        self._axes, self.data_shapes, self.label_shapes = axes, list(data_shapes), label_shapes
        self.data_names = [desc.name for desc in data_shapes]
        self.label_names = [desc.name for desc in label_shapes or ()]
        self.execs = self._executors(described, shared_group)
        self._collect()

    def _executors(self, described: Sequence[Any], shared_group: "DataParallelExecutorGroup | None") -> list[Executor]:
        key = tuple((desc.name, tuple(desc.shape), dtypes.name_of(desc.dtype)) for desc in described)
        if key in self._bound:
            return self._bound[key]
        shapes = [self._shapes(described, part) for part in self.slices]
        if self._bound:
            first = next(iter(self._bound.values()))
            made = [old.reshape(False, True, **self._with_inputs(given))
                    for old, given in zip(first, shapes, strict=True)]  # fmt: skip
        else:
            types = self._types(described)
            shared = shared_group.execs if shared_group else [None] * len(self.contexts)
            made = [self.symbol.simple_bind(context, self.grad_req, types, shared_exec=other, **given)
                    for context, other, given in zip(self.contexts, shared, shapes, strict=False)]  # fmt: skip
        # The first shapes and the last ones: training and evaluation take turns without being bound anew.
        for old_key in list(self._bound)[1:]:
            del self._bound[old_key]
        self._bound[key] = made
        return made

    def _shapes(self, described: Sequence[Any], part: slice) -> dict[str, tuple[int, ...]]:
        shapes = {}
        for desc in described:
            axis, shape = self._axes[desc.name], list(desc.shape)
            if axis >= 0:
                shape[axis] = part.stop - part.start
            if desc.name in self.arg_names:
                shapes[desc.name] = tuple(shape)
        return shapes

    def _with_inputs(self, given: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        """Add the inputs that nobody described, as the label of a prediction."""
        inferred, _, _ = self.symbol.infer_shape(**given)
        known = zip(self.arg_names, inferred or (), strict=False)
        return dict(given) | {name: shape for name, shape in known if name not in self.param_names}

    def _types(self, described: Sequence[Any]) -> dict[str, str]:
        types = {desc.name: dtypes.name_of(desc.dtype) for desc in described if desc.name in self.arg_names}
        names = {number: name for name, number in dtypes.CODES.items()}
        attributes = self.symbol.attr_dict()
        for name in types:
            own = attributes.get(name, {}).get("__dtype__", "-1")
            types[name] = types[name] if own == "-1" or name in self.label_names else names[int(own)]
        return types

    def _collect(self) -> None:
        dictionaries = [(one.arg_dict, one.grad_dict, one.aux_dict) for one in self.execs]
        params = [name for name in self.arg_names if name in self.param_names]
        self.param_arrays = [[arguments[name] for arguments, _, _ in dictionaries] for name in params]
        self.grad_arrays: list[list[Any]] = [[gradients[name] for _, gradients, _ in dictionaries] for name in params]
        trained = tuple(i for i, parts in enumerate(self.grad_arrays) if parts[0] is not None)
        weights, gradients = (tuple(arrays[i][0] for i in trained) for arrays in (self.param_arrays, self.grad_arrays))
        self.trained = trained, weights, gradients
        self.aux_arrays = [[states[name] for _, _, states in dictionaries] for name in self.aux_names]
        self.state_arrays = [[arguments[name] for arguments, _, _ in dictionaries] for name in self.state_names]
        self.input_grad_arrays = [[gradients[name] for _, gradients, _ in dictionaries] for name in self.data_names]
        self._inputs = {name: [arguments[name] for arguments, _, _ in dictionaries]
                        for name in (*self.data_names, *self.label_names) if name in self.arg_names}  # fmt: skip

    # ---- parameters

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray] | None,
                   allow_extra: bool = False) -> None:  # fmt: skip
        """Copy parameters to all executors."""
        for one in self.execs:
            one.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Copy parameters and states, averaged over the contexts, into the given arrays."""
        for names, blocks, into in (
            (self.param_names, self.param_arrays, arg_params),
            (self.aux_names, self.aux_arrays, aux_params),
        ):
            for name, block in zip(names, blocks, strict=True):
                into[name][:] = block[0] if len(block) == 1 else sum(one.asnumpy() for one in block) / len(block)

    # ---- running

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Copy a batch into the inputs, split among the executors, and compute the outputs."""
        self._load(self.data_names, data_batch.data)
        if self.label_names and getattr(data_batch, "label", None):
            self._load(self.label_names, data_batch.label)
        for one in self.execs:
            one.begin(self.for_training if is_train is None else is_train)
        self._side_by_side([one.compute for one in self.execs])

    def _load(self, names: Sequence[str], arrays: Sequence[NDArray]) -> None:
        if len(names) != len(arrays):
            raise BindError(f"forward: the batch has {len(arrays)} arrays for {', '.join(names)}; needs {len(names)}")
        for name, array in zip(names, arrays, strict=True):
            for target, part in zip(self._inputs.get(name, ()), self.slices, strict=False):
                piece = self._part(array, self._axes[name], part)
                if piece.shape != target.shape:
                    raise BindError(f"forward: {name} is {tuple(array.shape)}; needs {target.shape} of it on "
                                    f"{target.context}; reshape the module, or bind it anew")  # fmt: skip
                if isinstance(piece, NDArray) and piece.dtype is target.dtype and not tape.state.is_recording:
                    spread(piece, (target,))  # the same, without a key to read
                else:
                    target[:] = piece

    def _part(self, array: NDArray, axis: int, part: slice) -> Any:
        if axis < 0 or len(self.execs) == 1:
            return array
        return array._data[(slice(None),) * axis + (part,)]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; ``out_grads`` are those of the joined outputs, which losses do not need.

        Raises
        ------
        MXNetError
            If the group is not bound for training.
        """
        if not self.for_training:
            raise MXNetError("backward: the module is bound for prediction; bind it with for_training=True")
        heads = [out_grads] if isinstance(out_grads, NDArray) else out_grads
        if not heads:
            self._side_by_side([one.backward for one in self.execs])
            return
        calls = []
        for one, part in zip(self.execs, self.slices, strict=True):
            pieces = [self._part(head, axis, part) for head, axis in zip(heads, self.output_layouts, strict=True)]
            calls.append(partial(one.backward, [
                piece if isinstance(piece, NDArray) else NDArray(np.ascontiguousarray(piece), one._ctx)
                for piece in pieces
            ]))  # fmt: skip
        self._side_by_side(calls)

    def _side_by_side(self, calls: Sequence[Callable[[], None]]) -> None:
        """Make a call of each executor in a thread and on a team of cores of its own; monitors see them in turn."""
        if len(calls) == 1 or any(one.is_monitored for one in self.execs):
            for call in calls:
                call()
            return
        # The compiled kernels run without the interpreter's lock; teams are the executors' own, as one runs one tape at
        # a time.
        first, *others = [partial(_on_team, team, call) for team, call in zip(self._teams, calls, strict=True)]
        waiting = [self._threads.submit(other) for other in others]
        try:
            first()
        finally:
            wait(waiting)
        for one in waiting:
            one.result()

    # ---- results

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return name and shape of each joined output."""
        shapes = []
        for i, (name, axis) in enumerate(zip(self.output_names, self.output_layouts, strict=True)):
            shape = list(self.execs[0].outputs[i].shape)
            if axis >= 0 and shape:
                shape[axis] = sum(one.outputs[i].shape[axis] for one in self.execs)
            shapes.append((name, tuple(shape)))
        return shapes

    def get_outputs(self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None) -> list[Any]:
        """Return the outputs, joined along their batch axes, or as a list of each context's."""
        outputs = [[one.outputs[i] for one in self.execs] for i in range(len(self.output_names))[begin:end]]
        return _joined(outputs, self.output_layouts[begin:end]) if merge_multi_context else outputs

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data, joined or as a list of each context's.

        Raises
        ------
        MXNetError
            If the group is not bound for them.
        """
        if not self.inputs_need_grad:
            raise MXNetError("get_input_grads: none are computed; bind the module with inputs_need_grad=True")
        axes = [self._axes[name] for name in self.data_names]
        return _joined(self.input_grad_arrays, axes) if merge_multi_context else self.input_grad_arrays

    def get_states(self, merge_multi_context: bool = True) -> list[list[NDArray]]:
        """Return for each state the array of each context; there is no joined form."""
        if merge_multi_context:
            raise MXNetError("get_states: states are not joined; ask with merge_multi_context=False")
        return self.state_arrays

    def set_states(self, states: Sequence[Sequence[NDArray]] | None = None, value: float | None = None) -> None:
        """Set the states, to arrays in the form of ``get_states``, or all to a number."""
        if (states is None) == (value is None):
            raise MXNetError("set_states: give either states or a value")
        for i, arrays in enumerate(self.state_arrays):
            for k, array in enumerate(arrays):
                array[:] = value if states is None else states[i][k]

    def update_metric(self, eval_metric: Any, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Update a metric by each context's outputs and its part of the labels."""
        for k, (one, part) in enumerate(zip(self.execs, self.slices, strict=True)):
            own = labels[k] if pre_sliced else [
                self._part(label, self._axes.get(name, 0), part)
                for name, label in zip(self.label_names, labels or (), strict=False)
            ]  # fmt: skip
            arrays = [label if isinstance(label, NDArray) else NDArray(label, one._ctx) for label in own]
            named = dict(zip(self.label_names, arrays, strict=False))
            eval_metric.update_dict(named, dict(zip(self.output_names, one.outputs, strict=True)))

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch all executors."""
        for one in self.execs:
            mon.install(one)


def _on_team(team: Any, call: Callable[[], None]) -> None:
    with engine.team.using(team):
        call()


def split(batch_size: int, workload: Sequence[float]) -> list[slice]:
    """Return the parts of a batch in proportion to workloads.

    Raises
    ------
    ParamError
        If a part would be empty (a ``ValueError`` too).
    """
    counts = [round(work * batch_size / sum(workload)) for work in workload]
    counts[-1] += max(0, batch_size - sum(counts))
    parts, end = [], 0
    for count in counts:
        begin, end = end, min(end + count, batch_size)
        if begin == end:
            raise ParamError(f"bind: a batch of {batch_size} leaves nothing for some of {len(counts)} contexts; "
                             "take a larger batch or fewer contexts")  # fmt: skip
        parts.append(slice(begin, end))
    return parts


def add_up(parts: Sequence[NDArray], total: NDArray) -> None:
    """Write the sum of two arrays or more of one form, in their order."""
    np.add(parts[0]._data, parts[1]._data, out=total._data)
    for part in parts[2:]:
        np.add(total._data, part._data, out=total._data)
    total._buffer.version += 1


def spread(source: NDArray, targets: Sequence[NDArray]) -> None:
    """Copy an array to others of its form."""
    for target in targets:
        np.copyto(target._data, source._data)
        target._buffer.version += 1


def _joined(arrays: Sequence[Sequence[Any]], axes: Sequence[int]) -> list[NDArray]:
    """Join each list of arrays along its batch axis; without one all are alike and the first is taken."""
    return [
        found[0] if len(found) == 1 or axis < 0
        else NDArray(np.concatenate([one._data for one in found], axis), found[0].context)
        for found, axis in zip(arrays, axes, strict=True)
    ]  # fmt: skip
