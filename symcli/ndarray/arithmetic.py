"""Arithmetic and comparison of arrays and numbers: ``nd.add``, ``nd.maximum``, ``nd.greater`` and so on."""

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from symcli.ndarray import tape
from symcli.ndarray.array import NDArray
from symcli.ndarray.functions import make
from symcli.ndarray.invoke import invoke
from symcli.ops import get

__all__ = [
    "add", "divide", "equal", "fmod", "greater", "greater_equal", "lesser", "lesser_equal", "logical_and", "logical_or",
    "logical_xor", "maximum", "minimum", "modulo", "multiply", "not_equal", "operate", "power", "subtract",
    "true_divide",
]  # fmt: skip


class Operation(NamedTuple):
    """The operators that stand for an operation, by what its operands are."""

    same: str  # two arrays of one shape
    broadcast: str  # two arrays of different shapes
    scalar: str  # an array and a number
    reflected: str  # a number and an array
    numbers: Callable[[Any, Any], Any]


def _truth(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    return lambda left, right: 1 if compare(left, right) else 0


_OPERATIONS = {
    "add": Operation("elemwise_add", "broadcast_add", "_plus_scalar", "_plus_scalar", operator.add),
    "subtract": Operation("elemwise_sub", "broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub),
    "multiply": Operation("elemwise_mul", "broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul),
    "divide": Operation("elemwise_div", "broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "modulo": Operation("_mod", "broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod),
    "fmod": Operation("broadcast_fmod", "broadcast_fmod", "_fmod_scalar", "_rfmod_scalar", math.fmod),
    "power": Operation("_power", "broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow),
    "maximum": Operation("_maximum", "broadcast_maximum", "_maximum_scalar", "_maximum_scalar", max),
    "minimum": Operation("_minimum", "broadcast_minimum", "_minimum_scalar", "_minimum_scalar", min),
    "equal": Operation("_equal", "broadcast_equal", "_equal_scalar", "_equal_scalar", _truth(operator.eq)),
    "not_equal": Operation("_not_equal", "broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar",
                           _truth(operator.ne)),
    "greater": Operation("_greater", "broadcast_greater", "_greater_scalar", "_lesser_scalar", _truth(operator.gt)),
    "greater_equal": Operation("_greater_equal", "broadcast_greater_equal", "_greater_equal_scalar",
                               "_lesser_equal_scalar", _truth(operator.ge)),
    "lesser": Operation("_lesser", "broadcast_lesser", "_lesser_scalar", "_greater_scalar", _truth(operator.lt)),
    "lesser_equal": Operation("_lesser_equal", "broadcast_lesser_equal", "_lesser_equal_scalar",
                              "_greater_equal_scalar", _truth(operator.le)),
    "logical_and": Operation("_logical_and", "broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar",
                             _truth(lambda left, right: left and right)),
    "logical_or": Operation("_logical_or", "broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar",
                            _truth(lambda left, right: left or right)),
    "logical_xor": Operation("_logical_xor", "broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar",
                             _truth(lambda left, right: bool(left) ^ bool(right))),
}  # fmt: skip


def operate(name: str, left: Any, right: Any, out: NDArray | None = None) -> Any:
    """Return an operation's result on arrays or numbers, broadcasting; two numbers give a number.

    Raises
    ------
    TypeError
        If an operand is neither an NDArray nor a number.
    ShapeError, DTypeError
        If two arrays do not broadcast, or have different types.
    """
    operation = _OPERATIONS[name]
    arrays = [isinstance(one, NDArray) for one in (left, right)]
    for one, is_array in zip((left, right), arrays, strict=True):
        if not is_array and not isinstance(one, numbers.Real | np.bool_):
            raise TypeError(f"{name}: got {one!r} ({type(one).__name__}); needs an NDArray or a number; "
                            "nd.array(…) makes an array")  # fmt: skip
    if all(arrays):
        # MXNet's nd broadcasts always, and records that; alike shapes have a quicker operator.
        quick = left._data.shape == right._data.shape and not tape.state.is_recording
        key = operation.same if quick else operation.broadcast
        return invoke(make(get(key), {}), (left, right), out)
    if arrays[0]:
        return invoke(make(get(operation.scalar), {"scalar": float(right)}), (left,), out)
    if arrays[1]:
        return invoke(make(get(operation.reflected), {"scalar": float(left)}), (right,), out)
    return operation.numbers(left, right)


def add(lhs: Any, rhs: Any) -> Any:
    """Return lhs + rhs, broadcasting; either may be a number."""
    return operate("add", lhs, rhs)


def subtract(lhs: Any, rhs: Any) -> Any:
    """Return lhs - rhs, broadcasting; either may be a number."""
    return operate("subtract", lhs, rhs)


def multiply(lhs: Any, rhs: Any) -> Any:
    """Return lhs * rhs, broadcasting; either may be a number."""
    return operate("multiply", lhs, rhs)


def divide(lhs: Any, rhs: Any) -> Any:
    """Return lhs / rhs, broadcasting; either may be a number."""
    return operate("divide", lhs, rhs)


true_divide = divide


def modulo(lhs: Any, rhs: Any) -> Any:
    """Return the remainder of lhs / rhs with the divisor's sign, broadcasting; either may be a number."""
    return operate("modulo", lhs, rhs)


def fmod(lhs: Any, rhs: Any) -> Any:
    """Return the remainder of lhs / rhs with the dividend's sign, broadcasting; either may be a number."""
    return operate("fmod", lhs, rhs)


def power(base: Any, exp: Any) -> Any:
    """Return base to the power of exp, broadcasting; either may be a number."""
    return operate("power", base, exp)


def maximum(lhs: Any, rhs: Any) -> Any:
    """Return the larger of two, broadcasting; either may be a number."""
    return operate("maximum", lhs, rhs)


def minimum(lhs: Any, rhs: Any) -> Any:
    """Return the smaller of two, broadcasting; either may be a number."""
    return operate("minimum", lhs, rhs)


def equal(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs == rhs, else 0, broadcasting; either may be a number."""
    return operate("equal", lhs, rhs)


def not_equal(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs != rhs, else 0, broadcasting; either may be a number."""
    return operate("not_equal", lhs, rhs)


def greater(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs > rhs, else 0, broadcasting; either may be a number."""
    return operate("greater", lhs, rhs)


def greater_equal(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs >= rhs, else 0, broadcasting; either may be a number."""
    return operate("greater_equal", lhs, rhs)


def lesser(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs < rhs, else 0, broadcasting; either may be a number."""
    return operate("lesser", lhs, rhs)


def lesser_equal(lhs: Any, rhs: Any) -> Any:
    """Return 1 where lhs <= rhs, else 0, broadcasting; either may be a number."""
    return operate("lesser_equal", lhs, rhs)


def logical_and(lhs: Any, rhs: Any) -> Any:
    """Return 1 where both are not zero, else 0, broadcasting; either may be a number."""
    return operate("logical_and", lhs, rhs)


def logical_or(lhs: Any, rhs: Any) -> Any:
    """Return 1 where one is not zero, else 0, broadcasting; either may be a number."""
    return operate("logical_or", lhs, rhs)


def logical_xor(lhs: Any, rhs: Any) -> Any:
    """Return 1 where just one is not zero, else 0, broadcasting; either may be a number."""
    return operate("logical_xor", lhs, rhs)
