"""Rows of tables."""

from typing import Any

from symcli import engine
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, Layout, Lowered
from symcli.graph.node import Node
from symcli.shapes import prod


class Lookup(Lowered):
    """output[..., :] = weight[data[...], :], with float32 indices."""

    arguments = ("data", "weight")
    backward_uses = ("data",)
    gradient_adds = frozenset({1})
    n: int
    rows: int
    width: int

    def forward(self, ctx, in_data, out_data, aux):
        engine.lookup.take(in_data[0], in_data[1], out_data[0], self.n, self.rows, self.width)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            engine.elementwise.fill(in_grad[0], 0.0, in_grad[0].size)
        if in_grad[1] is not None:
            engine.lookup.take_grad(out_grad[0], in_data[0], in_grad[1], self.n, self.rows, self.width, 1 in ctx.adds)


@rule("Embedding")
def lookup(graph: Graph, node: Node) -> Match | None:
    op: Any = node.op
    if not graph.is_float32(node):
        return None
    shape = graph.shape((node, 0))
    made = Lookup(inputs=(PLAIN, PLAIN), layouts=(Layout(shape),), n=prod(shape[:-1]), rows=op.input_dim,
                  width=op.output_dim)  # fmt: skip
    return Match([node], node.inputs, lambda _: made)
