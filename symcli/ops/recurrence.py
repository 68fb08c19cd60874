"""What the recurrent layers of RNN do in one direction: the loop over the steps, for each kind of cell."""

from dataclasses import dataclass
from typing import Any, ClassVar

from symcli import kernels
from symcli.ops.views import rows

__all__ = ["CELLS", "Cell"]

Array = Any


@dataclass
class Cell:
    """One direction of one layer in one pass, with its arrays; H units, P numbers of state (H unless projected).

    Attributes
    ----------
    ctx: the operator's context.
    op: the operator, for its parameters.
    weights: (G H, C) and (G H, P), the latter times the state before a step; (P, H) if projected.
    biases: (G H,) each, G the number of gates.
    state, state_cell: (N, P) and (N, H), those before the first step; the latter of LSTM alone.
    gates, inner: (T, N, G H) and (T, N, H), what forward keeps for backward.
    hidden: (T, N, W), the states after each step, from column ``at`` on.
    length: (N,) int64, the steps of each sample.
    order: the steps as they are taken.
    bias, unprojected: the sum of biases, and (N, H) of one step before projection; made by ``prepare``.
    """

    ctx: Any
    op: Any
    weights: list[Array]
    biases: list[Array]
    state: Array
    state_cell: Array
    gates: Array
    inner: Array
    hidden: Array
    at: int
    length: Array
    order: list[int]
    bias: Array = None
    unprojected: Array = None

    gate_count: ClassVar[int] = 1
    keeps_gates: ClassVar[bool] = True

    def before(self, turn):
        """The state before the turn-th step: an array and the column where it begins."""
        return (self.state, 0) if turn == 0 else (self.hidden[self.order[turn - 1]], self.at)

    def part(self, hidden):
        """This direction's columns."""
        return hidden[..., self.at : self.at + self.state.shape[1]]

    def forward(self, x):
        """Write hidden from x (T, N, C)."""
        kernels.dense.matmul_t(rows(x, x.shape[2]), self.weights[0], rows(self.gates, self.gates.shape[2]))
        product = self.ctx.scratch(self.gates.shape[1:], x.dtype)
        self.prepare()
        for turn, t in enumerate(self.order):
            old, start = self.before(turn)
            kernels.dense.matmul_t(old[:, start : start + self.state.shape[1]], self.weights[1], product)
            self.step(turn, t, product)

    def prepare(self):
        """Make what all steps need."""
        self.bias = self.ctx.scratch(self.biases[0].shape, self.biases[0].dtype)
        kernels.elemwise.add(*self.biases, self.bias)
        self.unprojected = self.ctx.scratch(self.state_cell.shape, self.bias.dtype) if len(self.weights) > 2 else None

    def backward(self, g, gstate, gcell, gpre, gproduct):
        """Write the gradients of x W^T (T, N, G H), and of the products of the steps, where these are others.

        g (T, N, W) is the gradient of hidden; gstate and gcell (N, H) hold those of the states after the last
        step, and in the end those of the states before the first.
        """
        carry = self.ctx.scratch(gstate.shape, g.dtype)
        kernels.move.fill(0, carry)
        for turn, t in reversed(list(enumerate(self.order))):
            self.step_grad(turn, t, g[t], gstate, gcell, carry, gpre[t], gproduct[t])
            kernels.dense.matmul(gproduct[t], self.weights[1], gstate)
        kernels.elemwise.add(gstate, carry, gstate)

    def weight_grads(self, x, gpre, gproduct, gweights, gbiases):
        """Write the gradients of weights and biases; gpre and gproduct as backward wrote them."""
        kernels.dense.t_matmul(rows(gpre, gpre.shape[2]), rows(x, x.shape[2]), gweights[0])
        first, last = self.order[0], self.order[-1]
        kernels.dense.t_matmul(gproduct[first], self.state, gweights[1])
        if first != last:
            later, earlier = (slice(1, None), slice(-1)) if first < last else (slice(-1), slice(1, None))
            rest = self.ctx.scratch(gweights[1].shape, gpre.dtype)
            states = self.part(rows(self.hidden[earlier], self.hidden.shape[2]))
            kernels.dense.t_matmul(rows(gproduct[later], gproduct.shape[2]), states, rest)
            kernels.elemwise.add(gweights[1], rest, gweights[1])
        kernels.reduce.sum_rows(rows(gpre, gpre.shape[2]), gbiases[0])
        kernels.reduce.sum_rows(rows(gproduct, gproduct.shape[2]), gbiases[1])


class Plain(Cell):
    """h = tanh or relu of (W x + b + U h + d)."""

    keeps_gates = False

    def step(self, turn, t, product):
        relu = self.op.mode == "rnn_relu"
        old = self.before(turn)
        kernels.rnn.plain(self.gates[t], product, self.bias, self.length, turn, relu, *old, self.hidden[t], self.at)

    def step_grad(self, turn, t, g, gstate, gcell, carry, gpre, gproduct):
        relu = self.op.mode == "rnn_relu"
        kernels.rnn.plain_grad(g, self.hidden[t], self.at, gstate, self.length, turn, relu, carry, gpre)


class LSTM(Cell):
    """c = f c + i g, h = o tanh(c)."""

    gate_count = 4

    def clip(self):
        low, high = self.op.lstm_state_clip_min, self.op.lstm_state_clip_max
        number = self.gates.dtype.type
        return number(-float("inf") if low is None else low), number(float("inf") if high is None else high)

    def cell_before(self, turn):
        return self.state_cell if turn == 0 else self.inner[self.order[turn - 1]]

    def step(self, turn, t, product):
        projects = self.unprojected is not None
        new, at = (self.unprojected, 0) if projects else (self.hidden[t], self.at)
        clips_nan = self.op.lstm_state_clip_nan and self.op.lstm_state_clip_min is not None
        kernels.rnn.lstm(
            self.gates[t], product, self.bias, self.length, turn, *self.clip(), clips_nan,
            *self.before(turn), self.cell_before(turn), self.inner[t], new, at,
        )  # fmt: skip
        if projects:
            kernels.dense.matmul_t(new, self.weights[2], self.part(self.hidden[t]))

    def step_grad(self, turn, t, g, gstate, gcell, carry, gpre, gproduct):
        kernels.rnn.lstm_grad(
            g, self.gates[t], self.cell_before(turn), self.inner[t], self.at, gstate, self.length, turn,
            *self.clip(), carry, gcell, gpre,
        )  # fmt: skip


class GRU(Cell):
    """h = (1 - z) n + z h, n = tanh(W x + b + r (U h + d))."""

    gate_count = 3

    def prepare(self):
        pass

    def step(self, turn, t, product):
        kernels.rnn.gru(
            self.gates[t], product, *self.biases, self.length, turn, *self.before(turn), self.inner[t],
            self.hidden[t], self.at,
        )  # fmt: skip

    def step_grad(self, turn, t, g, gstate, gcell, carry, gpre, gproduct):
        old, start = self.before(turn)
        kernels.rnn.gru_grad(
            g, self.gates[t], self.inner[t], old, start, self.at, gstate, self.length, turn, carry, gpre, gproduct
        )


CELLS = {"gru": GRU, "lstm": LSTM, "rnn_relu": Plain, "rnn_tanh": Plain}
