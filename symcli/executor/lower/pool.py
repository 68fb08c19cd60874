"""Pooling in planes."""

from typing import Any

import numpy as np

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLANES, Layout, Lowered
from symcli.graph.node import Node


class GlobalPool(Lowered):
    """The largest element, the mean or the sum of each image.

    Attributes
    ----------
    shape : of the data.
    pool_type : "max", "avg" or "sum".
    """

    backward_uses = ("data", "output")
    gradient_adds = frozenset({0})
    shape: tuple[int, ...]
    pool_type: str

    def numbers(self, x: Any, y: Any) -> tuple[Any, ...]:
        pixels = planes.pixels(self.shape)
        return (x, y, self.shape[1], self.shape[0], pixels // self.shape[0], planes.pitch(pixels), y.shape[1],
                self.pool_type == "max", self.pool_type == "sum")  # fmt: skip

    def forward(self, ctx, in_data, out_data, aux):
        engine.pooling.global_pool(*self.numbers(in_data[0], out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        numbers = self.numbers(in_data[0], out_data[0])
        engine.pooling.global_pool_gradient(*numbers, out_grad[0], in_grad[0], 0 in ctx.adds)


class Pool(Lowered):
    """The largest element, the mean or the sum of each window.

    Attributes
    ----------
    pool_type : "max", "avg" or "sum".
    shape : of the data, with two image axes.
    out : rows and columns of the output.
    windows : (kernel, stride, padding) of rows and columns.
    counts : the elements that a mean divides by: of rows of each output row, then of columns of each column.
    """

    backward_uses = ("data", "output")
    gradient_adds = frozenset({0})
    pool_type: str
    shape: tuple[int, ...]
    out: tuple[int, int]
    windows: tuple[tuple[int, int, int], ...]
    counts: np.ndarray

    def numbers(self, ctx: Any, x: Any, y: Any) -> tuple[Any, ...]:
        images, channels, height, width = self.shape
        return (x, y, channels, images, height, width, planes.pitch(planes.pixels(self.shape)), *self.out, y.shape[1],
                *(number for axis in zip(*self.windows, strict=True) for number in axis), self.pool_type == "max",
                ctx.table(self.counts))  # fmt: skip

    def forward(self, ctx, in_data, out_data, aux):
        (kernel, stride, pad), columns = self.windows[1], self.out[1]
        size = max(self.shape[3] + 2 * pad, columns * stride + kernel) + engine.pooling.SLACK * stride
        buffer = ctx.scratch((engine.team.current().size, size), np.float32)
        engine.pooling.pool(*self.numbers(ctx, in_data[0], out_data[0]), buffer, size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (kernel, stride, pad), columns = self.windows[1], self.out[1]
        row = (self.shape[3], kernel, stride, pad, columns)
        size, part = engine.pooling.scratch_size(self.shape[2], *row), engine.pooling.part_size(*row)
        buffer = ctx.scratch((engine.team.current().size, size), np.float32)
        engine.pooling.pool_gradient(
            *self.numbers(ctx, in_data[0], out_data[0]), buffer, size, out_grad[0], in_grad[0], 0 in ctx.adds, part
        )


@rule("Pooling")
def pooling(graph: Graph, node: Node) -> Match | None:
    """One Pooling over one or two image axes."""
    op: Any = node.op
    data, shape = graph.shape(node.inputs[0]), graph.shape((node, 0))
    if op.channels_last or op.pool_type == "lp" or len(data) not in (3, 4) or not graph.is_float32(node):
        return None
    layouts = (Layout(shape, PLANES),)
    if op.global_pool:
        return Match([node], node.inputs, lambda _: GlobalPool(
            inputs=(PLANES,), layouts=layouts, shape=data, pool_type=op.pool_type))  # fmt: skip
    windows = [(k, s, p) for k, s, _, p in op.windows()]
    if len(windows) == 1:
        windows, data, shape = [(1, 1, 0), *windows], (*data[:2], 1, data[2]), (*shape[:2], 1, shape[2])
    counts = [_counts(op, size, out, *window) for size, out, window in zip(data[2:], shape[2:], windows, strict=True)]
    return Match([node], node.inputs, lambda _: Pool(
        inputs=(PLANES,), layouts=layouts, pool_type=op.pool_type, shape=data, out=(shape[2], shape[3]),
        windows=tuple(windows), counts=np.concatenate(counts).astype(np.float32)))  # fmt: skip


def _counts(op: Any, size: int, out: int, kernel: int, stride: int, pad: int) -> np.ndarray:
    """What the windows along one axis are divided by."""
    start = np.arange(out) * stride - pad
    stop = np.minimum(start + kernel, size + pad)
    if op.count_include_pad is False:
        start, stop = np.maximum(start, 0), np.minimum(stop, size)
    return np.maximum(stop - start, 1) if op.pool_type == "avg" else np.ones(out)
