"""Sums, differences and products of equal shapes, scalings, Dropout; ranges of channels.

All but the last take the storage that their first input has.
"""

from collections.abc import Sequence
from typing import Any

from symcli import engine
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered, Storage, sizes
from symcli.graph.node import Entry, Node
from symcli.shapes import prod

__all__ = ["Cut", "Drop", "Product", "Scaled", "Sum"]


class Sum(Lowered):
    """lhs + sign rhs."""

    arguments = ("lhs", "rhs")
    inplace = {"output": "lhs"}  # noqa: RUF012
    backward_uses = ()
    gradient_inplace = 0
    gradient_adds = frozenset({0, 1})
    sign: float

    def forward(self, ctx, in_data, out_data, aux):
        engine.elementwise.combine(in_data[0], in_data[1], out_data[0], self.sign, out_data[0].size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = out_grad[0]
        for i, scale in ((1, self.sign), (0, 1.0)):
            if in_grad[i] is not None:
                engine.elementwise.scale(g, in_grad[i], scale, 0.0, i in ctx.adds, g.size)


class Product(Lowered):
    """lhs rhs, element by element."""

    arguments = ("lhs", "rhs")
    inplace = {"output": "lhs"}  # noqa: RUF012
    backward_uses = ("lhs", "rhs")
    gradient_adds = frozenset({0, 1})

    def forward(self, ctx, in_data, out_data, aux):
        engine.elementwise.multiply(in_data[0], in_data[1], out_data[0], 0, out_data[0].size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for i in range(2):
            if in_grad[i] is not None:
                engine.elementwise.multiply(out_grad[0], in_data[1 - i], in_grad[i], i in ctx.adds, out_grad[0].size)


class Scaled(Lowered):
    """scale data + shift."""

    inplace = {"output": "data"}  # noqa: RUF012
    backward_uses = ()
    gradient_inplace = 0
    gradient_adds = frozenset({0})
    scale: float
    shift: float

    def forward(self, ctx, in_data, out_data, aux):
        engine.elementwise.scale(in_data[0], out_data[0], self.scale, self.shift, 0, out_data[0].size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        engine.elementwise.scale(out_grad[0], in_grad[0], self.scale, 0.0, 0 in ctx.adds, out_grad[0].size)


class Drop(Lowered):
    """Dropout; its mask is kept for the backward pass. Random numbers are those of the plain operator.

    Attributes
    ----------
    dropout : the plain operator.
    """

    inplace = {"output": "data"}  # noqa: RUF012
    backward_uses = ("hidden0",)
    hidden = 1
    dropout: Any

    def forward(self, ctx, in_data, out_data, aux):
        x, (y, mask) = in_data[0], out_data
        if not self.dropout.drops(ctx):
            engine.elementwise.scale(x, y, 1.0, 0.0, 0, y.size)
            return
        layout = self.layouts[0]
        extent = sizes(layout.shape) if layout.storage == PLANES else (1, 1, y.size, y.size)
        engine.dropout.keep_mask(ctx.key, ctx.node, 1 - self.dropout.p, mask, *extent)
        engine.elementwise.multiply(x, mask, y, 0, y.size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if self.dropout.drops(ctx):
            engine.elementwise.multiply(out_grad[0], out_data[1], in_grad[0], 0, out_grad[0].size)
        else:
            engine.elementwise.scale(out_grad[0], in_grad[0], 1.0, 0.0, 0, out_grad[0].size)


class Cut(Lowered):
    """A range of channels."""

    backward_uses = ()
    gradient_adds = frozenset({0})
    begin: int

    def forward(self, ctx, in_data, out_data, aux):
        y = out_data[0]
        engine.elementwise.scale(in_data[0][self.begin : self.begin + len(y)], y, 1.0, 0.0, 0, y.size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, gx = out_grad[0], in_grad[0]
        if 0 not in ctx.adds:
            engine.elementwise.fill(gx, 0.0, gx.size)
        engine.elementwise.scale(g, gx[self.begin : self.begin + len(g)], 1.0, 0.0, 0 in ctx.adds, g.size)


# ---- rules

_SIGNS = {"elemwise_add": 1.0, "broadcast_add": 1.0, "elemwise_sub": -1.0, "broadcast_sub": -1.0}


def _storage(graph: Graph, entries: Sequence[Entry], storages: Sequence[Storage]) -> Storage:
    """Planes if a value that an operator makes lies in them, and has channels; plain otherwise."""
    return PLANES if PLANES in storages and len(graph.shape(entries[0])) >= 2 else PLAIN


@rule("elemwise_add", "broadcast_add", "elemwise_sub", "broadcast_sub", "elemwise_mul", "broadcast_mul")
def combination(graph: Graph, node: Node) -> Match | None:
    """Two values of one shape; broadcasting stays plain, and so do two variables, whose gradients MXNet shares."""
    shape = graph.shape((node, 0))
    if not graph.is_float32(node) or any(graph.shape(entry) != shape for entry in node.inputs):
        return None
    if all(source.op is None for source, _ in node.inputs):
        return None
    name = node.op.name if node.op else ""

    def make(storages: Sequence[Storage]) -> Lowered:
        storage = _storage(graph, node.inputs, storages)
        fields: dict[str, Any] = {"inputs": (storage, storage), "layouts": (Layout(shape, storage),)}
        return Sum(**fields, sign=_SIGNS[name]) if name in _SIGNS else Product(**fields)

    return Match([node], node.inputs, make)


_SCALINGS = {
    "_plus_scalar": lambda c: (1.0, c),
    "_minus_scalar": lambda c: (1.0, -c),
    "_rminus_scalar": lambda c: (-1.0, c),
    "_mul_scalar": lambda c: (c, 0.0),
    "_div_scalar": lambda c: (1.0 / c, 0.0),
}


@rule(*_SCALINGS)
def scaling(graph: Graph, node: Node) -> Match | None:
    """A value times a number, plus a number."""
    op: Any = node.op
    if not graph.is_float32(node) or (op.name == "_div_scalar" and not 1e-30 < abs(op.scalar) < 1e30):
        return None
    scale, shift = _SCALINGS[op.name](float(op.scalar))
    shape = graph.shape((node, 0))
    return Match([node], node.inputs, lambda storages: Scaled(
        inputs=storages, layouts=(Layout(shape, storages[0]),), scale=scale, shift=shift))  # fmt: skip


@rule("Dropout")
def dropout(graph: Graph, node: Node) -> Match | None:
    """Dropout of single elements."""
    op: Any = node.op
    if not graph.is_float32(node) or op.axes or graph.consumers((node, 1)) or (node, 1) in graph.heads:
        return None
    shape = graph.shape((node, 0))
    return Match([node], node.inputs, lambda storages: Drop(
        inputs=storages, layouts=(Layout(shape, storages[0]),) * 2, dropout=op))  # fmt: skip


@rule("slice_axis")
def cut(graph: Graph, node: Node) -> Match | None:
    """Some of the channels of an image."""
    op: Any = node.op
    shape, data = graph.shape((node, 0)), graph.shape(node.inputs[0])
    if op.axis not in (1, 1 - len(data)) or len(data) < 3 or not graph.is_float32(node) or prod(shape) == 0:
        return None
    begin = op.begin % data[1] if op.begin < 0 else op.begin
    return Match([node], node.inputs,
                 lambda _: Cut(inputs=(PLANES,), layouts=(Layout(shape, PLANES),), begin=begin))  # fmt: skip
