"""Activation functions by name on values in rows, with a bias, and their gradients from the output.

Names: ``identity``, ``relu``, ``sigmoid``, ``softrelu``, ``tanh``. A value is ``rows`` rows of ``count`` numbers,
``pitch`` floats apart; a plain array is one row.

    activate[name](x, y, bias, rows, count, pitch)                y = f(x + bias of the row)
    gradient[name](g, y, gx, rows, count, pitch)                  gx = g f'(x), f' from y = f(x)
    gradient_sum[name](g, y, gx, sums, rows, count, pitch, add)   the same, and sums[row] = the sum of gx over the row

NaN passes through all of them.
"""

from typing import Any

import numpy as np

from symcli.engine import functions
from symcli.engine.elementwise import CHUNK, Pass
from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, types
from symcli.engine.tape import floats, share, word
from symcli.engine.vector import Vector
from symcli.kernels.kernel import Kernel

__all__ = ["NAMES", "activate", "function", "gradient", "gradient_sum", "relu_grad_of", "relu_of", "slope"]


def relu_of(v: Vector, x: Any) -> Any:
    """max(x, 0) of one vector."""
    return v.b.select(v.b.fcmp_unordered(">", x, v.zero), x, v.zero)


def relu_grad_of(v: Vector, g: Any, y: Any) -> Any:
    """g where y > 0, else 0; NaN where y is."""
    passed = v.b.select(v.b.fcmp_unordered("uno", y, y), y, g)
    return v.b.select(v.b.fcmp_unordered(">", y, v.zero), passed, v.zero)


_FUNCTIONS = {
    "identity": lambda v, x: x,
    "relu": relu_of,
    "sigmoid": functions.sigmoid,
    "softrelu": functions.softrelu,
    "tanh": functions.tanh,
}
NAMES = tuple(_FUNCTIONS)


def function(name: str, v: Vector, x: Any) -> Any:
    """f(x) of one vector."""
    return _FUNCTIONS[name](v, x)


def slope(name: str, v: Vector, g: Any, y: Any) -> Any:
    """g f'(x) of one vector, from y = f(x)."""
    b = v.b
    if name == "relu":
        return relu_grad_of(v, g, y)
    if name == "sigmoid":
        return b.fmul(g, b.fmul(y, b.fsub(v.constant(1), y)))
    if name == "tanh":
        return b.fmul(g, v.fma(b.fneg(y), y, v.constant(1)))
    if name == "softrelu":
        return b.fmul(g, b.fsub(v.constant(1), functions.exp(v, b.fneg(y))))
    return g


@intrinsic(prefer_literal=True)
def _activated(typing_context, name, count, x, y, bias):
    """y = f(x + bias) for ``count`` numbers at addresses."""

    def generate(context, builder, signature, arguments):
        def body(v, values, scalars):
            return [function(name.literal_value, v, v.b.fadd(values[0], scalars[0]))], []

        _, count, x, y, bias = arguments
        Pass(builder, body).write(count, [x], [y], [bias])
        return context.get_dummy_value()

    return types.void(name, types.int64, types.int64, types.int64, types.float32), generate


@intrinsic(prefer_literal=True)
def _sloped(typing_context, name, count, g, y, gx):
    """gx = g f'(x) for ``count`` numbers at addresses; returns their sum."""

    def generate(context, builder, signature, arguments):
        def body(v, values, scalars):
            result = slope(name.literal_value, v, *values)
            return [result], [result]

        _, count, g, y, gx = arguments
        return Pass(builder, body, sums=1).write(count, [g, y], [gx], [])[0]

    return types.float32(name, types.int64, types.int64, types.int64, types.int64), generate


def _activate(name: str) -> Kernel:
    @instruction
    def activate(p, thread, threads):
        """y = f(x + bias[row]).  0 x, 1 y, 2 bias, or 0 for none, 3 rows, 4 count, 5 pitch"""
        x, y, bias, rows, count, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
        chunks = (count + CHUNK - 1) // CHUNK
        start, stop = share(rows * chunks, 1, thread, threads)
        for k in range(start, stop):
            row, first = k // chunks, k % chunks * CHUNK
            at = 4 * (row * pitch + first)
            shift = floats(bias, rows)[row] if bias != 0 else np.float32(0)
            _activated(name, min(CHUNK, count - first), x + at, y + at, shift)

    return activate


def _gradient(name: str) -> Kernel:
    @instruction
    def gradient(p, thread, threads):
        """gx = g f'(x), from y = f(x).  0 g, 1 y, 2 gx, 3 rows, 4 count, 5 pitch"""
        g, y, gx, rows, count, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
        chunks = (count + CHUNK - 1) // CHUNK
        start, stop = share(rows * chunks, 1, thread, threads)
        for k in range(start, stop):
            at = 4 * (k // chunks * pitch + k % chunks * CHUNK)
            _sloped(name, min(CHUNK, count - k % chunks * CHUNK), g + at, y + at, gx + at)

    return gradient


def _gradient_sum(name: str) -> Kernel:
    @instruction
    def gradient_sum(p, thread, threads):
        """gx = g f'(x), sums[row] = its sum.  0 g, 1 y, 2 gx, 3 sums, 4 rows, 5 count, 6 pitch, 7 whether to add"""
        g, y, gx, rows, count, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 4), word(p, 5), word(p, 6)
        sums, add = floats(word(p, 3), rows), word(p, 7)
        start, stop = share(rows, 1, thread, threads)
        for row in range(start, stop):
            total = 0.0  # float64 across chunks
            for first in range(0, count, CHUNK):
                at = 4 * (row * pitch + first)
                total += _sloped(name, min(CHUNK, count - first), g + at, y + at, gx + at)
            sums[row] = sums[row] + total if add else total

    return gradient_sum


activate = {name: _activate(name) for name in NAMES}
gradient = {name: _gradient(name) for name in NAMES}
gradient_sum = {name: _gradient_sum(name) for name in NAMES}
