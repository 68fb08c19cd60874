"""Activation functions."""

from symcli import engine
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import Layout, Lowered
from symcli.graph.node import Node


class Relu(Lowered):
    """max(data, 0), plain or in planes."""

    backward_uses = ("output",)
    gradient_inplace = 0

    def forward(self, ctx, in_data, out_data, aux):
        engine.activation.relu(in_data[0], out_data[0], in_data[0].size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        engine.activation.relu_grad(out_grad[0], out_data[0], in_grad[0], out_grad[0].size)


@rule("Activation", "relu")
def activation(graph: Graph, node: Node) -> Match | None:
    """One activation by itself."""
    if getattr(node.op, "act_type", "relu") != "relu" or not graph.is_float32(node):
        return None
    shape = graph.shape((node, 0))
    return Match([node], node.inputs, lambda storages: Relu(inputs=storages, layouts=(Layout(shape, storages[0]),)))
