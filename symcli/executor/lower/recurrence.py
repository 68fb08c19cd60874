"""Recurrent layers over whole sequences, and rows of tables."""

from typing import Any

from symcli import engine, kernels
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, Layout, Lowered
from symcli.graph.node import Node
from symcli.ops.rnn import cut


class Cells(Lowered):
    """What layers of recurrent cells share.

    A *layer* is its weights (G H, C) and (G H, H), its biases (G H,) twice, the states before the first step (N, H),
    h and lstm's c, and what forward makes: gates (T, N, G H), lstm's c or gru's inner product (T, N, H) or None, h
    (T, N, H).

    The products with data of all steps are one; so are the gradients of weights. A step is one instruction.
    """

    def layer_forward(self, ctx, mode, x, layer, *variables):
        """Run a layer on x (T, N, C); its weights depend on the variables alone."""
        weights, biases, state, cell, gates, inner, out = layer
        steps, n, c = x.shape
        wide, h = weights[1].shape
        pitch, width = engine.recurrence.packed_width(mode, h), engine.gemm.PANEL
        product = ctx.scratch((n, pitch), "float32")
        panels, packed = ctx.kept((-(-wide // width), c, width)), ctx.kept((h, pitch))
        with ctx.preparing(*variables):
            engine.transpose.panels(weights[0], panels, wide, c, width)
            engine.recurrence.pack(weights[1], packed, engine.recurrence.GATES[mode], h)
        engine.gemm.panel_product(x, c, 1, panels, gates, wide, steps * n, wide, c, 0)
        for t in range(steps):
            before = state if t == 0 else out[t - 1]
            inner_before = 0 if mode != "lstm" else cell if t == 0 else inner[t - 1]
            engine.recurrence.step[mode](
                before, packed, product, gates[t], *biases, inner_before, 0 if inner is None else inner[t], out[t],
                n, h
            )  # fmt: skip

    def memory(self, ctx, mode, steps, n, h):
        """Return what ``layer_backward`` works in."""
        dgates = ctx.scratch((steps, n, engine.recurrence.GATES[mode] * h), "float32")
        dproduct = ctx.scratch(dgates.shape, "float32") if mode == "gru" else dgates
        return dgates, dproduct, ctx.scratch((n, h), "float32"), ctx.scratch((n, h), "float32")

    def layer_backward(self, ctx, mode, g, ends, x, layer, memory, into, states, gx, add):
        """Go back through a layer from the gradients of its outputs, one for each step.

        Parameters
        ----------
        ends : the gradients of the states after the last step, beside those in g; None for one that has none.
        into : the gradients of weights and of biases, or None.
        states : those of the states before the first step, or None.
        gx, add : that of x or None, and whether to add to it.
        """
        weights, _, state, cell, gates, inner, out = layer
        dgates, dproduct, dh, carry = memory
        (steps, n, wide), h = dgates.shape, dh.shape[1]
        for end, total in zip(ends, (dh, carry), strict=True):
            engine.elementwise.fill(total, 0.0, total.size)
            if end is not None:
                engine.elementwise.accumulate(end, total)
        for t in reversed(range(steps)):
            engine.recurrence.step_grad[mode](
                g[t], 0 if t == steps - 1 else dproduct[t + 1], weights[1], dh, gates[t],
                0 if mode != "lstm" else cell if t == 0 else inner[t - 1], 0 if inner is None else inner[t], carry,
                dgates[t], dproduct[t], state if t == 0 else out[t - 1], out[t], n, h
            )  # fmt: skip
        if states[0] is not None:
            engine.gemm.product(dproduct[0], wide, 1, weights[1], h, states[0], h, n, h, wide, 0)
            if mode == "gru":
                engine.elementwise.accumulate(carry, states[0])
        if states[1] is not None:
            kernels.move.copy(carry, states[1])
        if into is not None:
            self.weight_grads(ctx, dgates, dproduct, x, state, out, *into)
        if gx is not None:
            c = x.shape[2]
            engine.gemm.product(dgates, wide, 1, weights[0], c, gx, c, steps * n, c, wide, add)

    def weight_grads(self, ctx, dgates, dproduct, x, state, out, gweights, gbiases):
        """Write the gradients of a layer's weights and biases, of all steps at once."""
        (steps, n, wide), c, h = dgates.shape, x.shape[2], state.shape[1]
        memory = ctx.scratch((engine.team.current().size, engine.packed.MEMORY), "float32")
        product, last = engine.packed.product, (steps - 1) * n
        if dproduct is dgates:  # both products read the same gradients: as one they pack them once
            both, g = ctx.scratch((steps * n, c + h), "float32"), ctx.scratch((wide, c + h), "float32")
            engine.recurrence.beside(x, state, out, both, n, last, c, h)
            product(dgates, both, g, gbiases[0], 0, 0, memory, wide, c + h, steps * n, 0)
            engine.recurrence.apart(g, *gweights, wide, c, h)
            engine.convert.copy_values(*gbiases, wide)
            return
        product(dgates, x, gweights[0], gbiases[0], 0, 0, memory, wide, c, steps * n, 0)
        product(dproduct, state, gweights[1], gbiases[1], 0, 0, memory, wide, h, n, 0)
        if steps > 1:
            product(dproduct[1:], out, gweights[1], gbiases[1], 0, 0, memory, wide, h, last, 1)


class Recurrent(Cells):
    """``RNN`` in one direction, without clipping, projection or lengths; its docstring has the shapes."""

    op: Any  # the RNN operator
    hidden = 1
    gradient_adds = frozenset({0})

    def list_arguments(self):
        return self.op.list_arguments()

    def list_outputs(self):
        return self.op.list_outputs()

    def layers(self, ctx, in_data, out_data):
        """Return the layers."""
        data, op = in_data[0], self.op
        steps, n, _ = data.shape
        gates, hidden = op.saved_shapes(steps, n)
        *kept, outputs = cut(out_data[-1], [*gates, hidden])
        found = []
        for layer, (weights, biases) in enumerate(op.split(in_data[1], data.shape[2])):
            own = kept[layer] or [ctx.scratch((steps, n, op.state_size), "float32"), None]
            cell = in_data[3][layer] if op.mode == "lstm" else None
            above = outputs[layer] if layer < op.num_layers - 1 else out_data[0]
            found.append((weights, biases, in_data[2][layer], cell, *own, above))
        return found

    def forward(self, ctx, in_data, out_data, aux):
        x, op = in_data[0], self.op
        masks, last = op.masks(ctx, x), x.shape[0] - 1
        for i, layer in enumerate(self.layers(ctx, in_data, out_data)):
            *_, inner, out = layer
            self.layer_forward(ctx, op.mode, x, layer, in_data[1])
            x = out
            if op.state_outputs:
                kernels.move.copy(out[last], out_data[1][i])
                if op.mode == "lstm":
                    kernels.move.copy(inner[last], out_data[2][i])
            if masks is not None and i < op.num_layers - 1:
                x = ctx.scratch(out.shape, "float32")
                kernels.elemwise.multiply(out, masks[i], x)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        op, data = self.op, in_data[0]
        steps, n, c = data.shape
        masks, found, grads = op.masks(ctx, data), self.layers(ctx, in_data, out_data), op.split(in_grad[1], c)
        memory, g = self.memory(ctx, op.mode, steps, n, op.state_size), out_grad[0]
        for i in reversed(range(op.num_layers)):
            x = data if i == 0 else found[i - 1][-1]
            if masks is not None and i:
                x = ctx.scratch(x.shape, "float32")
                kernels.elemwise.multiply(found[i - 1][-1], masks[i - 1], x)
            states = [None if one is None else one[i] for one in in_grad[2:]]
            gx = in_grad[0] if i == 0 else ctx.scratch(x.shape, "float32")
            into, ends = None if grads is None else grads[i], [None, None]
            for k in range(1, op.num_visible_outputs()):
                ends[k - 1] = out_grad[k][i]
            self.layer_backward(ctx, op.mode, g, ends, x, found[i], memory, into, [*states, None], gx,
                                i == 0 and 0 in ctx.adds)  # fmt: skip
            if masks is not None and i:
                kernels.elemwise.multiply(gx, masks[i - 1], gx)
            g = gx


@rule("RNN")
def recurrent(graph: Graph, node: Node) -> Match | None:
    """One direction, all of it float32."""
    op: Any = node.op
    clips = (op.lstm_state_clip_min, op.lstm_state_clip_max)
    if op.bidirectional or op.projection_size or op.use_sequence_length or clips != (None, None):
        return None
    if not graph.is_float32(node):
        return None
    layouts = tuple(Layout(graph.shape((node, i))) for i in range(node.num_outputs))
    visible = tuple((node, i) for i in range(node.num_visible_outputs))
    made = Recurrent(inputs=(PLAIN,) * len(node.inputs), layouts=layouts, op=op)
    return Match([node], node.inputs, lambda _: made, visible)
