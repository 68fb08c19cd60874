"""Softmax over the planes of a value, for each pixel, and the gradient of its cross-entropy with labels.

    softmax(x, p, classes, pixels, pitch)            p[c, q] = e^x[c, q] / sum over d of e^x[d, q]
    softmax_rows(x, p, rows, classes)              p[i, c] likewise, of a plain array: lanes are classes
    cross_entropy_grad(p, label, gx, classes, pixels, pitch, scale, valid, hit, other, ignored, ignore_label)
        gx[c, q] = (p[c, q] - (hit if c is the label of q, else other)) scale / d

Lanes are pixels, so no sum crosses lanes, but for a few plain rows. Labels are float32, one a pixel, cut to integers;
one out of range is no class. With ``ignored``, the gradient of a pixel labelled ``ignore_label`` is 0. d is 1, or with
``valid`` the number of labels that are not ``ignore_label``, at least 1.
"""

from symcli.engine import functions
from symcli.engine.elementwise import Pass
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.tape import real, share, word
from symcli.engine.vector import Loop, Vector, i64

__all__ = ["cross_entropy_grad", "softmax", "softmax_rows"]


@intrinsic
def _softmax(typing_context, classes, x, p, pitch, count):
    """The softmax of one vector of pixels, ``count`` of them valid, at addresses of the first plane."""

    def generate(context, builder, signature, arguments):
        classes, x, p, pitch, count = arguments
        v = Vector(builder)
        mask, source, target = v.first_lanes(count), v.pointer(x), v.pointer(p)

        def largest(k, carried):
            value = v.load_masked(source, mask, builder.mul(k, pitch))
            return [v.max(value, carried[0])]

        def powers(k, carried):
            at = builder.mul(k, pitch)
            power = functions.exp(v, builder.fsub(v.load_masked(source, mask, at), top))
            v.store_masked(power, target, mask, at)
            return [builder.fadd(carried[0], power)]

        def quotients(k, carried):
            at = builder.mul(k, pitch)
            v.store_masked(builder.fmul(v.load_masked(target, mask, at), inverse), target, mask, at)
            return []

        _, (top,) = Loop.run(builder, classes, [v.load_masked(source, mask)], largest)
        _, (total,) = Loop.run(builder, classes, [v.zero], powers)
        inverse = builder.fdiv(v.constant(1), total)
        Loop.run(builder, classes, [], quotients)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@instruction
def softmax(p, thread, threads):
    """Softmax over planes.  0 x, 1 p, 2 classes, 3 pixels, 4 pitch"""
    x, y, classes, pixels, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4)
    start, stop = share(pixels, LANES, thread, threads)
    for q in range(start, stop, LANES):
        _softmax(classes, x + 4 * q, y + 4 * q, pitch, stop - q)


@intrinsic
def _row(typing_context, classes, x, p):
    """The softmax of one row of a plain array."""

    def generate(context, builder, signature, arguments):
        classes, x, p = arguments
        b, v = builder, Vector(builder)
        source, target = v.pointer(x), v.pointer(p)
        whole = b.and_(classes, i64(-v.lanes))
        mask = v.first_lanes(b.sub(classes, whole))

        def power(value):
            return functions.exp(v, b.fsub(value, top))

        def powers(k, carried):
            value = power(v.load(source, k))
            v.store(value, target, k)
            return [b.fadd(carried[0], value)]

        def quotients(k, carried):
            v.store(b.fmul(v.load(target, k), inverse), target, k)
            return []

        first = v.broadcast(source)
        _, (largest,) = Loop.run(b, whole, [first], lambda k, carried: [v.max(v.load(source, k), carried[0])], v.lanes)
        rest = v.load_masked(source, mask, whole)
        top = v.splat(v.folded(v.max(b.select(mask, rest, first), largest), v.max))
        _, (total,) = Loop.run(b, whole, [v.zero], powers, v.lanes)
        last = power(rest)
        inverse = b.fdiv(v.constant(1), v.splat(v.sum(b.fadd(total, b.select(mask, last, v.zero)))))
        Loop.run(b, whole, [], quotients, v.lanes)
        v.store_masked(b.fmul(last, inverse), target, mask, whole)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), generate


@instruction
def softmax_rows(p, thread, threads):
    """Softmax of the rows of a plain array.  0 x, 1 p, 2 rows, 3 classes"""
    classes = word(p, 3)
    for row in range(*share(word(p, 2), 1, thread, threads)):
        _row(classes, word(p, 0) + 4 * row * classes, word(p, 1) + 4 * row * classes)


@intrinsic
def _others(typing_context, label, count, ignore_label):
    """How many of ``count`` labels at an address are not ignore_label, as float32."""

    def generate(context, builder, signature, arguments):
        label, count, ignore_label = arguments

        def body(v, values, scalars):
            other = v.b.fcmp_unordered("!=", v.unary("trunc", values[0]), scalars[0])
            return [], [v.b.select(other, v.constant(1), v.zero)]

        return Pass(builder, body, sums=1).write(count, [label], [], [ignore_label])[0]

    return types.float32(types.int64, types.int64, types.float32), generate


@intrinsic
def _gradient(typing_context, classes, p, label, gx, pitch, count, factor, hit, other, ignored, ignore_label):
    def generate(context, builder, signature, arguments):
        classes, p, label, gx, pitch, count, factor, hit, other, ignored, ignore_label = arguments
        v = Vector(builder)
        mask, source, target = v.first_lanes(count), v.pointer(p), v.pointer(gx)
        labels = v.unary("trunc", v.load_masked(v.pointer(label), mask))
        left_out = builder.and_(
            builder.fcmp_ordered("==", labels, v.splat(ignore_label)),
            v.splat(builder.icmp_signed("!=", ignored, i64(0))),
        )
        factors = builder.select(left_out, v.zero, v.splat(factor))
        hits, others = v.splat(hit), v.splat(other)

        def body(k, carried):
            at = builder.mul(k, pitch)
            own = builder.fcmp_ordered("==", labels, v.splat(builder.sitofp(k, hit.type)))
            difference = builder.fsub(v.load_masked(source, mask, at), builder.select(own, hits, others))
            result = builder.select(left_out, v.zero, builder.fmul(difference, factors))
            v.store_masked(result, target, mask, at)
            return []

        Loop.run(builder, classes, [], body)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6, *[types.float32] * 3, types.int64, types.float32), generate


@instruction
def cross_entropy_grad(p, thread, threads):
    """The gradient of softmax's cross-entropy.

    0 p, 1 label, 2 gx, 3 classes, 4 pixels, 5 pitch, 6 scale, 7 valid, 8 hit, 9 other, 10 ignored, 11 ignore_label
    """
    label, gx, classes, pixels, pitch = word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    factor = real(p, 6)
    if word(p, 7) != 0:
        found = _others(label, pixels, real(p, 11))
        if found > 1:
            factor = factor / found
    start, stop = share(pixels, LANES, thread, threads)
    for q in range(start, stop, LANES):
        at = 4 * q
        _gradient(classes, word(p, 0) + at, label + at, gx + at, pitch, stop - q, factor, real(p, 8), real(p, 9),
                  word(p, 10), real(p, 11))  # fmt: skip
