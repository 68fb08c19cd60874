"""Fully connected layers with the activation behind them, and Flatten before."""

from collections.abc import Sequence

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered, Storage
from symcli.graph.node import Node
from symcli.shapes import prod

FEW = 8  # samples below which features are the lanes
_SHORT = 64  # features of data below which dot products along them are no gain
# Samples below which a weight gradient's products along them are slower than to transpose the data before, if there are
# so many outputs: (128, 256) from 64 samples takes 18 us less.
_FEW_FOR_DOT, _HIGH = 200, 32


class Dense(Lowered):
    """act(weight data + bias) in planes: lanes are samples.

    data (N, K), plain or in planes; weight (H, K); bias (H,) or absent; output (N, H), in planes.
    """

    arguments = ("data", "weight", "bias")
    gradient_adds = frozenset({0, 1, 2})
    n: int
    k: int
    h: int
    act: str

    def list_arguments(self):
        return ["data", "weight", "bias"][: len(self.inputs)]

    @property
    def backward_uses(self):
        return ("data", "weight", "output")[: 2 + (self.act != "identity")]

    def forward(self, ctx, in_data, out_data, aux):
        x, w, *bias = in_data
        y, n, k, h = out_data[0], self.n, self.k, self.h
        if self.inputs[0] == PLAIN:
            engine.gemm.product_t(w, k, x, k, y, y.shape[1], h, n, k, 0)
        else:
            engine.gemm.product(w, k, 1, x, x.shape[1], y, y.shape[1], h, n, k, 0)
        if bias or self.act != "identity":
            engine.activation.activate[self.act](y, y, bias[0] if bias else 0, h, n, y.shape[1])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, (x, w), (gx, gw, *gbias), n, k, h = out_grad[0], in_data[:2], in_grad, self.n, self.k, self.h
        y = g if out_data[0] is None else out_data[0]
        pitch = g.shape[1]
        if gbias and gbias[0] is not None:
            engine.activation.gradient_sum[self.act](g, y, g, gbias[0], h, n, pitch, 2 in ctx.adds)
        elif self.act != "identity":
            engine.activation.gradient[self.act](g, y, g, h, n, pitch)
        plain = self.inputs[0] == PLAIN
        if gw is not None and plain:
            engine.gemm.product(g, pitch, 1, x, k, gw, k, h, k, n, 1 in ctx.adds)
        elif gw is not None and n < _FEW_FOR_DOT and h >= _HIGH:
            rows = ctx.scratch((n, k), "float32")
            engine.transpose.transpose(x, rows, k, n, x.shape[1], k)
            engine.gemm.product(g, pitch, 1, rows, k, gw, k, h, k, n, 1 in ctx.adds)
        elif gw is not None:
            engine.gemm.product_t(g, pitch, x, x.shape[1], gw, k, h, k, n, 1 in ctx.adds)
        if gx is not None and plain:
            engine.gemm.product(g, 1, pitch, w, k, gx, k, n, k, h, 0 in ctx.adds)
        elif gx is not None:
            engine.gemm.product(w, 1, k, g, pitch, gx, gx.shape[1], k, n, h, 0 in ctx.adds)


class DenseRows(Lowered):
    """act(data weight^T + bias), all plain: lanes are features. For few samples, and more than two axes.

    data (..., K), weight (H, K), bias (H,) or absent, output (..., H).
    """

    arguments = ("data", "weight", "bias")
    gradient_adds = frozenset({0, 1, 2})
    n: int
    k: int
    h: int
    act: str

    list_arguments = Dense.list_arguments
    backward_uses = Dense.backward_uses

    def forward(self, ctx, in_data, out_data, aux):
        x, w, *bias = in_data
        y, n, k, h = out_data[0], self.n, self.k, self.h
        engine.gemm.product_t(x, k, w, k, y, h, n, h, k, 0)
        if bias:
            engine.elementwise.add_row(bias[0], y, n, h)
        if self.act != "identity":
            engine.activation.activate[self.act](y, y, 0, 1, n * h, n * h)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, (x, w), (gx, gw, *gbias), n, k, h = out_grad[0], in_data[:2], in_grad, self.n, self.k, self.h
        if self.act != "identity":
            engine.activation.gradient[self.act](g, out_data[0], g, 1, n * h, n * h)
        if gbias and gbias[0] is not None:
            engine.elementwise.sum_rows(g, gbias[0], n, h, 2 in ctx.adds)
        if gw is not None:
            engine.gemm.product(g, 1, h, x, k, gw, k, h, k, n, 1 in ctx.adds)
        if gx is not None:
            engine.gemm.product(g, h, 1, w, k, gx, k, n, k, h, 0 in ctx.adds)


@rule("Activation", "relu", "sigmoid", "tanh")
def dense_and_activation(graph: Graph, node: Node) -> Match | None:
    """A fully connected layer and the function behind it."""
    source = graph.alone(node.inputs[0])
    if source is None or source.op is None or source.op.name != "FullyConnected" or activation_of(graph, node) is None:
        return None
    return _match(graph, source, [source, node], activation_of(graph, node) or "")


@rule("FullyConnected")
def dense(graph: Graph, node: Node) -> Match | None:
    return _match(graph, node, [node], "identity") if graph.is_float32(node) else None


def activation_of(graph: Graph, node: Node) -> str | None:
    """Return the engine's name of the activation function that a node is; None if it is none."""
    name = getattr(node.op, "act_type", node.op.name if node.op else "")
    known = node.op is not None and node.op.name in ("Activation", "relu", "sigmoid", "tanh")
    return name if known and name in ("relu", "sigmoid", "softrelu", "tanh") and graph.is_float32(node) else None


def _match(graph: Graph, node: Node, nodes: list[Node], act: str) -> Match:
    """Return the match of a FullyConnected node, with a Flatten before it and an activation behind it."""
    data, *parameters = node.inputs
    h, k = graph.shape(parameters[0])
    shape, out = graph.shape(data), graph.shape((nodes[-1], 0))
    n = prod(out[:-1])
    source = graph.alone(data)
    if source is not None and len(out) == 2 and _only_flattens(graph, source, n):
        nodes, data = [source, *nodes], source.inputs[0]
        shape = graph.shape(data)

    def make(storages: Sequence[Storage]) -> Lowered:
        others = [PLAIN] * len(parameters)
        if n < FEW or len(out) > 2:
            return DenseRows(inputs=(PLAIN, *others), layouts=(Layout(out),), n=n, k=k, h=h, act=act)
        matrix = len(shape) >= 2 and planes.pixels(shape) == n  # its planes are (K, N)
        kept = storages[0] if matrix and k >= _SHORT else PLANES if matrix else PLAIN
        return Dense(inputs=(kept, *others), layouts=(Layout(out, PLANES),), n=n, k=k, h=h, act=act)

    return Match(nodes, [data, *parameters], make)


def _only_flattens(graph: Graph, node: Node, n: int) -> bool:
    """Whether a node only joins the axes after the batch, which a fully connected layer does by itself."""
    if node.op is None or node.op.name not in ("Flatten", "Reshape"):
        return False
    before, after = graph.shape(node.inputs[0]), graph.shape((node, 0))
    return len(node.inputs) == 1 and before[0] == after[0] == n and len(before) > 1
