"""Diagonals and triangles of matrices: taken out, and made matrices of."""

import math

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.matrices import Matrices, batch, square
from symcli.ops.op import Op
from symcli.ops.views import flat, rows
from symcli.params import param
from symcli.shapes import axis_in, text

OFFSET = "the diagonal: 0 the main one, k > 0 the one k columns to the right, k < 0 the one -k rows below"


class diag(Op):
    """Diagonals of an array, or a matrix with a given diagonal.

    data    2 or more axes
    output  data's shape without axis1 and axis2, the length of the diagonal appended
    data    (N,)
    output  (N + |k|, N + |k|): data in the k-th diagonal, 0 elsewhere

    Source: src/operator/tensor/diag_op.cc.
    """

    backward_uses = ()

    k: int = param(0, doc=OFFSET)
    axis1: int = param(0, doc="the axis that counts rows")
    axis2: int = param(1, doc="the axis that counts columns")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) == 1:
            n = data[0] and data[0] + abs(self.k)
            return [data], [(n, n)]
        first, second = axis_in(self.axis1, len(data), "axis1"), axis_in(self.axis2, len(data), "axis2")
        if first == second:
            raise ShapeError(f"axis1={self.axis1} and axis2={self.axis2} are one axis of {text(data)}; needs two")
        kept = tuple(size for axis, size in enumerate(data) if axis not in (first, second))
        sizes = data[first] + min(self.k, 0), data[second] - max(self.k, 0)
        if data[first] and data[second] and min(sizes) < 1:
            raise ShapeError(f"k={self.k} is a diagonal outside matrices of {data[first]} rows and "
                             f"{data[second]} columns; needs {1 - data[first]} to {data[second] - 1}")  # fmt: skip
        return [data], [(*kept, min(sizes) if data[first] and data[second] else 0)]

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        if data.ndim == 1:
            kernels.diagonal.put_diagonal(data, self.k, 0, 1, out)
        else:
            kernels.move.copy(data.diagonal(self.k, self.axis1, self.axis2), out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, gdata = out_grad[0], in_grad[0]
        if gdata.ndim == 1:
            kernels.move.copy(g.diagonal(self.k), gdata)
        else:
            kernels.diagonal.put_diagonal(g, self.k, self.axis1, self.axis2, gdata)


class _linalg_extractdiag(Matrices):
    """The diagonals of square matrices.

    A       (..., M, M)   float32 or float64
    output  (..., M - |offset|)

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_extractdiag",)
    backward_uses = ()

    offset: int = param(0, doc=OFFSET)

    def infer_shape(self, in_shape, out_shape):
        a = square(in_shape[0])
        return [a], [a and (*a[:-2], remaining(a[-1], self.offset))]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0].diagonal(self.offset, -2, -1), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.diagonal.put_diagonal(out_grad[0], self.offset, -2, -1, in_grad[0])


class _linalg_makediag(Matrices):
    """Square matrices with given diagonals, 0 elsewhere.

    A       (..., M)   float32 or float64
    output  (..., M + |offset|, M + |offset|)

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_makediag",)
    backward_uses = ()

    offset: int = param(0, doc=OFFSET)

    def infer_shape(self, in_shape, out_shape):
        a = in_shape[0]
        n = a and a[-1] and a[-1] + abs(self.offset)
        return [a], [a and (*a[:-1], n, n)]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.diagonal.put_diagonal(in_data[0], self.offset, -2, -1, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.copy(out_grad[0].diagonal(self.offset, -2, -1), in_grad[0])


class Packed(Matrices, abstract=True):
    backward_uses = ()

    offset: int = param(0, doc=OFFSET + "; the triangle begins there and goes away from the main diagonal")
    lower: bool = param(True, doc="with offset=0, the lower triangle, else the upper one")

    @property
    def is_lower(self):
        return self.offset < 0 or (self.offset == 0 and self.lower)

    def pack(self, matrices, vectors):
        vectors = rows(vectors, vectors.shape[-1])
        kernels.diagonal.pack_triangle(batch(matrices), abs(self.offset), self.is_lower, vectors)

    def unpack(self, vectors, matrices):
        vectors = rows(vectors, vectors.shape[-1])
        kernels.diagonal.unpack_triangle(vectors, abs(self.offset), self.is_lower, batch(matrices))


class _linalg_extracttrian(Packed):
    """Triangles of square matrices as vectors: lower ones row by row, upper ones column by column.

    A       (..., M, M)           float32 or float64
    output  (..., K (K + 1) / 2)  K = M - |offset|

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_extracttrian",)

    def infer_shape(self, in_shape, out_shape):
        a = square(in_shape[0])
        if not a:
            return in_shape, out_shape
        k = remaining(a[-1], self.offset)
        return [a], [(*a[:-2], k * (k + 1) // 2)]

    def forward(self, ctx, in_data, out_data, aux):
        self.pack(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.unpack(out_grad[0], in_grad[0])


class _linalg_maketrian(Packed):
    """Square matrices with a given triangle, 0 elsewhere; the inverse of extracttrian.

    A       (..., K (K + 1) / 2)  float32 or float64
    output  (..., M, M)           M = K + |offset|

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_maketrian",)

    def infer_shape(self, in_shape, out_shape):
        a = in_shape[0]
        if not a:
            return in_shape, out_shape
        k = (math.isqrt(8 * a[-1] + 1) - 1) // 2
        if k * (k + 1) // 2 != a[-1]:
            raise ShapeError(f"A has vectors of {a[-1]} entries, which fill no triangle; needs 1, 3, 6, 10, ...")
        n = k and k + abs(self.offset)
        return [a], [(*a[:-1], n, n)]

    def forward(self, ctx, in_data, out_data, aux):
        self.unpack(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.pack(out_grad[0], in_grad[0])


class _linalg_sumlogdiag(Matrices):
    """Sums of the logarithms of diagonals: output = sum over i of log(A[..., i, i]).

    A       (..., M, M)   float32 or float64
    output  (...)         (1,) for one matrix

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_sumlogdiag",)
    backward_uses = ("A",)

    def infer_shape(self, in_shape, out_shape):
        a = square(in_shape[0])
        return [a], [a and (a[:-2] or (1,))]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.diagonal.sum_log_diagonal(batch(in_data[0]), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.diagonal.divide_diagonal(flat(out_grad[0]), batch(in_data[0]), batch(in_grad[0]))


def remaining(n, offset):
    """Return how long the diagonal at an offset of n x n matrices is; 0 if n is unknown."""
    if n and n <= abs(offset):
        raise ShapeError(f"offset={offset} is outside matrices of {n} rows; needs {1 - n} to {n - 1}")
    return n and n - abs(offset)
