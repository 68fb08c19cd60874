"""What ``+``, ``<`` and their like do to symbols: each makes the node that MXNet makes (``symbol/symbol.py``).

Symbols stand above what they are made by here; they are imported at the first call.
"""

from numbers import Number
from typing import Any

__all__ = ["Operators", "scalar"]


class Operators:
    """Python's operators on a symbol and another, or a number."""

    __slots__ = ()
    __array_priority__ = 1000.0
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Any:
        return _binary(self, other, "elemwise_add", "_plus", "_plus_scalar")

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _binary(self, other, "elemwise_sub", "_minus", "_minus_scalar")

    def __rsub__(self, other: Any) -> Any:
        return scalar(self, other, "_rminus_scalar")

    def __mul__(self, other: Any) -> Any:
        return _binary(self, other, "elemwise_mul", "_mul", "_mul_scalar")

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return _binary(self, other, "elemwise_div", "_div", "_div_scalar")

    def __rtruediv__(self, other: Any) -> Any:
        return scalar(self, other, "_rdiv_scalar")

    def __mod__(self, other: Any) -> Any:
        return _binary(self, other, "_mod", "_mod", "_mod_scalar")

    def __rmod__(self, other: Any) -> Any:
        return scalar(self, other, "_rmod_scalar")

    def __pow__(self, other: Any) -> Any:
        return _binary(self, other, "_power", "_power", "_power_scalar")

    def __rpow__(self, other: Any) -> Any:
        return scalar(self, other, "_rpower_scalar")

    def __neg__(self) -> Any:
        return scalar(self, -1.0, "_mul_scalar")

    def __abs__(self) -> Any:
        return _operator("abs", "abs")(self)

    def __eq__(self, other: Any) -> Any:
        return _binary(self, other, "_equal", "_equal", "_equal_scalar", "_equal_scalar")

    def __ne__(self, other: Any) -> Any:
        return _binary(self, other, "_not_equal", "_not_equal", "_not_equal_scalar", "_not_equal_scalar")

    def __gt__(self, other: Any) -> Any:
        return _binary(self, other, "_greater", "_greater", "_greater_scalar", "_greater_scalar")

    def __ge__(self, other: Any) -> Any:
        return _binary(
            self, other, "_greater_equal", "_greater_equal", "_greater_equal_scalar", "_greater_equal_scalar"
        )

    def __lt__(self, other: Any) -> Any:
        return _binary(self, other, "_lesser", "_lesser", "_lesser_scalar", "_lesser_scalar")

    def __le__(self, other: Any) -> Any:
        return _binary(self, other, "_lesser_equal", "_lesser_equal", "_lesser_equal_scalar", "_lesser_equal_scalar")


def _operator(key: str, public: str) -> Any:
    from symcli.graph.symbol import _operator

    return _operator(key, public)


def _binary(left: Any, right: Any, key: str, public: str, by_number: str, hint: str | None = None) -> Any:
    if isinstance(right, Operators):
        return _operator(key, public)(left, right)
    return scalar(left, right, by_number, hint)


def scalar(data: Any, number: Any, key: str, hint: str | None = None) -> Any:
    """Return the node of an operator on a symbol and a number; ``NotImplemented`` for what is none."""
    if not isinstance(number, Number):
        return NotImplemented
    text = str(int(number) if isinstance(number, bool) else number)
    # MXNet names these without the second underscore, except for comparisons.
    return _operator(key, hint or "_" + key.replace("_", ""))(data, scalar=text)
