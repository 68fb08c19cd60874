"""What the linear algebra operators share: batches of matrices in the last two axes."""

from typing import ClassVar

from symcli.errors import DTypeError, ShapeError
from symcli.ops.op import Op
from symcli.shapes import merge, text

__all__ = ["Matrices", "batch", "square", "swapped", "transposed"]


def batch(array):
    """View an array as matrices (b, m, n)."""
    return array.reshape(-1, *array.shape[-2:])


def transposed(array):
    """View matrices with rows and columns exchanged."""
    return None if array is None else array.swapaxes(-1, -2)


def square(shape):
    """Return the shape of square matrices, as far as it is told.

    Raises
    ------
    ShapeError
        If the last two sizes differ, or there are no two axes.
    """
    if not shape:
        return shape
    if len(shape) < 2:
        raise ShapeError(f"A is {text(shape)}; needs matrices: 2 or more axes")
    n = merge(shape[-2:-1], shape[-1:])[0]
    return (*shape[:-2], n, n)


def swapped(shape, axis):
    """Return a shape with an axis and the last but one exchanged."""
    sizes = list(shape)
    sizes[axis], sizes[-2] = sizes[-2], sizes[axis]
    return tuple(sizes)


class Matrices(Op, abstract=True):
    """Operators on batches of matrices, which are float32 or float64; others are refused, as in MXNet."""

    arguments: ClassVar[tuple[str, ...]] = ("A",)

    def infer_type(self, in_type, out_type):
        in_type, out_type = super().infer_type(in_type, out_type)
        known = in_type[0]
        if known not in (None, "float32", "float64"):
            raise DTypeError(f"A is {known}; needs float32 or float64: put Cast before it")
        return in_type, out_type

    def infer_shape(self, in_shape, out_shape):
        shape = merge(square(in_shape[0]), out_shape[0])
        return [shape], [shape]
