"""Recurrent layers over whole sequences."""

from symcli import kernels
from symcli.errors import MXNetError, ShapeError
from symcli.ops.floating import Floating, check_floating
from symcli.ops.recurrence import CELLS
from symcli.ops.views import flat
from symcli.params import param
from symcli.shapes import prod, text


class RNN(Floating):
    """Recurrent layers: output[t] = h[t] of the last layer, h[t] = cell(x[t], h[t - 1]), x data or the layer below.

    data             (T, N, C)       T steps of N samples
    parameters       (K,)            for each layer and direction the weights W (G H, ...) and U (G H, H); then for
                                     each the biases b and d (G H,)
    state            (L D, N, H)     h before the first step; L layers, D directions, H = state_size
    state_cell       (L D, N, H)     lstm: c before the first step
    sequence_length  (N,)            only with use_sequence_length, otherwise T
    output           (T, N, D H)     of both directions side by side; 0 behind the end of a sequence
    state_output     (L D, N, H)     with state_outputs: h after the last step
    statecell_output (L D, N, H)     with state_outputs, lstm: c after the last step
    saved            hidden; gates and states of all steps, for backward

    rnn_tanh, rnn_relu (G = 1): h = tanh or relu of (W x + b + U h + d)
    lstm (G = 4): i, f, o = sigmoid and g = tanh of (W x + b + U h + d); c = f c + i g; h = o tanh(c). Rows i, f, g, o
    gru (G = 3): r, z = sigmoid(W x + b + U h + d); n = tanh(W x + b + r (U h + d)); h = (1 - z) n + z h. Rows r, z, n

    The second direction reads each sequence from its end on. In training, elements between layers are dropped with
    probability p. With projection_size P (lstm), h = V (o tanh(c)) has P numbers, V (P, H) follows U, and there is
    no training, as on MXNet's CPU. sequence_length, the clipping of states and p do what MXNet says of them and its
    GPU kernels do; its CPU kernels leave them out of account.

    Elman, 1990; Hochreiter and Schmidhuber, 1997; Cho et al., 2014. Source: src/operator/rnn-inl.h.
    """

    arguments = ("data", "parameters", "state", "state_cell", "sequence_length")
    outputs = ("output", "state_output", "statecell_output", "saved")
    uncounted = 1
    aliases = ("_npx_rnn",)
    automatic = ("parameters", "state", "state_cell")

    state_size: int = param(ge=1, doc="number of units of a layer")
    num_layers: int = param(ge=1, doc="number of layers, one upon the other")
    bidirectional: bool = param(False, doc="read the sequences from the end too")
    mode: str = param(choices=tuple(CELLS), doc="the kind of cell")
    p: float = param(0.0, ge=0, le=1, doc="probability of an element between two layers to be dropped in training")
    state_outputs: bool = param(False, doc="show the states after the last step as outputs")
    projection_size: int | None = param(None, ge=1, doc="lstm: size to which the state is projected; no training")
    lstm_state_clip_min: float | None = param(None, doc="lstm: the least that c may be")
    lstm_state_clip_max: float | None = param(None, doc="lstm: the most that c may be")
    lstm_state_clip_nan: bool = param(False, doc="lstm: set c to the least where it is NaN, if there is a least")
    use_sequence_length: bool = param(False, doc="read sequence_length")

    def list_arguments(self):
        given = {"state_cell": self.mode == "lstm", "sequence_length": self.use_sequence_length}
        return [name for name in self.arguments if given.get(name, True)]

    def list_outputs(self):
        shown = {"state_output": self.state_outputs, "statecell_output": self.state_outputs and self.mode == "lstm"}
        return [name for name in self.outputs if shown.get(name, True)]

    def num_visible_outputs(self):
        return len(self.list_outputs()) - 1

    @property
    def directions(self):
        return 2 if self.bidirectional else 1

    @property
    def width(self):
        """The size of a direction's output."""
        return self.projection_size or self.state_size

    @property
    def kept_layers(self):
        """The number of layers whose states are no output, and are kept in saved."""
        return self.num_layers if self.use_sequence_length else self.num_layers - 1

    def weight_shapes(self, c):
        """For each layer and direction, the shapes of its weights."""
        h, gates = self.state_size, CELLS[self.mode].gate_count * self.state_size
        projection = [(self.width, h)] if self.projection_size else []
        return [
            [(gates, c if layer == 0 else self.directions * self.width), (gates, self.width), *projection]
            for layer in range(self.num_layers)
            for _ in range(self.directions)
        ]

    def bias_shapes(self):
        gates = CELLS[self.mode].gate_count * self.state_size
        return [[(gates,), (gates,)]] * (self.num_layers * self.directions)

    def saved_shapes(self, t, n):
        """The shapes of the gates (with what belongs to them) of each cell, then of the states of kept layers."""
        cell, h = CELLS[self.mode], self.state_size
        gates = [(t, n, cell.gate_count * h), (t, n, h)] if cell.keeps_gates else []
        return [gates] * (self.num_layers * self.directions), [(t, n, self.directions * self.width)] * self.kept_layers

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) != 3:
            raise ShapeError(f"data is {text(data)}; needs 3 axes, (steps, samples, elements): put Reshape before it")
        t, n, c = data
        cells = self.num_layers * self.directions
        parameters = sum(map(prod, (shape for group in self.weight_shapes(c) + self.bias_shapes() for shape in group)))
        gates, hidden = self.saved_shapes(t, n)
        saved = sum(map(prod, (shape for group in [*gates, hidden] for shape in group)))
        state, cell = (cells, n, self.width), (cells, n, self.state_size)
        shapes = {
            "data": data,
            "parameters": (parameters if c else 0,),
            "state": state,
            "state_cell": cell,
            "sequence_length": (n,),
            "output": (t, n, self.directions * self.width),
            "state_output": state,
            "statecell_output": cell,
            "saved": (max(saved, 1) if t and n else 0,),
        }
        return [shapes[name] for name in self.list_arguments()], [shapes[name] for name in self.list_outputs()]

    def infer_type(self, in_type, out_type):
        data = in_type[0]
        check_floating(data)
        lengths = [in_type[-1] or data] if self.use_sequence_length else []
        return [data] * (len(in_type) - len(lengths)) + lengths, [data] * len(out_type)

    def flops(self, in_shape, out_shape):
        t, n, c = in_shape[0]
        return 2 * t * n * sum(prod(shape) for group in self.weight_shapes(c) for shape in group)

    def forward(self, ctx, in_data, out_data, aux):
        self.check_projection(ctx.is_train)
        outputs = dict(zip(self.list_outputs(), out_data, strict=True))
        cells, length = self.cells(ctx, in_data, out_data)
        x, masks = in_data[0], self.masks(ctx, in_data[0])
        for layer in range(self.num_layers):
            group = cells[layer * self.directions : (layer + 1) * self.directions]
            for cell in group:
                cell.forward(self.turned(ctx, x, length, cell))
            x = self.layer_output(ctx, layer, group[0], length, masks, outputs["output"])
        for i, cell in enumerate(cells):
            if self.state_outputs:
                kernels.move.copy(cell.part(cell.hidden[cell.order[-1]]), outputs["state_output"][i])
            if self.state_outputs and self.mode == "lstm":
                kernels.move.copy(cell.inner[cell.order[-1]], outputs["statecell_output"][i])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.check_projection(True)
        heads = dict(zip(self.list_outputs(), out_grad, strict=True))
        grads = dict(zip(self.list_arguments(), in_grad, strict=True))
        cells, length = self.cells(ctx, in_data, out_data)
        masks, xs = self.masks(ctx, in_data[0]), [in_data[0]]
        for layer in range(self.num_layers - 1):
            xs.append(self.layer_output(ctx, layer, cells[layer * self.directions], length, masks, None))
        parameter_grads = self.split(grads["parameters"], in_data[0].shape[2])
        gpre = ctx.scratch(cells[0].gates.shape, out_grad[0].dtype)
        gproduct = ctx.scratch(gpre.shape, gpre.dtype) if self.mode == "gru" else gpre
        g = out_grad[0]
        for layer in reversed(range(self.num_layers)):
            if self.use_sequence_length:
                g = self.turn(ctx, g, length, self.width)
            gx = ctx.scratch(xs[layer].shape, g.dtype) if layer else grads["data"]
            for d in range(self.directions):
                i = layer * self.directions + d
                gstate, gcell = self.state_heads(ctx, heads, cells[i], i)
                cells[i].backward(g, gstate, gcell, gpre, gproduct)
                for name, grad in (("state", gstate), ("state_cell", gcell)):
                    if grads.get(name) is not None:
                        kernels.move.copy(grad, grads[name][i])
                if grads["parameters"] is not None:
                    x = self.turned(ctx, xs[layer], length, cells[i])
                    cells[i].weight_grads(x, gpre, gproduct, *parameter_grads[i])
                if gx is not None:
                    self.input_grad(ctx, gpre, length, cells[i], gx)
            if masks is not None and layer:
                kernels.elemwise.multiply(gx, masks[layer - 1], gx)
            g = gx
        if grads.get("sequence_length") is not None:
            kernels.move.fill(0, grads["sequence_length"])

    def check_projection(self, trains):
        if self.projection_size and (self.mode != "lstm" or self.use_sequence_length or trains):
            raise MXNetError(
                f"RNN: projection_size={self.projection_size} with mode={self.mode}; works for prediction with "
                "mode=lstm and without sequence_length (nor does MXNet's CPU train it): leave projection_size out"
            )

    def cells(self, ctx, in_data, out_data):
        """Return the cells layer by layer, the forward direction first, and the lengths of the sequences."""
        inputs = dict(zip(self.list_arguments(), in_data, strict=True))
        data, out, saved = in_data[0], out_data[0], out_data[-1]
        steps, n, c = data.shape
        length = ctx.scratch((n,), "int64")
        if self.use_sequence_length:
            kernels.move.cast(inputs["sequence_length"], length)
        else:
            kernels.move.fill(steps, length)
        gate_shapes, hidden_shapes = self.saved_shapes(steps, n)
        *gates, kept = cut(saved, [*gate_shapes, hidden_shapes])
        cells = []
        for i, (weights, biases) in enumerate(self.split(inputs["parameters"], c)):
            layer, d = divmod(i, self.directions)
            own = gates[i] or [ctx.scratch((steps, n, self.state_size), data.dtype), None]
            turns = range(steps) if d == 0 or self.use_sequence_length else reversed(range(steps))
            state_cell = inputs["state_cell"][i] if self.mode == "lstm" else None
            hidden = kept[layer] if layer < self.kept_layers else out
            cells.append(CELLS[self.mode](ctx, self, weights, biases, inputs["state"][i], state_cell, *own, hidden,
                                          d * self.width, length, list(turns)))  # fmt: skip
        return cells, length

    def split(self, parameters, c):
        """View the parameters (or their gradients) as weights and biases of each layer and direction."""
        weights, biases = self.weight_shapes(c), self.bias_shapes()
        if parameters is None:
            return None
        views = cut(parameters, weights + biases)
        return list(zip(views[: len(weights)], views[len(weights) :], strict=True))

    def masks(self, ctx, data):
        """Return what the outputs of all layers but the last are multiplied by, or None."""
        if not ctx.is_train or self.p == 0 or self.num_layers == 1:
            return None
        masks = ctx.scratch((self.num_layers - 1, *data.shape[:2], self.directions * self.width), data.dtype)
        kernels.dropout.keep_mask(ctx.key, ctx.node, 1 - self.p, flat(masks))
        return masks

    def layer_output(self, ctx, layer, cell, length, masks, out):
        """Return what the layer above reads; of the last layer, write out."""
        y = cell.hidden
        if self.use_sequence_length and layer == self.num_layers - 1:
            kernels.rnn.turn(y, length, self.width, out)
        elif self.use_sequence_length:
            y = self.turn(ctx, y, length, self.width)
        if masks is not None and layer < self.num_layers - 1:
            dropped = ctx.scratch(y.shape, y.dtype)
            kernels.elemwise.multiply(y, masks[layer], dropped)
            return dropped
        return y

    def turn(self, ctx, array, length, column):
        turned = ctx.scratch(array.shape, array.dtype)
        kernels.rnn.turn(array, length, column, turned)
        return turned

    def turned(self, ctx, x, length, cell):
        """What a cell reads: x, whose sequences the reverse direction takes from their ends on."""
        return self.turn(ctx, x, length, 0) if self.use_sequence_length and cell.at else x

    def state_heads(self, ctx, heads, cell, i):
        """Return arrays that hold the gradients of a cell's states after the last step."""
        found = []
        for name, state in (("state_output", cell.state), ("statecell_output", cell.state_cell)):
            grad = None if state is None else ctx.scratch(state.shape, state.dtype)
            if name in heads:
                kernels.move.copy(heads[name][i], grad)
            elif grad is not None:
                kernels.move.fill(0, grad)
            found.append(grad)
        return found

    def input_grad(self, ctx, gpre, length, cell, gx):
        """Write the gradient of a cell's input, or add it to that of the other direction."""
        into = ctx.scratch(gx.shape, gx.dtype) if cell.at else gx
        weight, c = cell.weights[0], gx.shape[2]
        kernels.dense.matmul(gpre.reshape(-1, gpre.shape[2]), weight, into.reshape(-1, c))
        if cell.at:
            kernels.elemwise.add(gx, self.turned(ctx, into, length, cell), gx)


def cut(vector, groups):
    """View pieces of a vector as arrays of the given shapes, group by group."""
    views, offset = [], 0
    for group in groups:
        views.append([])
        for shape in group:
            size = prod(shape)
            views[-1].append(vector[offset : offset + size].reshape(shape))
            offset += size
    return views
