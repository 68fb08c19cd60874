"""Max pooling over 2 x 2 squares of planes, with an activation function behind it.

    activated_pool[name](x, y, channels, rows, width, x_pitch, y_pitch)      y = f(largest of each square)
    activated_pool_gradient[name](x, y, g, gx, ...)                          the gradient of x

A monotonous function may come after the maximum as well as before, and then is computed for a quarter of the pixels;
so MXNet's ``Pooling(Activation(x))`` is computed. ``rows`` are rows of the output, of all images; images have even
sides, so row r of the output comes from rows 2 r and 2 r + 1 of the plane. Which pixel was the largest is found again
from x.

As in the plain kernel NaN is passed over, and a square that holds nothing else gives the lowest number.
"""

from typing import Any

import numpy as np

from symcli.engine.activation import NAMES, function, slope
from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, types
from symcli.engine.tape import share, word
from symcli.engine.vector import Loop, Vector, i64
from symcli.kernels.kernel import Kernel

__all__ = ["activated_pool", "activated_pool_gradient"]

_LOWEST = float(np.finfo(np.float32).min)


def _corners(v: Vector, upper: Any, lower: Any, k: Any) -> list[Any]:
    """The four pixels of each square, in the order of the image; from float pointers to its rows, from output k on."""
    at = v.b.shl(k, i64(1))
    corners: list[Any] = []
    for row in (upper, lower):
        corners += v.even_odd(v.load(row, at), v.load(v.at(row, at), v.lanes))
    return corners


def _largest(v: Vector, corners: list[Any], name: str) -> Any:
    best = v.constant(_LOWEST if name == "identity" else float("-inf"))
    for corner in corners:
        best = v.max(corner, best)
    return best


def _pooled(v: Vector, corners: list[Any], name: str) -> Any:
    result = function(name, v, _largest(v, corners, name))
    if name == "identity":
        return result
    numbers = [v.b.fcmp_ordered("ord", corner, corner) for corner in corners]
    some = v.b.or_(v.b.or_(numbers[0], numbers[1]), v.b.or_(numbers[2], numbers[3]))
    return v.b.select(some, result, v.constant(_LOWEST))


@intrinsic(prefer_literal=True)
def _row(typing_context, name, upper, lower, y, count):
    """One row of the output."""

    def generate(context, builder, signature, arguments):
        _, upper, lower, y, count = arguments
        v = Vector(builder)
        upper, lower, y = v.pointer(upper), v.pointer(lower), v.pointer(y)

        def body(k, carried):
            result = _pooled(v, _corners(v, upper, lower, k), name.literal_value)
            v.store_masked(result, y, v.first_lanes(builder.sub(count, k)), k)
            return []

        Loop.run(builder, _whole(v, count), [], body, v.lanes)
        return context.get_dummy_value()

    return types.void(name, *[types.int64] * 4), generate


def _whole(v: Vector, count: Any) -> Any:
    """A count rounded up to whole vectors."""
    return v.b.and_(v.b.add(count, i64(v.lanes - 1)), i64(-v.lanes))


@intrinsic(prefer_literal=True)
def _row_gradient(typing_context, name, upper, lower, y, g, g_upper, g_lower, count):
    def generate(context, builder, signature, arguments):
        v = Vector(builder)
        upper, lower, y, g, g_upper, g_lower = (v.pointer(one) for one in arguments[1:7])
        count = arguments[7]

        def body(k, carried):
            mask = v.first_lanes(builder.sub(count, k))
            corners = _corners(v, upper, lower, k)
            best = _largest(v, corners, name.literal_value)
            left = slope(name.literal_value, v, v.load_masked(g, mask, k), v.load_masked(y, mask, k))
            parts = []
            for corner in corners:
                hit = builder.fcmp_ordered("==", corner, best)
                part = builder.select(hit, left, v.zero)
                if name.literal_value != "identity":  # f'(NaN) 0 is NaN
                    part = builder.select(builder.fcmp_unordered("uno", corner, corner), corner, part)
                parts.append(part)
                left = builder.select(hit, v.zero, left)
            at = builder.shl(k, i64(1))
            twice = builder.shl(builder.sub(count, k), i64(1))
            masks = v.first_lanes(twice), v.first_lanes(builder.sub(twice, i64(v.lanes)))
            for row, (even, odd) in ((g_upper, parts[:2]), (g_lower, parts[2:])):
                for j, pixels in enumerate(v.interleave(even, odd)):
                    v.store_masked(pixels, v.at(row, at), masks[j], j * v.lanes)
            return []

        Loop.run(builder, _whole(v, count), [], body, v.lanes)
        return context.get_dummy_value()

    return types.void(name, *[types.int64] * 7), generate


def _forward(name: str) -> Kernel:
    @instruction
    def activated_pool(p, thread, threads):
        """y = f(largest).  0 x, 1 y, 2 channels, 3 rows, 4 width, 5 x_pitch, 6 y_pitch"""
        x, y, rows, width = word(p, 0), word(p, 1), word(p, 3), word(p, 4)
        start, stop = share(word(p, 2) * rows, 1, thread, threads)
        for k in range(start, stop):
            c, r = k // rows, k % rows
            upper = x + 4 * (c * word(p, 5) + 2 * r * width)
            _row(name, upper, upper + 4 * width, y + 4 * (c * word(p, 6) + r * (width // 2)), width // 2)

    return activated_pool


def _backward(name: str) -> Kernel:
    @instruction
    def activated_pool_gradient(p, thread, threads):
        """The gradient of x.  0 x, 1 y, 2 g, 3 gx, 4 channels, 5 rows, 6 width, 7 x_pitch, 8 y_pitch"""
        rows, width = word(p, 5), word(p, 6)
        start, stop = share(word(p, 4) * rows, 1, thread, threads)
        for k in range(start, stop):
            c, r = k // rows, k % rows
            upper = 4 * (c * word(p, 7) + 2 * r * width)
            lower, at = upper + 4 * width, 4 * (c * word(p, 8) + r * (width // 2))
            x, gx = word(p, 0), word(p, 3)
            _row_gradient(name, x + upper, x + lower, word(p, 1) + at, word(p, 2) + at, gx + upper, gx + lower,
                          width // 2)  # fmt: skip

    return activated_pool_gradient


activated_pool = {name: _forward(name) for name in NAMES}
activated_pool_gradient = {name: _backward(name) for name in NAMES}
