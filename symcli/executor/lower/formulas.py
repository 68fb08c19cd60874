"""What elementwise operators compute, and their gradients, as lines of an expression (``engine.expression``).

A formula is written with a ``Lines``: ``b("mul", x, y)`` adds a line and returns the name of its value. What the plain
operators do with NaN, at kinks and where values are equal, is done here too.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from symcli.ops.activation import SELU_SCALE, SELU_SLOPE

__all__ = ["FORMULAS", "Formula", "Lines"]

Name = str


class Lines:
    """An expression that is being written. A line that is there already is not written twice."""

    def __init__(self) -> None:
        self._lines: dict[str, Name] = {}
        self._numbers: dict[float, Name] = {}

    def __call__(self, function: str, *given: Name | float) -> Name:
        line = " ".join([function, *(one if isinstance(one, str) else repr(float(one)) for one in given)])
        return self._lines.setdefault(line, f"v{len(self._lines)}")

    def number(self, value: float) -> Name:
        """A number that is given when the expression is run."""
        return self._numbers.setdefault(float(value), f"s{len(self._numbers)}")

    def text(self, outputs: Sequence[Name], sums: Sequence[Name] | None = None) -> tuple[str, list[int], list[float]]:
        """Return the text of what outputs need, which arrays it reads, broadcast ones last, and its numbers.

        With ``sums``, which may be none, it is a text for ``engine.expression.segments``.
        """
        lines = {name: line.split() for line, name in self._lines.items()}
        asked = [*outputs, *(sums or ())]
        needed, waiting = set(asked), [name for name in asked if name in lines]
        while waiting:
            new = [name for name in lines[waiting.pop()][1:] if name not in needed]
            needed |= set(new)
            waiting += [name for name in new if name in lines]
        arrays, few = (sorted(int(name[1:]) for name in needed if name[0] == kind) for kind in "xb")
        numbers = [(value, name) for value, name in self._numbers.items() if name in needed]
        kept = [name for name in lines if name in needed]
        new_names = {f"x{i}": f"x{k}" for k, i in enumerate(arrays)}
        new_names |= {f"b{i}": f"b{k}" for k, i in enumerate(few)}
        new_names |= {name: f"s{k}" for k, (_, name) in enumerate(numbers)}
        new_names |= {name: f"v{k}" for k, name in enumerate(kept)}
        head = [len(arrays), len(numbers)] if sums is None else [len(arrays), len(few), len(numbers)]
        first = " ".join([*map(str, head), *(new_names[name] for name in outputs)])
        if sums is not None:
            first += " ".join([" |", *(new_names[name] for name in sums)])
        written = [" ".join(new_names.get(word, word) for word in lines[name]) for name in kept]
        return ";".join([first, *written]), [*arrays, *few], [value for value, _ in numbers]


class Formula(NamedTuple):
    """An operator's value and gradients.

    Attributes
    ----------
    value : (lines, operator, inputs) -> the output.
    slopes : (lines, operator, gradient of the output, output, inputs) -> the gradients of the inputs.
    """

    value: Callable[[Lines, Any, Sequence[Name]], Name]
    slopes: Callable[[Lines, Any, Name, Name, Sequence[Name]], Sequence[Name]]


# ---- of two values: value(b, x, y), slopes(b, g, x, y)

_BINARY: dict[str, tuple[Callable[..., Name], Callable[..., tuple[Name, Name]]]] = {
    "add": (lambda b, x, y: b("add", x, y), lambda b, g, x, y: (g, g)),
    "sub": (lambda b, x, y: b("sub", x, y), lambda b, g, x, y: (g, b("neg", g))),
    "mul": (lambda b, x, y: b("mul", x, y), lambda b, g, x, y: (b("mul", g, y), b("mul", g, x))),
    "div": (lambda b, x, y: b("div", x, y),
            lambda b, g, x, y: (b("div", g, y), b("mul", b("neg", b("div", x, b("mul", y, y))), g))),
    "max": (lambda b, x, y: b("max", x, y),
            lambda b, g, x, y: (b("mul", b("ge", x, y), g), b("mul", b("lt", x, y), g))),
    "min": (lambda b, x, y: b("min", x, y),
            lambda b, g, x, y: (b("mul", b("le", x, y), g), b("mul", b("gt", x, y), g))),
}  # fmt: skip


def _both(kind: str) -> Formula:
    value, slopes = _BINARY[kind]
    return Formula(lambda b, op, x: value(b, *x), lambda b, op, g, y, x: slopes(b, g, *x))


def _with_number(kind: str) -> Formula:
    value, slopes = _BINARY[kind]
    return Formula(lambda b, op, x: value(b, x[0], b.number(op.scalar)),
                   lambda b, op, g, y, x: slopes(b, g, x[0], b.number(op.scalar))[:1])  # fmt: skip


def _number_first(kind: str) -> Formula:
    value, slopes = _BINARY[kind]
    return Formula(lambda b, op, x: value(b, b.number(op.scalar), x[0]),
                   lambda b, op, g, y, x: slopes(b, g, b.number(op.scalar), x[0])[1:])  # fmt: skip


def _sum(b: Lines, op: Any, x: Sequence[Name]) -> Name:
    total = x[0]
    for one in x[1:]:
        total = b("add", total, one)
    return total


# ---- of one value: value(b, x, op), slope(b, g, x, y, op)


def _of_one(value: Callable[..., Name], slope: Callable[..., Name]) -> Formula:
    return Formula(lambda b, op, x: value(b, x[0], op), lambda b, op, g, y, x: [slope(b, g, x[0], y, op)])


def _named(function: str, slope: Callable[..., Name]) -> Formula:
    return _of_one(lambda b, x, op: b(function, x), slope)


def _normal(b: Lines, x: Name) -> Name:
    """The normal distribution at x."""
    return b("add", 0.5, b("mul", 0.5, b("erf", b("mul", x, math.sqrt(0.5)))))


def _gelu_slope(b: Lines, g: Name, x: Name, y: Name, op: Any) -> Name:
    bell = b("exp", b("mul", b("mul", x, x), -0.5))
    density = b("mul", b("mul", x, 1 / math.sqrt(2 * math.pi)), bell)
    return b("mul", g, b("add", _normal(b, x), density))


def _elu(b: Lines, x: Name, slope: float, scale: float) -> Name:
    factors = b.number(scale), b.number(scale * slope)
    return b("positive", x, b("mul", x, factors[0]), b("mul", factors[1], b("expm1", x)))


def _elu_slope(b: Lines, g: Name, x: Name, y: Name, slope: float, scale: float) -> Name:
    scaled = b("mul", g, b.number(scale))
    return b("positive", x, scaled, b("mul", scaled, b("add", b.number(slope), y)))


def _hard(b: Lines, x: Name, op: Any) -> Name:
    return b("clip", b("add", b("mul", x, b.number(op.alpha)), b.number(op.beta)), 0, 1)


_RELU = _named("relu", lambda b, g, x, y, op: b("relu_grad", g, y))
_SIGMOID = _named("sigmoid", lambda b, g, x, y, op: b("mul", b("mul", g, y), b("sub", 1, y)))
_TANH = _named("tanh", lambda b, g, x, y, op: b("mul", g, b("sub", 1, b("mul", y, y))))
_SOFTRELU = _named("softrelu", lambda b, g, x, y, op: b("mul", g, b("sub", 1, b("exp", b("neg", y)))))
_SOFTSIGN = _of_one(
    lambda b, x, op: b("div", x, b("add", 1, b("abs", x))),
    lambda b, g, x, y, op: b("div", g, b("mul", b("add", 1, b("abs", x)), b("add", 1, b("abs", x)))),
)
_LEAKY = {
    "leaky": _of_one(lambda b, x, op: b("positive", x, x, b("mul", x, b.number(op.slope))),
                     lambda b, g, x, y, op: b("positive", x, g, b("mul", g, b.number(op.slope)))),
    "elu": _of_one(lambda b, x, op: _elu(b, x, op.slope, 1),
                   lambda b, g, x, y, op: _elu_slope(b, g, x, y, op.slope, 1)),
    "selu": _of_one(lambda b, x, op: _elu(b, x, SELU_SLOPE, SELU_SCALE),
                    lambda b, g, x, y, op: _elu_slope(b, g, x, y, SELU_SLOPE, SELU_SCALE)),
    "gelu": _of_one(lambda b, x, op: b("mul", x, _normal(b, x)), _gelu_slope),
}  # fmt: skip
_ACTIVATIONS = {"relu": _RELU, "sigmoid": _SIGMOID, "softrelu": _SOFTRELU, "softsign": _SOFTSIGN, "tanh": _TANH}
_POWERS = {
    2.0: _of_one(lambda b, x, op: b("mul", x, x), lambda b, g, x, y, op: b("mul", b("mul", x, 2), g)),
    3.0: _of_one(lambda b, x, op: b("mul", b("mul", x, x), x),
                 lambda b, g, x, y, op: b("mul", b("mul", b("mul", x, x), 3), g)),
}  # fmt: skip

# By name: a formula, or what finds it from the operator, None where there is none.
FORMULAS: Mapping[str, Formula | Callable[[Any], Formula | None]] = {
    **{f"elemwise_{kind}": _both(kind) for kind in ("add", "sub", "mul", "div")},
    **{f"broadcast_{kind}": _both(kind) for kind in ("add", "sub", "mul", "div")},
    **{f"{prefix}{name}": _both(name[:3]) for name in ("maximum", "minimum") for prefix in ("_", "broadcast_")},
    **{f"_{name}_scalar": _with_number(kind) for name, kind in (
        ("plus", "add"), ("minus", "sub"), ("mul", "mul"), ("div", "div"), ("maximum", "max"), ("minimum", "min"))},
    **{f"_{name}_scalar": _number_first(kind) for name, kind in (("rminus", "sub"), ("rdiv", "div"))},
    "add_n": Formula(_sum, lambda b, op, g, y, x: [g] * len(x)),
    "_power_scalar": lambda op: _POWERS.get(float(op.scalar)),
    "relu": _RELU, "sigmoid": _SIGMOID, "tanh": _TANH, "softsign": _SOFTSIGN,
    "abs": _named("abs", lambda b, g, x, y, op: b("mul", b("sign", x), g)),
    "negative": _named("neg", lambda b, g, x, y, op: b("neg", g)),
    "square": _POWERS[2.0],
    "sqrt": _named("sqrt", lambda b, g, x, y, op: b("div", b("div", g, y), 2)),
    "rsqrt": _of_one(lambda b, x, op: b("div", 1, b("sqrt", x)),
                     lambda b, g, x, y, op: b("mul", b("div", b("div", y, x), -2), g)),
    "reciprocal": _of_one(lambda b, x, op: b("div", 1, x),
                          lambda b, g, x, y, op: b("mul", b("neg", b("mul", y, y)), g)),
    "exp": _named("exp", lambda b, g, x, y, op: b("mul", g, y)),
    "expm1": _named("expm1", lambda b, g, x, y, op: b("mul", g, b("exp", x))),
    "log": _named("log", lambda b, g, x, y, op: b("div", g, x)),
    "erf": _named("erf", lambda b, g, x, y, op: b("mul", b("mul", b("exp", b("neg", b("mul", x, x))),
                                                           2 / math.sqrt(math.pi)), g)),
    "clip": _of_one(lambda b, x, op: b("clip", x, b.number(op.a_min), b.number(op.a_max)),
                    lambda b, g, x, y, op: b("clip_grad", g, x, b.number(op.a_min), b.number(op.a_max))),
    "hard_sigmoid": _of_one(_hard, lambda b, g, x, y, op: b("mul", b("mul", b("mul", b("gt", y, 0), b("lt", y, 1)),
                                                                     b.number(op.alpha)), g)),
    "Activation": lambda op: _ACTIVATIONS.get(op.act_type),
    "LeakyReLU": lambda op: _LEAKY.get(op.act_type),
}  # fmt: skip
