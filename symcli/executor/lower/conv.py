"""Convolution in planes, with the batch normalisation, the residual and the ReLU behind it; each may be absent.

Training keeps the convolution's output for the backward pass; prediction folds the normalisation into the weights and
does the rest where the convolution stores its pixels.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import engine
from symcli.engine import planes
from symcli.engine.frames import Axis, Frames
from symcli.executor.lower.convolved import Convolved
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, PLANES, Layout, Lowered, Storage
from symcli.graph.node import Entry, Node

NONE = (-np.inf, np.inf)
ADDITIONS = ("elemwise_add", "_Plus", "_plus", "broadcast_add")


class Block(Lowered):
    """relu(BatchNorm(Convolution(data)) + residual), of which any part but one may be absent.

    Without a residual it may be limited by ``clip`` in place of the ReLU, as MobileNet v2's are to 6.

    Attributes
    ----------
    convolved : the convolution, or None.
    norm : the BatchNorm operator, or None.
    biased, joined, relu : whether there are a bias, a residual, a ReLU.
    clip : the bounds of ``clip``.
    """

    convolved: Convolved | None
    norm: Any
    biased: bool
    joined: bool
    relu: bool
    clip: tuple[float, float] = NONE

    def list_arguments(self) -> list[str]:
        names = ["data"]
        if self.convolved is not None:
            names += ["weight", "bias"] if self.biased else ["weight"]
        if self.norm is not None:
            names += ["gamma", "beta"]
        return [*names, "residual"] if self.joined else names

    @property
    def auxiliary_states(self):
        return {} if self.norm is None else self.norm.auxiliary_states

    @property
    def states_move_in_forward(self):
        return self.norm is not None and self.norm.states_move_in_forward

    @property
    def hidden(self):
        return len(self.layouts) - 1

    def writes(self):
        return self.norm.writes() if self.norm is not None else ()

    @property
    def backward_uses(self):
        """All but the residual, and but the output where the ReLU's mask comes from what is normalised."""
        masked = self.relu and (self.joined or self.norm is None)
        names = [name for name in self.list_arguments() if name != "residual"]
        return (*names, *self.list_outputs()[0 if masked else 1 :])

    @property
    def gradient_inplace(self):
        if self.joined:
            return self.list_arguments().index("residual")
        return 0 if self.convolved is None else None

    @property
    def gradient_adds(self):
        adds = {self.list_arguments().index("residual")} if self.joined else set()
        return frozenset(adds | {0, 1} if self.convolved is not None else adds)

    def named_arrays(self, arrays: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self.list_arguments(), arrays, strict=True))

    def sizes(self) -> tuple[int, int, int]:
        """Pixels, pitch and channels of the output."""
        shape = self.layouts[0].shape
        pixels = planes.pixels(shape)
        return pixels, planes.pitch(pixels), planes.channels(shape)

    def forward(self, ctx, in_data, out_data, aux):
        given, y = self.named_arrays(in_data), out_data[0]
        if self.norm is None:
            self.convolved.forward(ctx, given["data"], given["weight"], (given["weight"],), given.get("bias"),
                                   given.get("residual"), self.limits, y)  # fmt: skip
        elif self.convolved is not None and not ctx.is_train:
            self._forward_folded(ctx, given, aux, y)
        else:
            x = given["data"]
            if self.convolved is not None:
                x = self._convolve(ctx, given, out_data[3])
            self._normalise(ctx, given, aux, x, y, out_data)

    def _normalise(self, ctx, given, aux, x, y, out_data, joined=True):
        residual = given["residual"] if self.joined and joined else 0
        engine.batch_norm.batch_norm(
            x, y, *self.sizes(), given["gamma"], given["beta"], *out_data[1:3], *aux, self.norm.uses_batch(ctx),
            self.norm.eps, residual, self.relu and joined, self.norm.fix_gamma, *(self.clip if joined else NONE),
        )  # fmt: skip

    def _convolve(self, ctx, given, z):
        weight = given["weight"]
        self.convolved.forward(ctx, given["data"], weight, (weight,), given.get("bias"), None, engine.tape.FREE, z)
        return z

    def _forward_folded(self, ctx, given, aux, y):
        weight, bias, sources = self.folded(ctx, given, aux)
        self.convolved.forward(ctx, given["data"], weight, sources, bias, given.get("residual"), self.limits, y)

    def folded(self, ctx, given, aux):
        """Weights and bias that do the normalisation too, for prediction, and the variables that they depend on."""
        weight, bias, filters = given["weight"], given.get("bias"), self.convolved.filters
        if self.norm is None:
            return weight, ctx.table(np.zeros(filters, np.float32)) if bias is None else bias, (weight,)
        sources = [array for name, array in given.items() if name in ("weight", "bias", "gamma", "beta")]
        if self.norm.fix_gamma:  # gamma is written in each forward pass, but does not matter
            sources = [array for array in sources if array is not given["gamma"]]
            engine.batch_norm.ones(given["gamma"], given["gamma"].size)
        folded, shifted = ctx.kept(weight.shape), ctx.kept((filters,))
        sources += aux
        with ctx.preparing(*sources):
            engine.batch_norm.fold_batch_norm(
                weight, 0 if bias is None else bias, filters, weight.size // filters, given["gamma"], given["beta"],
                *aux, self.norm.eps, self.norm.fix_gamma, folded, shifted,
            )  # fmt: skip
        return folded, shifted, tuple(sources)

    @property
    def limits(self) -> int:
        """What outputs lie within, as the engine takes it."""
        return engine.tape.limits(*((0.0, np.inf) if self.relu else self.clip))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        given, grads, dy, y = self.named_arrays(in_data), self.named_arrays(in_grad), out_grad[0], out_data[0]
        wants_data, wants_weight = grads["data"] is not None, grads.get("weight") is not None
        pixels, pitch, channels = self.sizes()
        residual = grads.get("residual")
        joins = 0 if residual is None else residual
        adds = residual is not None and self.list_arguments().index("residual") in ctx.adds
        if self.convolved is None:
            dz = grads["data"]
        elif self.joined:  # dy becomes the gradient of the residual
            dz = ctx.scratch((channels, pitch), np.float32)
        else:
            dz = dy
        if self.norm is not None:
            z = given["data"]
            if self.convolved is not None:
                z = out_data[3] if ctx.is_train else self._again(ctx, given, aux, out_data)
            engine.batch_norm.batch_norm_gradient(
                z, y if self.joined and self.relu else 0, dy, _or_0(dz), pixels, pitch, channels, given["gamma"],
                given["beta"], *out_data[1:3], _or_0(grads["gamma"]), _or_0(grads["beta"]), joins, self.relu,
                self.norm.uses_batch(ctx), self.norm.fix_gamma, self.norm.momentum, self.norm.eps, *aux, adds,
                *self.clip,
            )  # fmt: skip
            if grads.get("bias") is not None:
                engine.batch_norm.residual_gradient(0, dz, 0, pixels, pitch, channels, grads["bias"], 0, 0)
        else:
            if not self.relu:
                dz = dy
            engine.batch_norm.residual_gradient(
                y if self.relu else 0, dy, dz if self.relu else 0, pixels, pitch, channels,
                _or_0(grads.get("bias")), joins, adds,
            )  # fmt: skip
        if self.convolved is not None:
            if wants_weight:
                self.convolved.weight_gradient(ctx, given["data"], dz, grads["weight"], 1 in ctx.adds)
            if wants_data:
                self.convolved.data_gradient(ctx, dz, given["weight"], grads["data"], 0 in ctx.adds)

    def _again(self, ctx, given, aux, out_data):
        """The convolution's output and the statistics that a folded forward pass did not make."""
        z = self._convolve(ctx, given, out_data[3])
        self._normalise(ctx, given, aux, z, ctx.scratch(z.shape, np.float32), out_data, joined=False)
        return z


def _or_0(array: Any) -> Any:
    return 0 if array is None else array


# ---- rules


def _convolved(graph: Graph, node: Node) -> Convolved | None:
    """How a Convolution is computed in planes; None if it cannot be. ``SYMCLI_WINOGRAD=off`` rules Winograd out."""
    op: Any = node.op
    data = graph.shape(node.inputs[0])
    if op.channels_last or len(data) not in (3, 4):
        return None
    axes = [Axis(size, *window) for size, window in zip(data[2:], op.windows(), strict=True)]
    rows, columns = axes if len(axes) == 2 else (Axis(1, 1), *axes)
    winograd = os.environ.get("SYMCLI_WINOGRAD") != "off"
    return Convolved(Frames(data[0], rows, columns), data[1], op.num_filter, op.num_group, winograd)


def _is(node: Node | None, *names: str) -> bool:
    return node is not None and node.op is not None and node.op.name in names


def _is_relu(node: Node) -> bool:
    return _is(node, "relu") or (_is(node, "Activation") and getattr(node.op, "act_type", "") == "relu")


def _clip(node: Node) -> tuple[float, float]:
    op: Any = node.op
    return (op.a_min, op.a_max) if _is(node, "clip") else NONE


def _normalises_channels(graph: Graph, node: Node) -> bool:
    op: Any = node.op
    rank = len(graph.shape(node.inputs[0]))
    return not op.output_mean_var and op.axis in (1, 1 - rank) and rank >= 2


def _chain(graph: Graph, last: Node | None) -> list[Node]:
    """Convolution and BatchNorm that end at a node, as far as they are there."""
    nodes: list[Node] = []
    if last is not None and _is(last, "BatchNorm") and _normalises_channels(graph, last):
        nodes, last = [last], graph.alone(last.inputs[0])
    if last is not None and _is(last, "Convolution") and _convolved(graph, last) is not None:
        nodes = [last, *nodes]
    return nodes


@rule("Activation", "relu", "clip", *ADDITIONS, "BatchNorm", "Convolution")
def block(graph: Graph, root: Node) -> Match | None:
    """The longest chain of Convolution, BatchNorm, addition and ReLU or clip that ends at a node."""
    if not graph.is_float32(root) or len(graph.shape((root, 0))) < 2:
        return None
    behind: list[Node] = []
    last: Node | None = root
    residual = None
    if _is_relu(root):
        behind, last = [root], graph.alone(root.inputs[0])
    elif _is(root, "clip"):
        op: Any = root.op
        nodes = _chain(graph, graph.alone(root.inputs[0]))
        # Where clip's gradient passes is seen from what was normalised: at a bound the output does not tell.
        known = bool(nodes) and (_is(nodes[-1], "BatchNorm") or not graph.wanted)
        return _match(graph, nodes, [root], None) if known and op.a_min <= op.a_max else None
    if last is not None and _is(last, *ADDITIONS):
        left, right = last.inputs
        if graph.shape(left) != graph.shape(right):
            return None
        # Of two branches that end in a convolution the one that is computed last is taken in: not the shortcut.
        ends = [(graph.alone(left), right), (graph.alone(right), left)]
        ends.sort(key=lambda end: (len(_chain(graph, end[0])), graph.numbers[end[0]] if end[0] else 0))
        behind = [last, *behind]
        last, residual = ends[-1]
    nodes = _chain(graph, last)
    return _match(graph, nodes, behind, residual) if nodes else None


def _match(graph: Graph, nodes: list[Node], behind: list[Node], residual: Entry | None) -> Match:
    inputs, auxiliary, convolved, norm, biased = [nodes[0].inputs[0]], [], None, None, False
    for node in nodes:
        op: Any = node.op
        if _is(node, "Convolution"):
            convolved, biased = _convolved(graph, node), not op.no_bias
            inputs += node.inputs[1:]
        else:
            norm = op
            inputs += node.inputs[1:3]
            auxiliary = node.inputs[3:]
    storages = [PLANES, *[PLAIN] * (len(inputs) - 1)]
    if residual is not None:
        inputs.append(residual)
        storages.append(PLANES)
    every = [*nodes, *behind]
    shape = graph.shape((every[-1], 0))
    layouts = [Layout(shape, PLANES)]
    if norm is not None:
        layouts += [Layout((shape[1],))] * 2
        if convolved is not None:
            layouts.append(Layout(shape, PLANES))

    def make(found: Sequence[Storage]) -> Lowered:
        # The gradient of the weights needs planes.
        stays = convolved is not None and convolved.takes_bands and not graph.wanted and found[0] == PLAIN
        first = PLAIN if stays else PLANES
        return Block(
            inputs=(first, *storages[1:], *[PLAIN] * len(auxiliary)), layouts=tuple(layouts), convolved=convolved,
            norm=norm, biased=biased, joined=residual is not None, relu=_is_relu(every[-1]),
            clip=_clip(every[-1]),
        )  # fmt: skip

    return Match(every, [*inputs, *auxiliary], make)
