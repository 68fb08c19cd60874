"""One step of recurrent cells for a batch, between the matrix products; and their gradients.

Shapes: n samples, h units. The state before a step is ``old[:, start : start + h]`` and the one after it
``new[:, at : at + h]``; both may be parts of wider arrays, so that two directions share one. A sample
whose sequence has ended (step >= length[i]; length (n,) int64) keeps its state, and its gates stay
unwritten. In the gradients ``g[:, at : at + h]`` comes from the outputs, ``gh`` (n, h) through the matrix
product of the step that follows, ``carry`` (n, h) from it directly; carry is overwritten for the step before.
"""

import math

from symcli.kernels.jit import function, kernel

__all__ = ["gru", "gru_grad", "lstm", "lstm_grad", "plain", "plain_grad", "turn"]


@function
def _sigmoid(x, one):
    """1 / (1 + e^-x), in the type of x and one."""
    return one / (one + math.exp(-x))


@kernel
def plain(pre, hidden, bias, length, step, relu, old, start, new, at):
    """new = tanh(pre + hidden + bias), or with relu the larger of that and 0; pre, hidden (n, h), bias (h,)."""
    for i in range(pre.shape[0]):
        for j in range(pre.shape[1]):
            x = pre[i, j] + hidden[i, j] + bias[j]
            if step >= length[i]:
                new[i, at + j] = old[i, start + j]
            elif relu:
                new[i, at + j] = 0 if x < 0 else x
            else:
                new[i, at + j] = math.tanh(x)


@kernel
def plain_grad(g, new, at, gh, length, step, relu, carry, gpre):
    """gpre = (g + gh + carry) (1 - new^2), or with relu where new > 0."""
    one = gpre.dtype.type(1)
    for i in range(gpre.shape[0]):
        for j in range(gpre.shape[1]):
            total, y = g[i, at + j] + gh[i, j] + carry[i, j], new[i, at + j]
            if step >= length[i]:
                gpre[i, j], carry[i, j] = 0, total
            else:
                gpre[i, j], carry[i, j] = total * (one * (y > 0) if relu else one - y * y), 0


@kernel
def lstm(gates, hidden, bias, length, step, low, high, drops_nan, old, start, c_old, c, new, at):
    """Gates i, f, g, o from gates + hidden + bias (n, 4 h); c = f c_old + i g, new = o tanh(c).

    gates is overwritten by i, f, o = sigmoid and g = tanh. c is kept in [low, high]; with drops_nan NaN becomes low.
    """
    h, one = c.shape[1], c.dtype.type(1)
    for i in range(c.shape[0]):
        if step >= length[i]:
            for j in range(h):
                c[i, j], new[i, at + j] = c_old[i, j], old[i, start + j]
            continue
        for j in range(4 * h):
            x = gates[i, j] + hidden[i, j] + bias[j]
            gates[i, j] = math.tanh(x) if 2 * h <= j < 3 * h else _sigmoid(x, one)
        for j in range(h):
            value = gates[i, h + j] * c_old[i, j] + gates[i, j] * gates[i, 2 * h + j]
            if value > high:
                value = high
            elif value < low or (drops_nan and value != value):
                value = low
            c[i, j] = value
            new[i, at + j] = gates[i, 3 * h + j] * math.tanh(value)


@kernel
def lstm_grad(g, gates, c_old, c, at, gh, length, step, low, high, carry, gc, gpre):
    """gpre (n, 4 h): gradients of what lstm's gates are made from; gc (n, h) is that of c, then of c_old."""
    h, one = c.shape[1], c.dtype.type(1)
    for i in range(c.shape[0]):
        for j in range(h):
            total = g[i, at + j] + gh[i, j] + carry[i, j]
            if step >= length[i]:
                for gate in range(4):
                    gpre[i, gate * h + j] = 0
                carry[i, j] = total
                continue
            carry[i, j] = 0
            a, f, z, o = gates[i, j], gates[i, h + j], gates[i, 2 * h + j], gates[i, 3 * h + j]
            y = math.tanh(c[i, j])
            slope = gc[i, j] + total * o * (one - y * y)
            if c[i, j] <= low or c[i, j] >= high:
                slope = 0
            gpre[i, j] = slope * z * a * (one - a)
            gpre[i, h + j] = slope * c_old[i, j] * f * (one - f)
            gpre[i, 2 * h + j] = slope * a * (one - z * z)
            gpre[i, 3 * h + j] = total * y * o * (one - o)
            gc[i, j] = slope * f


@kernel
def gru(gates, hidden, bias, hidden_bias, length, step, old, start, inner, new, at):
    """Gates r, z, n from x = gates + bias and y = hidden + hidden_bias (n, 3 h): new = (1 - z) n + z old.

    r, z = sigmoid(x + y), n = tanh(x + r y). gates is overwritten by r, z, n; inner (n, h) keeps n's y.
    """
    h, one = inner.shape[1], inner.dtype.type(1)
    for i in range(inner.shape[0]):
        if step >= length[i]:
            for j in range(h):
                new[i, at + j] = old[i, start + j]
            continue
        for j in range(2 * h):
            gates[i, j] = _sigmoid(gates[i, j] + bias[j] + hidden[i, j] + hidden_bias[j], one)
        for j in range(h):
            y = hidden[i, 2 * h + j] + hidden_bias[2 * h + j]
            n, z = math.tanh(gates[i, 2 * h + j] + bias[2 * h + j] + gates[i, j] * y), gates[i, h + j]
            gates[i, 2 * h + j], inner[i, j] = n, y
            new[i, at + j] = (one - z) * n + z * old[i, start + j]


@kernel
def gru_grad(g, gates, inner, old, start, at, gh, length, step, carry, gpre, ghidden):
    """gpre and ghidden (n, 3 h): gradients of gru's x and y."""
    h, one = inner.shape[1], inner.dtype.type(1)
    for i in range(inner.shape[0]):
        for j in range(h):
            total = g[i, at + j] + gh[i, j] + carry[i, j]
            if step >= length[i]:
                for gate in range(3):
                    gpre[i, gate * h + j] = ghidden[i, gate * h + j] = 0
                carry[i, j] = total
                continue
            r, z, n = gates[i, j], gates[i, h + j], gates[i, 2 * h + j]
            slope = total * (one - z) * (one - n * n)
            gpre[i, j] = ghidden[i, j] = slope * inner[i, j] * r * (one - r)
            gpre[i, h + j] = ghidden[i, h + j] = total * (old[i, start + j] - n) * z * (one - z)
            gpre[i, 2 * h + j], ghidden[i, 2 * h + j] = slope, slope * r
            carry[i, j] = total * z


@kernel
def turn(x, length, column, out):
    """out[t, n, k] = x[t, n, k] for k < column, x[length[n] - 1 - t, n, k] for the others; 0 where t >= length[n].

    Its own gradient. Brings the reverse direction of sequences of different lengths to the front, and back.
    """
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            end = min(length[n], x.shape[0])
            for k in range(x.shape[2]):
                out[t, n, k] = 0 if t >= end else x[t, n, k] if k < column else x[end - 1 - t, n, k]
