"""A depthwise convolution by 3x3 and the 1x1 convolution behind it, for prediction: one instruction for both.

Each may have its BatchNorm and ReLU, the second one a residual too: the layers of MobileNet.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import engine
from symcli.engine import planes
from symcli.executor.lower.conv import Block, block
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered, Storage
from symcli.graph.node import Entry, Node

_PIXELS = 96  # of a thread: with fewer, filters are shared out better than pixels


class Separable(Lowered):
    """pointwise(depthwise(data)), two blocks without gradients.

    Attributes
    ----------
    depthwise, pointwise : the blocks.
    """

    depthwise: Block
    pointwise: Block

    def list_arguments(self) -> list[str]:
        first, (_, *second) = self.depthwise.list_arguments(), self.pointwise.list_arguments()
        return [*first, *(f"point_{name}" for name in second)]

    @property
    def auxiliary_states(self):
        second = {f"point_{name}": text for name, text in self.pointwise.auxiliary_states.items()}
        return {**self.depthwise.auxiliary_states, **second}

    def writes(self):
        return (*self.depthwise.writes(), *(f"point_{name}" for name in self.pointwise.writes()))

    def forward(self, ctx, in_data, out_data, aux):
        count, states = len(self.depthwise.list_arguments()), len(self.depthwise.auxiliary_states)
        first, second = (in_data[:count], aux[:states]), (in_data[count:], aux[states:])
        y, middle = out_data[0], self.depthwise.layouts[0]
        team = engine.team.current().size
        if ctx.is_train or planes.pixels(middle.shape) < _PIXELS * team:
            between = ctx.scratch(middle.stored[0], np.float32)
            self.depthwise.forward(ctx, first[0], _outputs(ctx, self.depthwise, between), first[1])
            self.pointwise.forward(ctx, [between, *second[0]], _outputs(ctx, self.pointwise, y), second[1])
            return
        x = in_data[0]
        taps, shift, _ = self.depthwise.folded(ctx, self.depthwise.named_arrays(first[0]), first[1])
        given = self.pointwise.named_arrays([x, *second[0]])
        weight, bias, sources = self.pointwise.folded(ctx, given, second[1])
        depthwise, pointwise = self.depthwise.convolved, self.pointwise.convolved
        size = engine.separable.panel(depthwise.channels, middle.shape[-1])
        engine.separable.separable(
            x, taps, shift, self.depthwise.limits, *depthwise.separable(ctx, x), pointwise.packed(ctx, weight, sources),
            pointwise.filters, bias, given.get("residual", 0), self.pointwise.limits, y, y.shape[1],
            ctx.scratch((team, size), np.float32), size, engine.separable.piece(depthwise.channels),
            ctx.table(engine.shift.PLAIN),
        )  # fmt: skip


def _outputs(ctx: Any, block: Block, y: Any) -> list[Any]:
    """The outputs of a block, those that are kept for a backward pass in scratch."""
    return [y, *(ctx.scratch(*layout.stored) for layout in block.layouts[1:])]


@rule("Activation", "relu", "clip", "elemwise_add", "broadcast_add", "BatchNorm", "Convolution")
def separable(graph: Graph, root: Node) -> Match | None:
    """Two blocks, the first with a depthwise convolution, the second with one of 1x1; where no gradient is wanted."""
    second = block(graph, root) if not graph.wanted else None
    source = graph.alone(second.inputs[0]) if second is not None else None
    first = block(graph, source) if source is not None else None
    if second is None or first is None:
        return None
    parts = [match.make([PLANES] * len(match.inputs)) for match in (first, second)]
    depthwise, pointwise = parts
    if not (isinstance(depthwise, Block) and isinstance(pointwise, Block)):
        return None
    if depthwise.joined or not (depthwise.convolved and depthwise.convolved.depthwise3):
        return None
    if not (pointwise.convolved and pointwise.convolved.is_pointwise):
        return None
    counts = [len(part.list_arguments()) for part in parts]
    inputs: list[Entry] = [*first.inputs[: counts[0]], *second.inputs[1 : counts[1]]]
    storages = [*depthwise.inputs[: counts[0]], *pointwise.inputs[1 : counts[1]]]
    states = [*first.inputs[counts[0] :], *second.inputs[counts[1] :]]
    shape = graph.shape((root, 0))

    def make(_: Sequence[Storage]) -> Lowered:
        return Separable(inputs=(*storages, *[PLAIN] * len(states)), layouts=(Layout(shape, PLANES),),
                         depthwise=depthwise, pointwise=pointwise)  # fmt: skip

    return Match([*first.nodes, *second.nodes], [*inputs, *states], make)
