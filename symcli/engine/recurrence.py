"""Steps of recurrent cells and of their gradients; lanes are units, rows are samples.

A step of N samples and H units multiplies the state before it by the recurrent weights U (G H, H) and runs the cell on
what comes out. U is packed by ``pack`` so that the G gates of one vector of units lie side by side: a tile of a few
samples then holds all gates of its units, and no lane is lost between gates. ``gates`` (N, G H) is MXNet's order.

    pack(u, packed, gates, h)                                        packed (H, ceil(H / lanes) * G * lanes)
    beside(x, first, later, both, n, rest, c, h)                     both[i] = x[i] and first[i], or later[i - n]
    apart(both, x, y, rows, c, h)                                    x[i] and y[i] = both[i]
    step[mode](old, packed, product, gates, b, d, c_old, c, new, n, h)
    step_grad[mode](g, later, u, dh, gates, c_old, c, carry, dgates, dproduct, old, new, n, h)

Modes: ``lstm``, ``gru``, ``rnn_tanh``, ``rnn_relu``; the formulas are those of ``ops/rnn.py``. ``gates`` is W x before
a step; lstm and gru leave the gates there. ``c`` is lstm's cell state, and gru's inner product U h + d of n.
``product`` is memory for what old U^T gives.

In the gradients ``dh`` comes through the step that follows: it is ``later`` U, where ``later`` (N, G H) is that step's
``dproduct``, or what is in it where ``later`` is 0; ``carry`` comes from that step directly (lstm: the gradient of c)
and is written for the step before.
Splitting is by vectors of units, so each thread meets the columns of U that it needs and nobody else's.
"""

import numpy as np

from symcli.engine import functions
from symcli.engine.activation import relu_of
from symcli.engine.convert import copy
from symcli.engine.elementwise import by_name
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, REGISTERS
from symcli.engine.tape import floats, share, word
from symcli.engine.tiles import outer
from symcli.kernels.kernel import Kernel

__all__ = ["GATES", "apart", "beside", "pack", "packed_width", "step", "step_grad"]

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
_ROWS = {4: 4, 3: 4, 1: 8} if REGISTERS == 32 else {4: 2, 3: 3, 1: 8}  # samples of a tile, by gates


def packed_width(mode: str, h: int) -> int:
    """Return the floats of a row of packed weights, and of ``product``."""
    return -(-h // LANES) * GATES[mode] * LANES


@instruction
def pack(p, thread, threads):
    """packed[k, (v G + g) lanes + l] = u[g H + v lanes + l, k], 0 beyond H.  0 u, 1 packed, 2 G, 3 H"""
    gates, h = word(p, 2), word(p, 3)
    vectors = (h + LANES - 1) // LANES
    width = vectors * gates * LANES
    u, packed = floats(word(p, 0), gates * h * h), floats(word(p, 1), h * width)
    start, stop = share(h, 16, thread, threads)
    for v in range(vectors):
        for g in range(gates):
            for lane in range(LANES):
                unit, column = v * LANES + lane, (v * gates + g) * LANES + lane
                if unit < h:
                    for k in range(start, stop):
                        packed[k * width + column] = u[(g * h + unit) * h + k]
                else:
                    for k in range(start, stop):
                        packed[k * width + column] = 0


@instruction
def beside(p, thread, threads):
    """both (n + rest, c + h) = what each step reads.  0 x, 1 first (n, h), 2 later, 3 both, 4 n, 5 rest, 6 c, 7 h"""
    x, first, later, both = word(p, 0), word(p, 1), word(p, 2), word(p, 3)
    n, c, h = word(p, 4), word(p, 6), word(p, 7)
    start, stop = share(n + word(p, 5), 16, thread, threads)
    for i in range(start, stop):
        target = both + 4 * i * (c + h)
        copy(x + 4 * i * c, target, c)
        copy(first + 4 * i * h if i < n else later + 4 * (i - n) * h, target + 4 * c, h)


@instruction
def apart(p, thread, threads):
    """x[i] and y[i] = both[i].  0 both (rows, c + h), 1 x, 2 y, 3 rows, 4 c, 5 h"""
    both, c, h = word(p, 0), word(p, 4), word(p, 5)
    start, stop = share(word(p, 3), 16, thread, threads)
    for i in range(start, stop):
        source = both + 4 * i * (c + h)
        copy(source, word(p, 1) + 4 * i * c, c)
        copy(source + 4 * c, word(p, 2) + 4 * i * h, h)


# ---- cells, as passes over the units of one sample: bodies of elementwise


def _lstm(v, x, s):
    i, f, z, o = (v.b.fadd(v.b.fadd(x[k], x[4 + k]), v.b.fadd(x[8 + k], x[12 + k])) for k in range(4))
    i, f, o = (functions.sigmoid(v, one) for one in (i, f, o))
    z = functions.tanh(v, z)
    c = v.fma(f, x[16], v.b.fmul(i, z))
    return [i, f, z, o, c, v.b.fmul(o, functions.tanh(v, c))], []


def _lstm_grad(v, x, s):
    b, one = v.b, v.constant(1)
    g, dh, i, f, z, o, c_old, c, carry = x
    total, y = b.fadd(g, dh), functions.tanh(v, c)
    slope = v.fma(b.fmul(total, o), v.fma(b.fneg(y), y, one), carry)
    rest = [b.fsub(one, gate) for gate in (i, f, o)]
    return [
        b.fmul(b.fmul(slope, z), b.fmul(i, rest[0])),
        b.fmul(b.fmul(slope, c_old), b.fmul(f, rest[1])),
        b.fmul(b.fmul(slope, i), v.fma(b.fneg(z), z, one)),
        b.fmul(b.fmul(total, y), b.fmul(o, rest[2])),
        b.fmul(slope, f),
    ], []  # fmt: skip


def _gru(v, x, s):
    b = v.b
    r, z = (functions.sigmoid(v, b.fadd(b.fadd(x[k], x[3 + k]), b.fadd(x[6 + k], x[9 + k]))) for k in range(2))
    y = b.fadd(x[5], x[11])
    n = functions.tanh(v, v.fma(r, y, b.fadd(x[2], x[8])))
    return [r, z, n, y, v.fma(z, b.fsub(x[12], n), n)], []


def _gru_grad(v, x, s):
    b, one = v.b, v.constant(1)
    g, dh, r, z, n, y, old, carry = x
    total = b.fadd(b.fadd(g, dh), carry)
    slope = b.fmul(b.fmul(total, b.fsub(one, z)), v.fma(b.fneg(n), n, one))
    reset = b.fmul(b.fmul(slope, y), b.fmul(r, b.fsub(one, r)))
    update = b.fmul(b.fmul(total, b.fsub(old, n)), b.fmul(z, b.fsub(one, z)))
    return [reset, update, slope, reset, update, b.fmul(slope, r), b.fmul(total, z)], []


def _plain_tanh(v, x, s):
    return [functions.tanh(v, v.b.fadd(v.b.fadd(x[0], x[1]), v.b.fadd(x[2], x[3])))], []


def _plain_relu(v, x, s):
    return [relu_of(v, v.b.fadd(v.b.fadd(x[0], x[1]), v.b.fadd(x[2], x[3])))], []


def _tanh_grad(v, x, s):
    return [v.b.fmul(v.b.fadd(x[0], x[1]), v.fma(v.b.fneg(x[2]), x[2], v.constant(1)))], []


def _relu_grad(v, x, s):
    return [v.b.select(v.b.fcmp_ordered(">", x[2], v.zero), v.b.fadd(x[0], x[1]), v.zero)], []


_cell = by_name({
    "lstm": (_lstm, 17, 6, 0), "gru": (_gru, 13, 5, 0), "rnn_tanh": (_plain_tanh, 4, 1, 0),
    "rnn_relu": (_plain_relu, 4, 1, 0),
})  # fmt: skip
_cell_grad = by_name({
    "lstm": (_lstm_grad, 9, 5, 0), "gru": (_gru_grad, 8, 7, 0), "rnn_tanh": (_tanh_grad, 3, 1, 0),
    "rnn_relu": (_relu_grad, 3, 1, 0),
})  # fmt: skip
_NONE = (np.float32(0),)


# ---- steps


def _step(mode: str) -> Kernel:
    """Return the instruction of one step; its parameters are numbered as the module's docstring lists them."""
    gates_of, rows = GATES[mode], _ROWS[GATES[mode]]
    is_lstm, is_gru = mode == "lstm", mode == "gru"

    def body(p, thread, threads):
        old, packed, product, gates, bias, other = (
            word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
        )  # fmt: skip
        c_old, c, new, n, h = word(p, 6), word(p, 7), word(p, 8), word(p, 9), word(p, 10)
        width = (h + LANES - 1) // LANES * gates_of * LANES
        start, stop = share(h, LANES, thread, threads)
        for u in range(start, stop, LANES):
            at = u * gates_of
            for i in range(0, n, rows):
                outer(rows, gates_of, 0, h, old + 4 * i * h, h, 1, packed + 4 * at, width,
                      product + 4 * (i * width + at), width, n - i, gates_of * LANES, 0)  # fmt: skip
            count = min(LANES, stop - u)
            for i in range(n):
                x, y, k = gates + 4 * (i * gates_of * h + u), product + 4 * (i * width + at), 4 * (i * h + u)
                w, s, b, d = 4 * LANES, 4 * h, bias + 4 * u, other + 4 * u
                if is_lstm:
                    _cell(mode, count, (x, x + s, x + 2 * s, x + 3 * s, y, y + w, y + 2 * w, y + 3 * w,
                                 b, b + s, b + 2 * s, b + 3 * s, d, d + s, d + 2 * s, d + 3 * s, c_old + k,
                                 x, x + s, x + 2 * s, x + 3 * s, c + k, new + k), _NONE)  # fmt: skip
                elif is_gru:
                    _cell(mode, count, (x, x + s, x + 2 * s, y, y + w, y + 2 * w, b, b + s, b + 2 * s, d, d + s,
                                        d + 2 * s, old + k, x, x + s, x + 2 * s, c + k, new + k), _NONE)  # fmt: skip
                else:
                    _cell(mode, count, (x, y, b, d, new + k), _NONE)

    return instruction(body)


def _step_grad(mode: str) -> Kernel:
    """Return the instruction of one step's gradient; its parameters are numbered as the docstring lists them."""
    gates_of, is_lstm, is_gru = GATES[mode], mode == "lstm", mode == "gru"

    def body(p, thread, threads):
        g, later, u_rows, dh, gates = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4)
        c_old, c, carry, dgates, dproduct = word(p, 5), word(p, 6), word(p, 7), word(p, 8), word(p, 9)
        old, new, n, h = word(p, 10), word(p, 11), word(p, 12), word(p, 13)
        wide = gates_of * h
        start, stop = share(h, LANES, thread, threads)
        for u in range(start, stop, LANES):
            count = min(LANES, stop - u)
            if later != 0:
                for i in range(0, n, 8):
                    outer(8, 1, 1, wide, later + 4 * i * wide, wide, 1, u_rows + 4 * u, h, dh + 4 * (i * h + u), h,
                          n - i, count, 0)  # fmt: skip
            for i in range(n):
                x, y, z, k = (
                    gates + 4 * (i * wide + u), dgates + 4 * (i * wide + u), dproduct + 4 * (i * wide + u),
                    4 * (i * h + u)
                )  # fmt: skip
                s = 4 * h
                if is_lstm:
                    _cell_grad(mode, count, (g + k, dh + k, x, x + s, x + 2 * s, x + 3 * s, c_old + k, c + k, carry + k,
                                 y, y + s, y + 2 * s, y + 3 * s, carry + k), _NONE)  # fmt: skip
                elif is_gru:
                    _cell_grad(mode, count, (g + k, dh + k, x, x + s, x + 2 * s, c + k, old + k, carry + k,
                                 y, y + s, y + 2 * s, z, z + s, z + 2 * s, carry + k), _NONE)  # fmt: skip
                else:
                    _cell_grad(mode, count, (g + k, dh + k, new + k, y), _NONE)

    return instruction(body)


step: dict[str, Kernel] = {mode: _step(mode) for mode in GATES}
step_grad: dict[str, Kernel] = {mode: _step_grad(mode) for mode in GATES}
