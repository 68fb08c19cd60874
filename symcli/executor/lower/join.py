"""Concat along the channels: in planes it is a copy of ranges."""

from collections.abc import Sequence
from typing import Any

from symcli import engine
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered, Storage
from symcli.graph.node import Node


class JoinedChannels(Lowered):
    """Values in planes, one after another.

    Attributes
    ----------
    channels : of each.
    """

    backward_uses = ()
    channels: tuple[int, ...]

    def list_arguments(self):
        return [f"arg{i}" for i in range(len(self.channels))]

    @property
    def gradient_adds(self):
        return frozenset(range(len(self.channels)))

    def ranges(self, whole: Any) -> list[Any]:
        ends = [sum(self.channels[: i + 1]) for i in range(len(self.channels))]
        return [whole[end - count : end] for end, count in zip(ends, self.channels, strict=True)]

    def forward(self, ctx, in_data, out_data, aux):
        for x, y in zip(in_data, self.ranges(out_data[0]), strict=True):
            engine.convert.copy_values(x, y, x.size)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for i, (gradient, part) in enumerate(zip(in_grad, self.ranges(out_grad[0]), strict=True)):
            if gradient is not None and i in ctx.adds:
                engine.elementwise.accumulate(part, gradient)
            elif gradient is not None:
                engine.convert.copy_values(part, gradient, part.size)


class JoinedPlain(Lowered):
    """The plain operator, where no value is in planes.

    Attributes
    ----------
    op : Concat.
    """

    op: Any

    def list_arguments(self):
        return self.op.list_arguments()

    def forward(self, ctx, in_data, out_data, aux):
        self.op.forward(ctx, in_data, out_data, aux)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.op.backward(ctx, out_grad, in_data, out_data, in_grad, aux)


@rule("Concat")
def joined_channels(graph: Graph, node: Node) -> Match | None:
    """Images that are joined along their channels."""
    op: Any = node.op
    shape = graph.shape((node, 0))
    if len(shape) not in (3, 4) or op.dim % len(shape) != 1 or not graph.is_float32(node):
        return None
    channels = tuple(graph.shape(entry)[1] for entry in node.inputs)

    def make(storages: Sequence[Storage]) -> Lowered:
        if PLANES not in storages:
            return JoinedPlain(inputs=(PLAIN,) * len(channels), layouts=(Layout(shape),), op=op)
        return JoinedChannels(inputs=(PLANES,) * len(channels), layouts=(Layout(shape, PLANES),), channels=channels)

    return Match([node], node.inputs, make)
