"""Recurrent cells that a graph spells out, as ``mx.rnn``'s ``unroll`` does: all steps of a layer as one operator.

A step is known by what it computes, as ``Step.of`` says; steps whose states come from one another and that share their
weights are a layer. What is computed is what ``RNN`` computes, by the same instructions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from symcli import engine, kernels
from symcli.executor.lower.dense import activation_of
from symcli.executor.lower.graph import Graph, Match, several
from symcli.executor.lower.op import PLAIN, Layout
from symcli.executor.lower.recurrence import Cells
from symcli.graph.node import Entry, Node
from symcli.ops.recurrence import CELLS

Pattern = Any  # the name of any entry, or (operator, what distinguishes it, patterns of its arguments ...)


def _act(kind: str, x: Pattern) -> Pattern:
    return ("activation", kind, x)


def _part(i: int, of: int, x: Pattern) -> Pattern:
    return ("SliceChannel", (i, of), x)


_I2H = ("FullyConnected", None, "x", "i2h_weight", "i2h_bias")
_H2H = ("FullyConnected", None, "state", "h2h_weight", "h2h_bias")
_SUM = ("elemwise_add", None, _I2H, _H2H)
_I, _F, _G, _O = (_act("tanh" if i == 2 else "sigmoid", _part(i, 4, _SUM)) for i in range(4))
_CELL = ("elemwise_add", None, ("elemwise_mul", None, _F, "state_cell"), ("elemwise_mul", None, _I, _G))
_R, _Z = (_act("sigmoid", ("elemwise_add", None, _part(i, 3, _I2H), _part(i, 3, _H2H))) for i in range(2))
_N = _act("tanh", ("elemwise_add", None, _part(2, 3, _I2H), ("elemwise_mul", None, _R, _part(2, 3, _H2H))))
PATTERNS: dict[str, Pattern] = {
    "lstm": ("elemwise_mul", None, _O, _act("tanh", ("as", "cell", _CELL))),
    "gru": ("elemwise_add", None, ("elemwise_mul", None, ("_rminus_scalar", 1.0, _Z), _N),
            ("elemwise_mul", None, _Z, "state")),
    "rnn_tanh": _act("tanh", _SUM),
    "rnn_relu": _act("relu", _SUM),
}  # fmt: skip
_WEIGHTS = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")


@dataclass
class Step:
    """One step of a cell: what the names of its pattern stand for, and the nodes that are its own."""

    mode: str
    root: Node
    found: dict[str, Entry] = field(default_factory=dict)
    nodes: set[Node] = field(default_factory=set)

    @classmethod
    def of(cls, graph: Graph, root: Node) -> "Step | None":
        """Return the step whose output a node is; None if it is none."""
        for mode, pattern in PATTERNS.items():
            step = cls(mode, root)
            if step.fits(graph, (root, 0), pattern) and len(graph.shape(step.found["x"])) == 2:
                return step
        return None

    def fits(self, graph: Graph, entry: Entry, pattern: Pattern) -> bool:
        """Whether an entry is computed as a pattern says; keep what its names stand for."""
        if isinstance(pattern, str):
            return self.found.setdefault(pattern, entry) == entry
        (name, detail, *arguments), (node, i) = pattern, entry
        if name == "as":
            return self.fits(graph, entry, detail) and self.fits(graph, entry, arguments[0])
        op: Any = node.op
        if op is None or len(node.inputs) != len(arguments) or not graph.is_float32(node):
            return False
        if name == "activation":
            same = activation_of(graph, node) == detail
        elif name == "SliceChannel":
            same = op.name == name and (i, op.num_outputs, op.axis, op.squeeze_axis) == (*detail, 1, False)
        else:
            same = op.name == name and (detail is None or op.scalar == detail)
        self.nodes.add(node)
        return same and all(map(self.fits, [graph] * len(arguments), node.inputs, arguments))

    def follows(self, other: "Step") -> bool:
        """Whether the states are those after another step of the same cell."""
        same = self.mode == other.mode and all(self.found[name] == other.found[name] for name in _WEIGHTS)
        return same and self.found.get("state_cell") == other.found.get("cell")


class Unrolled(Cells):
    """The steps of one layer of recurrent cells.

    data_0 ... data_T-1 (N, C), weights (G H, C) and (G H, H), biases (G H,) twice, state (N, H), lstm: state_cell
    (N, H); outputs (N, H), one for each step, and where it is read lstm's cell after the last step. Hidden are the
    states of all steps and what ``RNN`` keeps.
    """

    mode: str
    sizes: tuple[int, int, int, int]  # T, N, C, H
    last_cell: bool

    def list_arguments(self):
        names = [*(f"data_{t}" for t in range(self.sizes[0])), *_WEIGHTS, "state"]
        return [*names, "state_cell"] if self.mode == "lstm" else names

    def num_visible_outputs(self):
        return self.sizes[0] + self.last_cell

    def list_outputs(self):
        names = [f"output_{t}" for t in range(self.sizes[0])] + ["cell_output"] * self.last_cell
        return [*names, "states", "gates", "inner"][: len(self.layouts)]

    @property
    def backward_uses(self):
        return (*self.list_arguments(), *self.list_outputs()[self.num_visible_outputs() :])

    def given(self, ctx, in_data, out_data):
        """Return the data of all steps as one array, and the layer as ``Cells`` takes it."""
        (steps, n, c, h), mode = self.sizes, self.mode
        weights, biases = in_data[steps : steps + 2], in_data[steps + 2 : steps + 4]
        state, cell = in_data[steps + 4], in_data[steps + 5] if mode == "lstm" else None
        x = ctx.scratch((steps, n, c), "float32")
        for t in range(steps):
            engine.convert.copy_values(in_data[t], x[t], n * c)
        states, *kept = out_data[self.num_visible_outputs() :]
        gates, inner = kept or (ctx.scratch((steps, n, engine.recurrence.GATES[mode] * h), "float32"), None)
        return x, (weights, biases, state, cell, gates, inner, states)

    def forward(self, ctx, in_data, out_data, aux):
        steps, n, _, h = self.sizes
        x, layer = self.given(ctx, in_data, out_data)
        self.layer_forward(ctx, self.mode, x, layer, *layer[0])
        for t in range(steps):
            engine.convert.copy_values(layer[-1][t], out_data[t], n * h)
        if self.last_cell:
            engine.convert.copy_values(layer[-2][steps - 1], out_data[steps], n * h)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (steps, n, c, h), mode = self.sizes, self.mode
        x, layer = self.given(ctx, in_data, out_data)
        wanted = in_grad[steps : steps + 4]
        shapes = [array.shape for pair in layer[:2] for array in pair]
        into = [
            ctx.scratch(shape, "float32") if one is None else one for one, shape in zip(wanted, shapes, strict=True)
        ]
        gx = None if all(one is None for one in in_grad[:steps]) else ctx.scratch(x.shape, "float32")
        self.layer_backward(
            ctx, mode, out_grad, [None, out_grad[steps] if self.last_cell else None], x, layer,
            self.memory(ctx, mode, steps, n, h), None if all(one is None for one in wanted) else (into[:2], into[2:]),
            [*in_grad[steps + 4 :], None], gx, 0,
        )  # fmt: skip
        for t in range(steps):
            if in_grad[t] is not None:
                engine.convert.copy_values(gx[t], in_grad[t], n * c)


def _layers(graph: Graph) -> Iterator[list[Step]]:
    """Yield the steps of each layer, first to last."""
    layers: dict[Entry, list[Step]] = {}  # by the state after the last step so far
    for node in graph.nodes:
        step = Step.of(graph, node) if node.op is not None else None
        if step is None:
            continue
        before = layers.get(step.found["state"])
        if before is not None and step.follows(before[-1]):
            layers[node, 0] = [*layers.pop(step.found["state"]), step]
        else:
            layers[node, 0] = [step]
    yield from (steps for steps in layers.values() if len(steps) > 1)


@several
def unrolled(graph: Graph) -> Iterator[Match]:
    """Layers of two steps or more."""
    for steps in _layers(graph):
        yield _match(graph, steps)


def _match(graph: Graph, steps: Sequence[Step]) -> Match:
    first, last, mode = steps[0].found, steps[-1], steps[0].mode
    inside = {last.root, *(node for step in steps for node in step.nodes)}
    shown = [(step.root, 0) for step in steps]
    cells = [cell for cell in [last.found.get("cell")] if cell is not None]
    cells = [one for one in cells if one in graph.heads or not inside.issuperset(graph.consumers(one))]
    (n, c), h, t = graph.shape(first["x"]), graph.shape(first["state"])[1], len(steps)
    kept = [(t, n, engine.recurrence.GATES[mode] * h), (t, n, h)] if CELLS[mode].keeps_gates else []
    names = [*_WEIGHTS, "state", *(["state_cell"] if mode == "lstm" else [])]
    inputs = [*(step.found["x"] for step in steps), *(first[name] for name in names)]
    shapes = [*[(n, h)] * (t + len(cells)), (t, n, h), *kept]
    made = Unrolled(inputs=(PLAIN,) * len(inputs), layouts=tuple(map(Layout, shapes)), mode=mode, sizes=(t, n, c, h),
                    last_cell=bool(cells))  # fmt: skip
    nodes = sorted(inside - {last.root}, key=lambda node: graph.numbers[node])
    return Match([*nodes, last.root], inputs, lambda _: made, (*shown, *cells))
