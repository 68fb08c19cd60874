"""Activation functions by themselves."""

from collections.abc import Sequence

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.dense import activation_of
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLANES, Layout, Lowered, Storage
from symcli.graph.node import Node

__all__ = ["Activate", "extent"]


class Activate(Lowered):
    """f(data), in the storage that data has."""

    inplace = {"output": "data"}  # noqa: RUF012
    backward_uses = ("output",)
    gradient_inplace = 0
    act: str

    def forward(self, ctx, in_data, out_data, aux):
        engine.activation.activate[self.act](in_data[0], out_data[0], 0, *extent(self.layouts[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        engine.activation.gradient[self.act](out_grad[0], out_data[0], in_grad[0], *extent(self.layouts[0]))


def extent(layout: Layout) -> tuple[int, int, int]:
    """Return the rows of a value, their length, and the floats from one to the next."""
    if layout.storage == PLANES:
        count = planes.pixels(layout.shape)
        return planes.channels(layout.shape), count, planes.pitch(count)
    size = 1
    for one in layout.shape:
        size *= one
    return 1, size, size


@rule("Activation", "relu", "sigmoid", "tanh")
def activation(graph: Graph, node: Node) -> Match | None:
    name, shape = activation_of(graph, node), graph.shape((node, 0))
    if name is None:
        return None

    def make(storages: Sequence[Storage]) -> Activate:
        return Activate(inputs=storages, layouts=(Layout(shape, storages[0]),), act=name)

    return Match([node], node.inputs, make)
