"""A softmax over very many classes behind a matrix product, on plain rows: lanes are classes.

    softmax_rows(y, bias, rows, count)                            y[i] = softmax(y[i] + bias); bias may be 0
    targets(label, factors, classes, n, count, scale, valid, ignored, ignore_label)
        what the gradient of the cross-entropy needs of each row: its factor, and its class as int64, -1 for none
    data_grad(gx, weight, factors, classes, n, k)                 gx[i] = factors[i] (gx[i] - weight[classes[i]])

The gradient of the logits, factors[i] (p[i] - 1 at the class), is as large as the probabilities and is never made:
that of data is linear in p, so the product takes p itself and the ones are taken off afterwards; that of the weights
is made from p by ``packed.product``.
"""

from typing import Any

import numpy as np

from symcli.engine import functions
from symcli.engine.elementwise import Pass, elementwise
from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, types
from symcli.engine.tape import floats, integers, real, share, word
from symcli.engine.vector import Loop, Vector, i64

__all__ = ["blocks", "data_grad", "softmax_rows", "targets"]


def _largest(biased: bool) -> Any:
    """Return the pass that finds the largest number of a row, and adds a bias before if there is one."""

    @intrinsic
    def largest(typing_context, x, bias, count):
        """The largest of ``count`` numbers at an address; NaN may be left out."""

        def generate(context, builder, signature, arguments):
            x, bias, count = arguments
            v = Vector(builder)
            pointer, added, low = v.pointer(x), v.pointer(bias), v.constant(float("-inf"))

            def number(k):
                value = v.load(pointer, k)
                if biased:
                    value = builder.fadd(value, v.load(added, k))
                    v.store(value, pointer, k)
                return value

            def body(k, carried):
                return [v.max(number(builder.add(k, i64(j * v.lanes))), top) for j, top in enumerate(carried)]

            done, tops = Loop.run(builder, count, [low] * 4, body, 4 * v.lanes)
            more, (top,) = Loop.run(
                builder, builder.sub(count, done), tops[:1],
                lambda k, carried: [v.max(number(builder.add(done, k)), carried[0])], v.lanes,
            )  # fmt: skip
            done = builder.add(done, more)
            mask = v.first_lanes(builder.sub(count, done))
            value = v.load_masked(pointer, mask, done)
            if biased:
                value = builder.fadd(value, v.load_masked(added, mask, done))
                v.store_masked(value, pointer, mask, done)
            for other in (*tops[1:], builder.select(mask, value, low)):
                top = v.max(other, top)
            return v.folded(top, lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))

        return types.float32(types.int64, types.int64, types.int64), generate

    return largest


@intrinsic
def _powers(typing_context, x, count, top):
    """x = e^(x - top) for ``count`` numbers at an address; returns their sum."""

    def generate(context, builder, signature, arguments):
        def body(v, values, scalars):
            power = functions.exp(v, v.b.fsub(values[0], scalars[0]))
            return [power], [power]

        x, count, top = arguments
        return Pass(builder, body, sums=1).write(count, [x], [x], [top])[0]

    return types.float32(types.int64, types.int64, types.float32), generate


_largest_of, _largest_biased = _largest(False), _largest(True)
_times = elementwise(lambda v, x, s: ([v.b.fmul(x[0], s[0])], []), 1, 1, 1)
_difference_times = elementwise(lambda v, x, s: ([v.b.fmul(v.b.fsub(x[0], x[1]), s[0])], []), 2, 1, 1)


@instruction
def softmax_rows(p, thread, threads):
    """y[i] = softmax(y[i] + bias).  0 y, 1 bias or 0, 2 rows, 3 count"""
    y, bias, rows, count = word(p, 0), word(p, 1), word(p, 2), word(p, 3)
    start, stop = share(rows, 1, thread, threads)
    for i in range(start, stop):
        row = y + 4 * i * count
        top = _largest_biased(row, bias, count) if bias != 0 else _largest_of(row, 0, count)
        total = _powers(row, count, top)
        _times(count, (row, row), (np.float32(1) / total,), 0)


@instruction
def targets(p, thread, threads):
    """0 label, 1 factors, 2 classes, 3 n, 4 count, 5 scale, 6 valid, 7 ignored, 8 ignore_label"""
    n, count = word(p, 3), word(p, 4)
    label, factors, classes = floats(word(p, 0), n), floats(word(p, 1), n), integers(word(p, 2), n)
    factor, ignore = real(p, 5), np.int64(real(p, 8))
    if thread == 0:
        if word(p, 6) != 0:
            found = 0
            for i in range(n):
                found += np.int64(label[i]) != ignore
            factor = factor / np.float32(max(found, 1))
        for i in range(n):
            which = np.int64(label[i])
            classes[i] = which if 0 <= which < count else -1
            factors[i] = 0 if word(p, 7) != 0 and which == ignore else factor


@instruction
def data_grad(p, thread, threads):
    """gx[i] = factors[i] (gx[i] - weight[classes[i]]).  0 gx, 1 weight, 2 factors, 3 classes, 4 n, 5 k"""
    gx, weight, n, k = word(p, 0), word(p, 1), word(p, 4), word(p, 5)
    factors, classes = floats(word(p, 2), n), integers(word(p, 3), n)
    start, stop = share(n, 1, thread, threads)
    for i in range(start, stop):
        row = gx + 4 * i * k
        if classes[i] < 0:
            _times(k, (row, row), (factors[i],), 0)
        else:
            _difference_times(k, (row, weight + 4 * classes[i] * k, row), (factors[i],), 0)


def blocks(n: int, count: int) -> int:
    """Return the rows that are computed together: their probabilities stay in the last cache."""
    return max(12, min(n, (1 << 21) // count // 12 * 12))
