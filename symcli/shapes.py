"""Partial shapes. A shape is a tuple; size 0 is an unknown size, ``None`` a shape of unknown rank."""

import math
from collections.abc import Iterable, Sequence

from symcli.errors import ShapeError

__all__ = ["OpenSize", "Shape", "axis_in", "broadcast", "is_known", "merge", "merge_all", "prod", "text", "window"]

Shape = tuple[int, ...]


class OpenSize(int):
    """An unknown size (it equals 0) that remembers its name: ``batch``."""

    name: str

    def __new__(cls, name: str) -> "OpenSize":
        size = super().__new__(cls, 0)
        size.name = name
        return size


def is_known(shape: Shape | None) -> bool:
    """Whether the rank and every size are known."""
    return shape is not None and 0 not in shape


def prod(sizes: Iterable[int]) -> int:
    """Return the product of sizes; 0 (unknown) if one of them is."""
    return math.prod(sizes)


def merge(a: Shape | None, b: Shape | None) -> Shape | None:
    """Join two pieces of knowledge about one shape.

    Returns
    -------
    The shape that agrees with both, as far as they tell.

    Raises
    ------
    ShapeError
        If ranks or known sizes differ.
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b) or any(x and y and x != y for x, y in zip(a, b, strict=True)):
        raise ShapeError(f"{text(a)} and {text(b)} are different shapes")
    return tuple(x or (x if isinstance(x, OpenSize) and not y else y) for x, y in zip(a, b, strict=True))


def merge_all(*shapes: Shape | None) -> Shape | None:
    """Join any number of shapes as ``merge`` does."""
    merged: Shape | None = None
    for shape in shapes:
        merged = merge(merged, shape)
    return merged


def broadcast(a: Shape, b: Shape) -> Shape:
    """Return the shape to which two shapes broadcast; a size unknown on either side stays unknown.

    Raises
    ------
    ShapeError
        If two sizes differ and neither is 1.
    """
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    sizes = []
    for x, y in zip(a, b, strict=True):
        if x and y and x != y and 1 not in (x, y):
            raise ShapeError(f"{text(a)} and {text(b)} do not broadcast: sizes must be equal or 1")
        same = isinstance(x, OpenSize) and isinstance(y, OpenSize) and x.name == y.name
        sizes.append(x if y == 1 or same else y if x == 1 else 0 if 0 in (x, y) else x)
    return tuple(sizes)


def window(size: int, kernel: int, stride: int = 1, dilate: int = 1, pad: int = 0, full: bool = False) -> int:
    """Return how many windows fit into ``size`` elements padded by ``pad`` on both sides; 0 if unknown.

    ``full`` lets the last window hang over the end (the ceiling instead of the floor).

    Raises
    ------
    ShapeError
        If not even one window fits.
    """
    if not size:
        return 0
    extent = dilate * (kernel - 1) + 1
    room = size + 2 * pad - extent
    if room < 0:
        raise ShapeError(f"kernel of extent {extent} exceeds the input of {size} padded by {pad}: {size + 2 * pad}")
    return (room + stride - 1 if full else room) // stride + 1


def axis_in(axis: int, rank: int, name: str = "axis") -> int:
    """Return an axis counted from the front.

    Raises
    ------
    ShapeError
        If there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ShapeError(f"{name}={axis} is outside a shape of rank {rank}: needs {-rank} to {rank - 1}")
    return axis % rank


def text(shape: Sequence[int] | None) -> str:
    """Return a shape as a user reads it: ``(10, 2)``, unknown sizes as ``?``, unknown rank as ``?``."""
    if shape is None:
        return "?"
    sizes = ", ".join(size.name if isinstance(size, OpenSize) else str(size or "?") for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
