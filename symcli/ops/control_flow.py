"""Loops and branches in graphs. Their bodies are graphs; what runs them stands above, in ``executor.control_flow``."""

from collections.abc import Sequence
from typing import Any, ClassVar

from symcli.errors import MXNetError
from symcli.ops.op import Op
from symcli.params import Graphs, param
from symcli.shapes import merge, merge_all

__all__ = ["RUNNERS"]

RUNNERS: dict[str, Any] = {}  # operator name -> what runs it forward and backward


class ControlFlow(Op, abstract=True):
    """An operator whose parameters are graphs: ``inputs()``, ``infer_shapes`` and ``infer_types`` of each are asked."""

    variadic = "num_args"
    captured = False
    graphs: ClassVar[tuple[str, ...]] = ()  # what each subgraph is

    subgraphs: Graphs = param(doc="the graphs that it runs; a file has them beside the attributes")
    num_args: int = param(ge=1, doc="the number of graphs and inputs")
    num_outputs: int = param(ge=0, doc="the number of outputs")

    def __post_init__(self):
        if len(self.subgraphs) != len(self.graphs):
            raise MXNetError(f"{self.name} has {len(self.subgraphs)} subgraphs; needs {', '.join(self.graphs)}")

    @classmethod
    def counted(cls, inputs: int) -> int:
        return inputs + len(cls.graphs)

    def list_arguments(self):
        return [f"data{i}" for i in range(self.num_args - len(self.graphs))]

    def list_outputs(self):
        names = ["output"] if self.num_outputs == 1 else [f"output{i}" for i in range(self.num_outputs)]
        return names + self.saved()

    def num_visible_outputs(self):
        return self.num_outputs

    def saved(self) -> list[str]:
        """The hidden outputs, by which backward knows what forward did."""
        return []

    @property
    def uncounted(self):
        return len(self.saved())

    def places(self) -> Sequence[Sequence[int]]:
        """Which input of the operator each input of each subgraph is."""
        raise NotImplementedError(f"operator {self.name} does not say what its subgraphs read: define places")

    def writes(self):
        names = self.list_arguments()
        return tuple(names[places[i]] for graph, places in zip(self.subgraphs, self.places(), strict=True)
                     for i in graph.written())  # fmt: skip

    def require(self, key: str, places: Sequence[int], count: int, below: int) -> None:
        """Check that a parameter holds ``count`` different numbers below a bound."""
        if len(places) != count or len(set(places)) != count or not all(0 <= place < below for place in places):
            raise MXNetError(f"{self.name}: {key}={list(places)}; needs {count} different numbers below {below}")

    def forward(self, ctx, in_data, out_data, aux):
        RUNNERS[self.name].forward(self, ctx, in_data, out_data)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        RUNNERS[self.name].backward(self, ctx, out_grad, in_data, out_data, in_grad)


class _foreach(ControlFlow):
    """A loop over the first axis of arrays; the body is a graph.

    data0, data1, ...      what is looped over, (n, ...) each; then the first states; then what else the body reads
    output0, output1, ...  the body's outputs of all steps, (n, ...) each; then the last states

    In step i the body gets data[i] and the states that step i - 1 left. ``mx.sym.contrib.foreach`` makes it of a
    function. Backward computes the body again, from states that forward kept. Source: src/operator/control_flow.cc.
    """

    graphs = ("the body",)

    num_out_data: int = param(ge=0, doc="how many outputs are stacked; the rest are states")
    in_state_locs: tuple[int, ...] = param(doc="which inputs of the body are states")
    in_data_locs: tuple[int, ...] = param(doc="which inputs of the body are slices of data")
    remain_locs: tuple[int, ...] = param((), doc="which inputs of the body are the rest")

    def __post_init__(self):
        super().__post_init__()
        locs = (*self.in_data_locs, *self.in_state_locs, *self.remain_locs)
        self.require("in_data_locs, in_state_locs, remain_locs", locs, len(self.list_arguments()), len(locs))
        self.require("in_data_locs", self.in_data_locs, max(len(self.in_data_locs), 1), len(locs))
        sizes = len(self.subgraphs[0].inputs()), len(self.subgraphs[0].heads)
        if sizes != (len(locs), self.num_outputs):
            raise MXNetError(f"{self.name}: the body has {sizes[0]} inputs and {sizes[1]} outputs; "
                             f"needs {len(locs)} and {self.num_outputs}")  # fmt: skip
        if len(self.in_state_locs) != self.num_outputs - self.num_out_data:
            raise MXNetError(f"{self.name}: {len(self.in_state_locs)} states go in and "
                             f"{self.num_outputs - self.num_out_data} come out; needs as many")  # fmt: skip

    def saved(self):
        return [f"state{i}" for i in range(len(self.in_state_locs))]

    def places(self):
        order = (*self.in_data_locs, *self.in_state_locs, *self.remain_locs)
        return [[order.index(i) for i in range(len(order))]]

    def infer_shape(self, in_shape, out_shape):
        stacked, count, states = self.num_out_data, len(self.in_data_locs), len(self.in_state_locs)
        whole = [shape for shape in (*in_shape[:count], *out_shape[:stacked], *out_shape[self.num_outputs :]) if shape]
        (length,) = merge_all((0,), *((shape[0],) for shape in whole))
        inner = [_row(shape) if i < count else shape for i, shape in enumerate(in_shape)]
        told = [_row(shape) if i < stacked else shape for i, shape in enumerate(out_shape[: self.num_outputs])]
        for i in range(states):  # a state has one shape, before and after
            inner[count + i] = told[stacked + i] = merge_all(inner[count + i], told[stacked + i],
                                                             _row(out_shape[self.num_outputs + i]))  # fmt: skip
        (places,) = self.places()
        found, made = self.subgraphs[0].infer_shapes([inner[place] for place in places], told)
        for place, shape in zip(places, found, strict=True):
            inner[place] = shape
        for i in range(states):
            made[stacked + i] = inner[count + i] = merge(made[stacked + i], inner[count + i])
        ins = [_stacked(length, shape, given) if i < count else shape
               for i, (shape, given) in enumerate(zip(inner, in_shape, strict=True))]  # fmt: skip
        outs = [_stacked(length, shape) if i < stacked else shape for i, shape in enumerate(made)]
        return ins, [*outs, *(_stacked(length, shape) for shape in made[stacked:])]

    def flops(self, in_shape, out_shape):
        count, (places,) = len(self.in_data_locs), self.places()
        inner = [_row(shape) if i < count else shape for i, shape in enumerate(in_shape)]
        looped = [shape for shape in (*in_shape[:count], *out_shape[: self.num_out_data]) if shape]
        return looped[0][0] * self.subgraphs[0].flops([inner[place] for place in places]) if looped else 0

    def infer_type(self, in_type, out_type):
        count, states = len(self.in_data_locs), len(self.in_state_locs)
        (places,) = self.places()
        found, made = self.subgraphs[0].infer_types([in_type[place] for place in places], out_type[: self.num_outputs])
        inner = list(in_type)
        for place, name in zip(places, found, strict=True):
            inner[place] = name
        return inner, [*made, *inner[count : count + states]]


class _while_loop(ControlFlow):
    """A loop that runs while a condition holds, a graph like the body.

    data0, data1, ...      what condition and body read; some of these are the variables of the loop
    output0, output1, ...  the body's outputs of all steps, (max_iterations, ...) each, 0 where no step was made;
                           then the last variables

    ``mx.sym.contrib.while_loop`` makes it of two functions. Backward computes the body again, from variables that
    forward kept. MXNet leaves undefined what no step wrote. Source: src/operator/control_flow.cc.
    """

    graphs = ("the condition", "the body")

    num_out_data: int = param(ge=0, doc="how many outputs are stacked; the rest are variables")
    max_iterations: int = param(ge=1, doc="the largest number of steps")
    cond_input_locs: tuple[int, ...] = param(doc="which inputs the condition reads")
    func_input_locs: tuple[int, ...] = param(doc="which inputs the body reads")
    func_var_locs: tuple[int, ...] = param(doc="which of the body's inputs are the loop's variables")

    def __post_init__(self):
        super().__post_init__()
        body, count = self.subgraphs[1], len(self.list_arguments())
        self.require("cond_input_locs", self.cond_input_locs, len(self.subgraphs[0].inputs()), count)
        self.require("func_input_locs", self.func_input_locs, len(body.inputs()), count)
        variables = self.num_outputs - self.num_out_data
        self.require("func_var_locs", self.func_var_locs, max(variables, 1), len(self.func_input_locs))
        if len(body.heads) != self.num_outputs or len(self.subgraphs[0].heads) != 1:
            raise MXNetError(f"{self.name}: condition and body have {len(self.subgraphs[0].heads)} and "
                             f"{len(body.heads)} outputs; needs 1 and {self.num_outputs}")  # fmt: skip

    def saved(self):
        return [*(f"variable{i}" for i in range(len(self.func_var_locs))), "steps"]

    def places(self):
        return [self.cond_input_locs, self.func_input_locs]

    def variables(self) -> list[int]:
        """Which inputs are the variables of the loop."""
        return [self.func_input_locs[loc] for loc in self.func_var_locs]

    def infer_shape(self, in_shape, out_shape):
        stacked, inner, variables = self.num_out_data, list(in_shape), self.variables()
        told = [_row(shape) if i < stacked else shape for i, shape in enumerate(out_shape[: self.num_outputs])]
        for i, place in enumerate(variables):
            inner[place] = told[stacked + i] = merge(inner[place], told[stacked + i])
        found, _ = self.subgraphs[0].infer_shapes([inner[place] for place in self.cond_input_locs], [None])
        for place, shape in zip(self.cond_input_locs, found, strict=True):
            inner[place] = shape
        found, made = self.subgraphs[1].infer_shapes([inner[place] for place in self.func_input_locs], told)
        for place, shape in zip(self.func_input_locs, found, strict=True):
            inner[place] = shape
        for i, place in enumerate(variables):
            made[stacked + i] = inner[place] = merge(made[stacked + i], inner[place])
        outs = [_stacked(self.max_iterations, shape) if i < stacked else shape for i, shape in enumerate(made)]
        return inner, [*outs, *(_stacked(self.max_iterations, shape) for shape in made[stacked:]), (1,)]

    def infer_type(self, in_type, out_type):
        inner = list(in_type)
        for graph, places, told in zip(self.subgraphs, self.places(), ([None], out_type[: self.num_outputs]),
                                       strict=True):  # fmt: skip
            found, made = graph.infer_types([inner[place] for place in places], told)
            for place, name in zip(places, found, strict=True):
                inner[place] = name
        return inner, [*made, *(inner[place] for place in self.variables()), "int64"]


class _cond(ControlFlow):
    """One of two branches, both graphs, as a condition says, a graph too.

    data0, data1, ...      what condition and branches read
    output0, output1, ...  the outputs of the branch that was taken; both have the same shapes

    ``mx.sym.contrib.cond`` makes it of functions. Source: src/operator/control_flow.cc.
    """

    graphs = ("the condition", "the branch where it holds", "the other branch")

    cond_input_locs: tuple[int, ...] = param(doc="which inputs the condition reads")
    then_input_locs: tuple[int, ...] = param((), doc="which inputs the branch reads where the condition holds")
    else_input_locs: tuple[int, ...] = param((), doc="which inputs the other branch reads")

    def __post_init__(self):
        super().__post_init__()
        keys, counts = ("cond_input_locs", "then_input_locs", "else_input_locs"), (1, *[self.num_outputs] * 2)
        for key, places, graph, outputs in zip(keys, self.places(), self.subgraphs, counts, strict=True):
            self.require(key, places, len(graph.inputs()), len(self.list_arguments()))
            if len(graph.heads) != outputs:
                raise MXNetError(f"{self.name}: the graph of {key} has {len(graph.heads)} outputs; needs {outputs}")

    def saved(self):
        return ["branch"]

    def places(self):
        return [self.cond_input_locs, self.then_input_locs, self.else_input_locs]

    def infer_shape(self, in_shape, out_shape):
        return self._inferred("infer_shapes", merge, in_shape, out_shape[: self.num_outputs], (1,))

    def infer_type(self, in_type, out_type):
        return self._inferred("infer_types", lambda told, found: found or told, in_type,
                              out_type[: self.num_outputs], "int64")  # fmt: skip

    def _inferred(self, rule, merged, given, told, branch):
        inner, made = list(given), list(told)
        for k, (graph, places) in enumerate(zip(self.subgraphs, self.places(), strict=True)):
            found, outs = getattr(graph, rule)([inner[place] for place in places], made if k else [None])
            for place, one in zip(places, found, strict=True):
                inner[place] = one
            if k:
                made = [merged(one, other) for one, other in zip(made, outs, strict=True)]
        return inner, [*made, branch]


def _row(shape):
    """The shape of a slice along the first axis; of numbers it is (1,), as arrays without axes do not exist."""
    return None if shape is None else shape[1:] or (1,)


def _stacked(length, shape, given=None):
    """The shape of slices put together; ``given`` tells numbers from rows of one."""
    if shape is None:
        return None if given is None else (length, *given[1:])
    return (length,) if given is not None and len(given) == 1 else (length, *shape)
