"""Operators on arrays without elements: those with a size of 0.

In a graph 0 is an unknown size. An array's sizes are all known, so here operators make what MXNet 1.9.1 makes
under ``mx.util.np_shape()``: no elements of no elements, the sum of none is 0, their product 1, their mean NaN, and
they have no maximum.
"""

from collections.abc import Sequence

from symcli.errors import ShapeError
from symcli.ops import Op
from symcli.shapes import Shape, merge

__all__ = ["any_empty", "has_work", "infer"]

# In place of 0 while shapes are inferred: what most strides, parts and groups divide.
_PROBE = 665_280


def any_empty(shapes: Sequence[Shape]) -> bool:
    """Whether an array of one of the shapes has no elements."""
    return any(0 in shape for shape in shapes)


def infer(op: Op, given: Sequence[Shape]) -> list[Shape | None]:
    """Return the shapes of the outputs of an operator, some of whose inputs have no elements.

    To the rules of operators 0 is an unknown size. What they say of two sizes tells what they would say of 0: sizes
    of outputs are sums, multiples and windows of those of inputs.

    Raises
    ------
    ShapeError
        If the shapes contradict each other.
    """
    once, twice = (_inferred(op, given, probe) for probe in (_PROBE, 2 * _PROBE))
    return [None if one is None or two is None else tuple(max(0, 2 * a - b) for a, b in zip(one, two, strict=True))
            for one, two in zip(once, twice, strict=True)]  # fmt: skip


def _inferred(op: Op, given: Sequence[Shape], probe: int) -> Sequence[Shape | None]:
    seen = [tuple(size or probe for size in shape) if shape else None for shape in given]
    try:
        told, found = op.infer_shape(list(seen), [None] * len(op.list_outputs()))
        for shape, needed in zip(seen, told, strict=True):
            merge(shape, needed)
    except ShapeError as error:
        raise ShapeError(str(error).replace(str(probe), "0")) from None
    return found


def has_work(op: Op, given: Sequence[Shape], made: Sequence[Shape]) -> bool:
    """Whether an operator, some of whose inputs have no elements, has any to compute.

    Raises
    ------
    ShapeError
        If it makes elements of none and has no rule for it, as the maximum.
    """
    if all(0 in shape for shape in made):
        return False
    if not op.takes_empty:
        shown = ", ".join(f"{name} {_text(shape)}" for name, shape in zip(op.list_arguments(), given, strict=False)
                          if 0 in shape)  # fmt: skip
        raise ShapeError(f"no elements in {shown}: nothing to make {_text(made[0])} of; leave such batches out")
    return True


def _text(shape: Shape) -> str:
    return str(tuple(map(int, shape)))
