"""Expressions of elementwise functions, each computed in one pass over its arrays.

An expression is a text: how many arrays and numbers it reads, which values it writes, then one function a line, as

    2 1 v2;add x0 x1;mul v0 s0;tanh v1

for tanh((x0 + x1) s0). x are arrays, s numbers that are given when it is run, v the lines' values; what is none of
these is a constant. A text is compiled once, whatever the numbers are.

    expression(text)(count, *arrays, *outputs, *numbers)

With broadcasting, arrays are (images, channels, count), the last axis contiguous, and b are arrays with one number for
each image and channel; sums over the last axis are outputs too, written behind the others after a stroke:

    1 1 0 v0 | v1;mul x0 b0;mul x0 v0

    segments(text)(count, images, channels, *(array, of_image, of_channel))

for arrays, broadcast ones, outputs and sums in this order, then the numbers; of_image and of_channel are strides in
floats. Each sum is that of one thread.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from symcli.engine import functions
from symcli.engine.activation import relu_grad_of, relu_of
from symcli.engine.elementwise import CHUNK, Pass
from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, ir, types
from symcli.engine.tape import share, word
from symcli.engine.vector import F32, I64, Vector, i64
from symcli.kernels.kernel import Kernel

__all__ = ["FUNCTIONS", "expression", "segments"]


def _truth(comparison: str) -> Callable[..., Any]:
    """1 where a comparison holds, else 0."""
    return lambda v, x, y: v.b.select(v.b.fcmp_ordered(comparison, x, y), v.constant(1), v.zero)


def _or_nan(v: Vector, x: Any, y: Any) -> Any:
    """x where it is NaN, else y."""
    return v.b.select(v.b.fcmp_unordered("uno", x, x), x, y)


def _clip(v: Vector, x: Any, low: Any, high: Any) -> Any:
    below = v.b.select(v.b.fcmp_ordered("<", x, low), low, x)
    return v.b.select(v.b.fcmp_ordered(">", x, high), high, below)


def _clipped(v: Vector, g: Any, x: Any, low: Any, high: Any) -> Any:
    outside = v.b.or_(v.b.fcmp_ordered("<", x, low), v.b.fcmp_ordered(">", x, high))
    return v.b.select(outside, v.zero, g)


def _sign(v: Vector, x: Any) -> Any:
    return v.b.fsub(_truth(">")(v, x, v.zero), _truth("<")(v, x, v.zero))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda v, x, y: v.b.fadd(x, y),
    "sub": lambda v, x, y: v.b.fsub(x, y),
    "mul": lambda v, x, y: v.b.fmul(x, y),
    "div": lambda v, x, y: v.b.fdiv(x, y),
    "max": lambda v, x, y: _or_nan(v, x, v.max(x, y)),  # NaN where either is
    "min": lambda v, x, y: _or_nan(v, x, v.min(x, y)),
    "neg": lambda v, x: v.b.fneg(x),
    "abs": lambda v, x: v.unary("fabs", x),
    "sqrt": lambda v, x: v.unary("sqrt", x),
    "erf": functions.erf,
    "exp": functions.exp,
    "expm1": functions.expm1,
    "log": functions.log,
    "sigmoid": functions.sigmoid,
    "softrelu": functions.softrelu,
    "tanh": functions.tanh,
    "relu": relu_of,
    "relu_grad": relu_grad_of,  # of g and the output
    "sign": _sign,
    "clip": _clip,
    "clip_grad": _clipped,  # of g, x and the bounds
    "positive": lambda v, x, y, z: v.b.select(v.b.fcmp_ordered(">", x, v.zero), y, z),  # y where x > 0, else z
    "gt": _truth(">"),
    "ge": _truth(">="),
    "lt": _truth("<"),
    "le": _truth("<="),
}


def _body(lines: Sequence[str], outputs: Sequence[str], sums: Sequence[str] = (), few: int = 0) -> Callable[..., Any]:
    """What a pass computes of one vector; the first ``few`` of its numbers are broadcast ones."""

    def body(v: Vector, arrays: Sequence[Any], numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        values: list[Any] = []
        kinds = {"x": arrays, "b": numbers[:few], "s": numbers[few:], "v": values}

        def value(name: str) -> Any:
            return kinds[name[0]][int(name[1:])] if name[0] in kinds else v.constant(float(name))

        for line in lines:
            function, *given = line.split()
            values.append(FUNCTIONS[function](v, *map(value, given)))
        return [value(name) for name in outputs], [value(name) for name in sums]

    return body


@intrinsic(prefer_literal=True)
def _run(typing_context, text, p, first, count):
    """Compute ``count`` elements from ``first`` on of the arrays that the parameters from 1 on name."""
    head, *lines = text.literal_value.split(";")
    arrays, numbers, *outputs = head.split()

    def generate(context, builder, signature, arguments):
        _, p, first, count = arguments
        offset, reads = builder.mul(first, i64(4)), int(arrays)

        def parameter(i, kind):
            return builder.load(builder.inttoptr(builder.add(p, i64(8 * i)), kind.as_pointer()), align=8)

        places = [builder.add(parameter(1 + i, I64), offset) for i in range(reads + len(outputs))]
        given = [builder.fptrunc(parameter(1 + len(places) + i, ir.DoubleType()), ir.FloatType())
                 for i in range(int(numbers))]  # fmt: skip
        Pass(builder, _body(lines, outputs), unroll=1).write(count, places[:reads], places[reads:], given)
        return context.get_dummy_value()

    return types.void(text, types.int64, types.int64, types.int64), generate


@lru_cache(None)
def expression(text: str) -> Kernel:
    """Return the instruction that computes an expression: 0 count, then addresses of arrays and outputs, numbers."""

    @instruction
    def run(p, thread, threads):
        """outputs = the expression of arrays and numbers, element by element"""
        start, stop = share(word(p, 0), CHUNK, thread, threads)
        if stop > start:
            _run(text, p, start, stop - start)

    return run


@intrinsic(prefer_literal=True)
def _run_segment(typing_context, text, p, count, image, channel):
    """Compute the segment of an image and a channel."""
    head, *lines = text.literal_value.split(";")
    outputs, sums = (part.split() for part in head.split("|"))
    arrays, few, numbers, *outputs = outputs
    reads, given = int(arrays), int(few)

    def generate(context, builder, signature, arguments):
        b, (_, p, count, image, channel) = builder, arguments

        def parameter(i, kind=I64):
            return b.load(b.inttoptr(b.add(p, i64(8 * i)), kind.as_pointer()), align=8)

        def place(i):
            first, *strides = (parameter(3 + 3 * i + k) for k in range(3))
            away = b.add(b.mul(image, strides[0]), b.mul(channel, strides[1]))
            return b.add(first, b.mul(away, i64(4)))

        def pointer(i):
            return b.inttoptr(place(i), F32.as_pointer())

        writes = reads + given
        broadcast = [b.load(pointer(i), align=4) for i in range(reads, writes)]
        after = writes + len(outputs)
        rest = 3 + 3 * (after + len(sums))
        scalars = [b.fptrunc(parameter(rest + i, ir.DoubleType()), F32) for i in range(int(numbers))]
        one = Pass(b, _body(lines, outputs, sums, given), len(sums), 1)
        totals = one.write(count, list(map(place, range(reads))), list(map(place, range(writes, after))),
                           [*broadcast, *scalars])  # fmt: skip
        for i, total in enumerate(totals):
            b.store(total, pointer(after + i), align=4)
        return context.get_dummy_value()

    return types.void(text, *[types.int64] * 4), generate


@lru_cache(None)
def segments(text: str) -> Kernel:
    """Return the instruction that computes an expression with broadcasting: 0 count, 1 images, 2 channels, the rest."""

    @instruction
    def run(p, thread, threads):
        """outputs and sums = the expression of arrays, broadcast arrays and numbers"""
        channels = word(p, 2)
        for unit in range(*share(word(p, 1) * channels, 1, thread, threads)):
            _run_segment(text, p, word(p, 0), unit // channels, unit % channels)

    return run
