"""What ``+``, ``<``, ``a.sum()`` and their like do to arrays: each calls the operator of that name.

The functions that make arrays stand above the arrays themselves; they are imported at the first call.
"""

from typing import TYPE_CHECKING, Any, Self

from symcli.graph.functions import FLUENT, Fluent

__all__ = ["Operators"]


def _operate(name: str, left: Any, right: Any, out: Any = None) -> Any:
    from symcli.ndarray.arithmetic import operate

    return operate(name, left, right, out)


class Operators:
    """Python's operators on arrays and numbers, broadcasting; and the operators that are methods too."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Self:
        return _operate("add", self, other)

    def __radd__(self, other: Any) -> Self:
        return _operate("add", other, self)

    def __iadd__(self, other: Any) -> Self:
        return _operate("add", self, other, self)

    def __sub__(self, other: Any) -> Self:
        return _operate("subtract", self, other)

    def __rsub__(self, other: Any) -> Self:
        return _operate("subtract", other, self)

    def __isub__(self, other: Any) -> Self:
        return _operate("subtract", self, other, self)

    def __mul__(self, other: Any) -> Self:
        return _operate("multiply", self, other)

    def __rmul__(self, other: Any) -> Self:
        return _operate("multiply", other, self)

    def __imul__(self, other: Any) -> Self:
        return _operate("multiply", self, other, self)

    def __truediv__(self, other: Any) -> Self:
        return _operate("divide", self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return _operate("divide", other, self)

    def __itruediv__(self, other: Any) -> Self:
        return _operate("divide", self, other, self)

    def __mod__(self, other: Any) -> Self:
        return _operate("modulo", self, other)

    def __rmod__(self, other: Any) -> Self:
        return _operate("modulo", other, self)

    def __imod__(self, other: Any) -> Self:
        return _operate("modulo", self, other, self)

    def __pow__(self, other: Any) -> Self:
        return _operate("power", self, other)

    def __rpow__(self, other: Any) -> Self:
        return _operate("power", other, self)

    def __neg__(self) -> Self:
        return _operate("multiply", self, -1.0)

    def __abs__(self) -> Self:
        return self.abs()

    def __eq__(self, other: Any) -> Self:  # type: ignore[override]
        return _operate("equal", self, other)

    def __ne__(self, other: Any) -> Self:  # type: ignore[override]
        return _operate("not_equal", self, other)

    def __gt__(self, other: Any) -> Self:
        return _operate("greater", self, other)

    def __ge__(self, other: Any) -> Self:
        return _operate("greater_equal", self, other)

    def __lt__(self, other: Any) -> Self:
        return _operate("lesser", self, other)

    def __le__(self, other: Any) -> Self:
        return _operate("lesser_equal", self, other)

    def slice_assign(self, rhs: Any, begin: Any, end: Any, step: Any) -> Self:
        """Write an array to a part of this one, as ``self[begin:end:step] = rhs``, and return this one."""
        return self._part("_slice_assign", begin, end, step, rhs)

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any) -> Self:
        """Write a number to a part of this array, as ``self[begin:end:step] = value``, and return this one."""
        return self._part("_slice_assign_scalar", begin, end, step, scalar=value)

    def _part(self, name: str, begin: Any, end: Any, step: Any, *args: Any, **kwargs: Any) -> Any:
        from symcli.ndarray.functions import array_function

        return array_function(name, name)(self, *args, begin=begin, end=end, step=step, out=self, **kwargs)

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> Any: ...


def _function(name: str) -> Any:
    from symcli import ndarray

    return getattr(ndarray, name)


for _name in FLUENT - set(dir(Operators)):
    setattr(Operators, _name, Fluent(_name, _function))
