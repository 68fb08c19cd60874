"""Expressions of elementwise functions, each computed in one pass over its arrays.

An expression is a text: how many arrays and numbers it reads, which values it writes, then one function a line, as

    2 1 v2;add x0 x1;mul v0 s0;tanh v1

for tanh((x0 + x1) s0). x are arrays, s numbers that are given when it is run, v the lines' values; what is none of
these is a constant. A text is compiled once, whatever the numbers are.

    expression(text)(count, *arrays, *outputs, *numbers)
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
from symcli.engine.vector import I64, Vector, i64
from symcli.kernels.kernel import Kernel

__all__ = ["FUNCTIONS", "expression"]


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


def _body(lines: Sequence[str], outputs: Sequence[str]) -> Callable[..., Any]:
    """What a pass computes of one vector."""

    def body(v: Vector, arrays: Sequence[Any], numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        values: list[Any] = []
        kinds = {"x": arrays, "s": numbers, "v": values}

        def value(name: str) -> Any:
            return kinds[name[0]][int(name[1:])] if name[0] in kinds else v.constant(float(name))

        for line in lines:
            function, *given = line.split()
            values.append(FUNCTIONS[function](v, *map(value, given)))
        return [value(name) for name in outputs], []

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
