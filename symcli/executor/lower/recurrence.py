"""Recurrent layers over whole sequences, and rows of tables."""

from typing import Any

from symcli import engine, kernels
from symcli.executor.lower.graph import Graph, Match, rule
from symcli.executor.lower.op import PLAIN, Layout, Lowered
from symcli.graph.node import Node
from symcli.ops.rnn import cut


class Recurrent(Lowered):
    """``RNN`` in one direction, without clipping, projection or lengths; its docstring has the shapes.

    The products with data of all steps are one; so are the gradients of weights. A step is one instruction.
    """

    op: Any  # the RNN operator
    hidden = 1
    gradient_adds = frozenset({0})

    def list_arguments(self):
        return self.op.list_arguments()

    def list_outputs(self):
        return self.op.list_outputs()

    def layers(self, ctx, in_data, out_data):
        """Return each layer's weights and biases, its first states, and what forward keeps of it."""
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
        x, op, mode = in_data[0], self.op, self.op.mode
        steps, n, c = x.shape
        h, wide = op.state_size, engine.recurrence.GATES[mode] * op.state_size
        masks = op.masks(ctx, x)
        pitch = engine.recurrence.packed_width(mode, h)
        product = ctx.scratch((n, pitch), "float32")
        for layer, (weights, biases, state, cell, gates, inner, out) in enumerate(self.layers(ctx, in_data, out_data)):
            c = x.shape[2]
            width = engine.gemm.PANEL
            panels, packed = ctx.kept((-(-wide // width), c, width)), ctx.kept((h, pitch))
            with ctx.preparing(in_data[1]):
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
            x = out
            if op.state_outputs:
                kernels.move.copy(out[steps - 1], out_data[1][layer])
                if mode == "lstm":
                    kernels.move.copy(inner[steps - 1], out_data[2][layer])
            if masks is not None and layer < op.num_layers - 1:
                x = ctx.scratch(out.shape, "float32")
                kernels.elemwise.multiply(out, masks[layer], x)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        op, data = self.op, in_data[0]
        steps, n, _ = data.shape
        h, wide = op.state_size, engine.recurrence.GATES[op.mode] * op.state_size
        masks, found = op.masks(ctx, data), self.layers(ctx, in_data, out_data)
        grads = op.split(in_grad[1], data.shape[2])
        dgates = ctx.scratch((steps, n, wide), "float32")
        dproduct = ctx.scratch(dgates.shape, "float32") if op.mode == "gru" else dgates
        dh, carry = ctx.scratch((n, h), "float32"), ctx.scratch((n, h), "float32")
        g, total = out_grad[0], steps * n
        for layer in reversed(range(op.num_layers)):
            weights, _, state, *_, out = found[layer]
            self.heads(out_grad, layer, dh, carry)
            self.steps_back(g, found[layer], dgates, dproduct, dh, carry)
            x = data if layer == 0 else found[layer - 1][-1]
            if masks is not None and layer:
                x = ctx.scratch(x.shape, "float32")
                kernels.elemwise.multiply(found[layer - 1][-1], masks[layer - 1], x)
            self.state_grads(in_grad, layer, dproduct[0], weights[1], dh, carry)
            if grads is not None:
                self.weight_grads(ctx, dgates, dproduct, x, state, out, *grads[layer])
            gx = in_grad[0] if layer == 0 else ctx.scratch(x.shape, "float32")
            if gx is not None:
                c = x.shape[2]
                engine.gemm.product(dgates, wide, 1, weights[0], c, gx, c, total, c, wide, layer == 0 and 0 in ctx.adds)
            if masks is not None and layer:
                kernels.elemwise.multiply(gx, masks[layer - 1], gx)
            g = gx

    def heads(self, out_grad, layer, dh, carry):
        """Write the gradients of the states after the last step."""
        engine.elementwise.fill(dh, 0.0, dh.size)
        engine.elementwise.fill(carry, 0.0, carry.size)
        if self.op.state_outputs:
            engine.elementwise.accumulate(out_grad[1][layer], dh)
            if self.op.mode == "lstm":
                engine.elementwise.accumulate(out_grad[2][layer], carry)

    def steps_back(self, g, layer, dgates, dproduct, dh, carry):
        weights, _, state, cell, gates, inner, out = layer
        mode, (steps, n, _), h = self.op.mode, dgates.shape, self.op.state_size
        for t in reversed(range(steps)):
            engine.recurrence.step_grad[mode](
                g[t], 0 if t == steps - 1 else dproduct[t + 1], weights[1], dh, gates[t],
                0 if mode != "lstm" else cell if t == 0 else inner[t - 1], 0 if inner is None else inner[t], carry,
                dgates[t], dproduct[t], state if t == 0 else out[t - 1], out[t], n, h
            )  # fmt: skip

    def state_grads(self, in_grad, layer, first, u, dh, carry):
        """Write the gradients of the states before the first step."""
        wide, h = u.shape
        if in_grad[2] is not None:
            into = in_grad[2][layer]
            engine.gemm.product(first, wide, 1, u, h, into, h, into.shape[0], h, wide, 0)
            if self.op.mode == "gru":
                engine.elementwise.accumulate(carry, into)
        if self.op.mode == "lstm" and in_grad[3] is not None:
            kernels.move.copy(carry, in_grad[3][layer])

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
    visible = tuple(range(node.num_visible_outputs))
    made = Recurrent(inputs=(PLAIN,) * len(node.inputs), layouts=layouts, op=op)
    return Match([node], node.inputs, lambda _: made, visible)
