"""Max pooling over squares of 2 x 2, with the activation function before it computed after."""

from typing import Any

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.dense import activation_of
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLANES, Layout, Lowered
from symcli.graph.node import Node

__all__ = ["ActivatedPool"]


class ActivatedPool(Lowered):
    """f(the largest element of each square of 2 x 2), f monotonous.

    Attributes
    ----------
    shape : of the data, (N, C, H, W) with even H and W.
    act : the engine's name of f.
    """

    backward_uses = ("data", "output")
    shape: tuple[int, ...]
    act: str

    def _sizes(self, x: Any, y: Any) -> tuple[int, ...]:
        n, c, height, width = self.shape
        return c, n * height // 2, width, planes.pitch(planes.pixels(self.shape)), y.shape[1]

    def forward(self, ctx, in_data, out_data, aux):
        x, y = in_data[0], out_data[0]
        engine.square_pool.activated_pool[self.act](x, y, *self._sizes(x, y))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        x, y = in_data[0], out_data[0]
        engine.square_pool.activated_pool_gradient[self.act](x, y, out_grad[0], in_grad[0], *self._sizes(x, y))


@rule("Pooling")
def activated_pool(graph: Graph, node: Node) -> Match | None:
    """Max pooling by 2 x 2 with stride 2 of an even image; relu stays with what is before, where it costs nothing."""
    op: Any = node.op
    if op.pool_type != "max" or op.global_pool or op.channels_last or not graph.is_float32(node):
        return None
    shape = graph.shape(node.inputs[0])
    if len(shape) != 4 or shape[2] % 2 or shape[3] % 2 or [w[:2] + w[3:] for w in op.windows()] != [(2, 2, 0)] * 2:
        return None
    nodes, act = [node], "identity"
    source = graph.alone(node.inputs[0])
    name = activation_of(graph, source) if source is not None else None
    if source is not None and name is not None and name != "relu":
        nodes, act = [source, node], name
    layouts = (Layout(graph.shape((node, 0)), PLANES),)
    return Match(nodes, nodes[0].inputs,
                 lambda _: ActivatedPool(inputs=(PLANES,), layouts=layouts, shape=shape, act=act))  # fmt: skip
