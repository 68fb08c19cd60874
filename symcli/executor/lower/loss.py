"""Loss outputs: softmax with the gradient of the cross-entropy."""

from typing import Any

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.dense import FEW
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered
from symcli.graph.node import Node
from symcli.shapes import prod

__all__ = ["SoftmaxLoss"]


class SoftmaxLoss(Lowered):
    """SoftmaxOutput over the planes of data, labels one a pixel."""

    arguments = ("data", "label")
    backward_uses = ("label", "output")
    is_loss = True
    numbers: tuple[Any, ...]  # scale, whether only valid labels count, hit, other, whether some are ignored, which

    def _extent(self) -> tuple[int, int, int]:
        shape = self.layouts[0].shape
        return planes.channels(shape), planes.pixels(shape), planes.pitch(planes.pixels(shape))

    def forward(self, ctx, in_data, out_data, aux):
        engine.softmax.softmax(in_data[0], out_data[0], *self._extent())

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            engine.softmax.cross_entropy_grad(out_data[0], in_data[1], in_grad[0], *self._extent(), *self.numbers)
        if in_grad[1] is not None:
            engine.elementwise.fill(in_grad[1], 0.0, in_grad[1].size)


class SoftmaxRows(Lowered):
    """SoftmaxOutput of a few plain rows, where no gradient is wanted: prediction of few samples."""

    arguments = ("data", "label")

    def forward(self, ctx, in_data, out_data, aux):
        engine.softmax.softmax_rows(in_data[0], out_data[0], *self.layouts[0].shape)


@rule("SoftmaxOutput")
def softmax_output(graph: Graph, node: Node) -> Match | None:
    """Classes on axis 1, with class numbers as labels."""
    op: Any = node.op
    data, label = map(graph.shape, node.inputs)
    if not graph.is_float32(node) or label == data or op.out_grad or (op.preserve_shape and len(data) > 2):
        return None
    if (len(data) > 2 and not op.multi_output) or prod(label) != planes.pixels(data):
        return None
    if len(data) == 2 and data[0] < FEW and not graph.wanted:
        rows = SoftmaxRows(inputs=(PLAIN, PLAIN), layouts=(Layout(data),))
        return Match([node], node.inputs, lambda _: rows)
    multi, classes = op.multi_output, data[1]
    alpha = 0.0 if multi else op.smooth_alpha
    scale = op.grad_scale
    if op.normalization != "valid":
        scale /= prod(data[2:])
    if op.normalization == "batch":
        scale /= data[0] if multi else prod(label)
    numbers = (float(scale), op.normalization == "valid", float(1 - alpha), float(alpha / max(classes - 1, 1)),
               op.use_ignore, float(int(op.ignore_label)))  # fmt: skip
    loss = SoftmaxLoss(inputs=(PLANES, PLAIN), layouts=(Layout(data, PLANES),), numbers=numbers)
    return Match([node], node.inputs, lambda _: loss)
