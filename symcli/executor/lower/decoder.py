"""A fully connected layer with very many outputs and the softmax loss behind it, as language models end."""

from typing import Any

from symcli import engine
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, Layout, Lowered
from symcli.graph.node import Node

_MANY = 2048  # classes from which rows are worth it: a plain row then fills the first cache by itself
# Of as many samples and classes they are too: (1120, 2000) from 200 numbers takes 27 ms forward and back, in planes 35;
# (512, 1000) from 650 35 and 41; but (1120, 1000) from 1024 118 and 105.
_SEVERAL, _WIDE = 256, 1024


class Decoder(Lowered):
    """softmax(data weight^T + bias), and from the probabilities the gradient of the cross-entropy with label.

    data (n, k), read so; weight (count, k), bias (count,) or absent; label (n,); output (n, count); all plain.
    """

    backward_uses = ("data", "weight", "label", "output")
    is_loss = True
    n: int
    k: int
    count: int
    numbers: tuple[Any, ...]  # scale, whether only valid labels count, whether some are ignored, which

    def list_arguments(self):
        return ["data", "weight", "bias", "label"] if len(self.inputs) == 4 else ["data", "weight", "label"]

    def forward(self, ctx, in_data, out_data, aux):
        n, k, count = self.n, self.k, self.count
        x, y, weight = in_data[0].reshape(n, k), out_data[0], in_data[1]
        bias = in_data[2] if len(in_data) == 4 else 0
        width = engine.gemm.PANEL
        panels = ctx.kept((-(-count // width), k, width))
        with ctx.preparing(weight):
            engine.transpose.panels(weight, panels, count, k, width)
        step = engine.decoder.blocks(n, count)
        for first in range(0, n, step):
            rows = min(step, n - first)
            engine.gemm.panel_product(x[first:], k, 1, panels, y[first:], count, rows, count, k, 0)
            engine.decoder.softmax_rows(y[first:], bias, rows, count)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        n, k, count = self.n, self.k, self.count
        x, weight, p = in_data[0].reshape(n, k), in_data[1], out_data[0]
        gx, gw, *gbias, glabel = in_grad
        factors, classes = ctx.scratch((n,), "float32"), ctx.scratch((n,), "int64")
        engine.decoder.targets(in_data[-1], factors, classes, n, count, *self.numbers)
        if gx is not None:
            engine.gemm.product(p, count, 1, weight, k, gx, k, n, k, count, 0)
            engine.decoder.data_grad(gx, weight, factors, classes, n, k)
        gradient = gbias[0] if gbias else None
        if gw is not None or gradient is not None:
            gw = ctx.scratch((count, k), "float32") if gw is None else gw
            memory = ctx.scratch((engine.team.current().size, engine.packed.MEMORY), "float32")
            engine.packed.product(
                p, x, gw, 0 if gradient is None else gradient, factors, classes, memory, count, k, n, 0
            )
        if glabel is not None:
            engine.elementwise.fill(glabel, 0.0, glabel.size)


@rule("SoftmaxOutput")
def decoder(graph: Graph, node: Node) -> Match | None:
    """Class numbers as labels; the layer's output is used by nothing else."""
    op: Any = node.op
    layer = graph.alone(node.inputs[0])
    if layer is None or layer.op is None or layer.op.name != "FullyConnected" or not graph.is_float32(node):
        return None
    (n, count), label = graph.shape((node, 0))[:2], graph.shape(node.inputs[1])
    if len(graph.shape((node, 0))) != 2 or label != (n,):
        return None
    if op.out_grad or op.smooth_alpha or op.multi_output:
        return None
    nodes, data = [layer, node], layer.inputs[0]
    k = graph.shape(layer.inputs[1])[1]
    if count < (_SEVERAL if n >= _SEVERAL and k < _WIDE else _MANY):
        return None
    before = graph.alone(data)
    if before is not None and before.op is not None and before.op.name == "Reshape":  # rows stay rows
        nodes, data = [before, *nodes], before.inputs[0]
    scale = float(op.grad_scale) / (n if op.normalization == "batch" else 1)
    made = Decoder(
        inputs=(PLAIN,) * (len(layer.inputs) + 1), layouts=(Layout((n, count)),), n=n, k=k, count=count,
        numbers=(scale, op.normalization == "valid", op.use_ignore, float(int(op.ignore_label))),
    )  # fmt: skip
    return Match(nodes, [data, *layer.inputs[1:], node.inputs[1]], lambda _: made)
