"""Linear algebra: products and triangular systems of batches of matrices."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.matrices import Matrices, batch, square, swapped, transposed
from symcli.params import param
from symcli.shapes import axis_in, merge, text

__all__ = ["substitute"]


def scale(alpha, array):
    """Describe array *= alpha."""
    if alpha != 1:
        kernels.elemwise.multiply(array, alpha, array)


def product(alpha, a, b, out):
    """Describe out = alpha a . b."""
    kernels.dense.matmul(a, b, out)
    scale(alpha, out)


def substitute(ctx, a, lower, transpose, b, out):
    """Describe out = op(the triangle of a)^-1 . b; all may be views."""
    triangle, x = ctx.scratch(a.shape, a.dtype), ctx.scratch(b.shape, b.dtype)
    kernels.move.copy(transposed(a) if transpose else a, triangle)
    kernels.move.copy(b, x)
    kernels.linalg.solve_triangular(batch(triangle), lower != transpose, batch(x))
    kernels.move.copy(x, out)


class MatrixProduct(Matrices, abstract=True):
    backward_uses = ("A", "B")

    def infer_shape(self, in_shape, out_shape):
        a, b = in_shape[:2]
        if not a or not b:
            return in_shape, out_shape
        if len(a) != len(b) or len(a) < 2:
            raise ShapeError(f"A is {text(a)}, B {text(b)}; needs 2 or more axes, as many of both")
        axis = axis_in(self.axis, len(a))
        if axis == len(a) - 1:
            raise ShapeError(f"axis={self.axis} is the last one, which counts columns; needs another one for the rows")
        a, b = swapped(a, axis), swapped(b, axis)
        m, k = a[:-3:-1] if self.transpose_a else a[-2:]
        other_k, n = b[:-3:-1] if self.transpose_b else b[-2:]
        if k and other_k and k != other_k:
            raise ShapeError(f"A sums over {k} entries, B over {other_k}; needs equal sizes; "
                             "try transpose_a or transpose_b")  # fmt: skip
        k, lead = k or other_k, merge(a[:-2], b[:-2])
        a = (*lead, k, m) if self.transpose_a else (*lead, m, k)
        b = (*lead, n, k) if self.transpose_b else (*lead, k, n)
        out = swapped((*lead, m, n), axis)
        return [swapped(a, axis), swapped(b, axis), out][: len(in_shape)], [out]

    def rows(self, array):
        return None if array is None else array.swapaxes(self.axis, -2)

    def operands(self, in_data):
        """View A and B as matrices whose product is the output."""
        a, b = (self.rows(array) for array in in_data[:2])
        return transposed(a) if self.transpose_a else a, transposed(b) if self.transpose_b else b

    def forward(self, ctx, in_data, out_data, aux):
        product(self.alpha, *self.operands(in_data), self.rows(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (a, b), (ga, gb), g = self.operands(in_data), self.operands(in_grad), self.rows(out_grad[0])
        if ga is not None:
            product(self.alpha, g, transposed(b), ga)
        if gb is not None:
            product(self.alpha, transposed(a), g, gb)


class _linalg_gemm(MatrixProduct):
    """Matrix product and sum: output = alpha op(A) . op(B) + beta C, op the identity or the transposition.

    A          (..., M, K)   with transpose_a (..., K, M)
    B          (..., K, N)   with transpose_b (..., N, K)
    C, output  (..., M, N)   all in float32 or float64

    Source: src/operator/tensor/la_op.cc.
    """

    arguments = ("A", "B", "C")
    aliases = ("linalg_gemm",)

    transpose_a: bool = param(False, doc="transpose A first")
    transpose_b: bool = param(False, doc="transpose B first")
    alpha: float = param(1.0, doc="what the product is multiplied by")
    beta: float = param(1.0, doc="what C is multiplied by; with 0, C is not read")
    axis: int = param(-2, doc="the axis of A, B and C that counts rows; columns are the last one")

    def forward(self, ctx, in_data, out_data, aux):
        super().forward(ctx, in_data, out_data, aux)
        if self.beta:
            term, out = ctx.scratch(out_data[0].shape, out_data[0].dtype), out_data[0]
            kernels.elemwise.multiply(in_data[2], self.beta, term)
            kernels.elemwise.add(out, term, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        super().backward(ctx, out_grad, in_data, out_data, in_grad, aux)
        if in_grad[2] is not None:
            kernels.elemwise.multiply(out_grad[0], self.beta, in_grad[2])


class _linalg_gemm2(MatrixProduct):
    """Matrix product: output = alpha op(A) . op(B), op the identity or the transposition.

    A       (..., M, K)   with transpose_a (..., K, M)
    B       (..., K, N)   with transpose_b (..., N, K)
    output  (..., M, N)   all in float32 or float64

    Source: src/operator/tensor/la_op.cc.
    """

    arguments = ("A", "B")
    aliases = ("linalg_gemm2",)

    transpose_a: bool = param(False, doc="transpose A first")
    transpose_b: bool = param(False, doc="transpose B first")
    alpha: float = param(1.0, doc="what the product is multiplied by")
    axis: int = param(-2, doc="the axis of A and B that counts rows; columns are the last one")


class _linalg_syrk(Matrices):
    """Product of matrices with their own transposes: output = alpha A . A^T.

    A       (..., M, N)   float32 or float64
    output  (..., M, M)   with transpose alpha A^T . A, (..., N, N)

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_syrk",)
    backward_uses = ("A",)

    transpose: bool = param(False, doc="transpose A first")
    alpha: float = param(1.0, doc="what the product is multiplied by")

    def infer_shape(self, in_shape, out_shape):
        a = in_shape[0]
        if not a:
            return in_shape, out_shape
        if len(a) < 2:
            raise ShapeError(f"A is {text(a)}; needs matrices: 2 or more axes")
        n = a[-1 if self.transpose else -2]
        return [a], [(*a[:-2], n, n)]

    def forward(self, ctx, in_data, out_data, aux):
        a = transposed(in_data[0]) if self.transpose else in_data[0]
        product(self.alpha, a, transposed(a), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = out_grad[0]
        both = ctx.scratch(g.shape, g.dtype)
        kernels.elemwise.add(g, transposed(g), both)
        sides = (in_data[0], both) if self.transpose else (both, in_data[0])
        product(self.alpha, *sides, in_grad[0])


class Triangular(Matrices, abstract=True):
    arguments = ("A", "B")

    transpose: bool = param(False, doc="transpose the triangular matrix first")
    rightside: bool = param(False, doc="A stands to the right")
    lower: bool = param(True, doc="A is lower triangular, else upper; the other triangle is not read")
    alpha: float = param(1.0, doc="what the result is multiplied by")

    def infer_shape(self, in_shape, out_shape):
        a, b = square(in_shape[0]), merge(in_shape[1], out_shape[0])
        if a and b:
            if len(a) != len(b):
                raise ShapeError(f"A is {text(a)}, B {text(b)}; needs 2 or more axes, as many of both")
            lead, side = merge(a[:-2], b[:-2]), -1 if self.rightside else -2
            n = a[-1] or b[side]
            a, b = (*lead, n, n), (*lead, *((b[-2], n) if self.rightside else (n, b[-1])))
        return [a, b], [b]

    def left(self, array):
        """View B and what is like it so that A stands to the left: B . A is (A^T . B^T)^T."""
        return transposed(array) if self.rightside else array

    @property
    def flips(self):
        """Whether A is transposed when it stands to the left."""
        return self.transpose != self.rightside

    def oriented(self, a):
        return transposed(a) if self.flips else a

    def put_triangle(self, gop, ga):
        kernels.linalg.triangle(self.oriented(gop), self.lower, ga)


class _linalg_trmm(Triangular):
    """Product with triangular matrices: output = alpha op(A) . B, or alpha B . op(A) with rightside.

    A          (..., M, M)   op is the identity or the transposition; float32 or float64
    B, output  (..., M, N)   with rightside (..., N, M)

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_trmm",)
    backward_uses = ("A", "B")

    def triangle(self, ctx, a):
        found = ctx.scratch(a.shape, a.dtype)
        kernels.linalg.triangle(a, self.lower, found)
        return self.oriented(found)

    def forward(self, ctx, in_data, out_data, aux):
        a, b = in_data
        product(self.alpha, self.triangle(ctx, a), self.left(b), self.left(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (a, b), (ga, gb), g = in_data, in_grad, self.left(out_grad[0])
        if gb is not None:
            product(self.alpha, transposed(self.triangle(ctx, a)), g, self.left(gb))
        if ga is not None:
            gop = ctx.scratch(a.shape, a.dtype)
            product(self.alpha, g, transposed(self.left(b)), gop)
            self.put_triangle(gop, ga)


class _linalg_trsm(Triangular):
    """Solution of triangular systems: op(A) . output = alpha B, or output . op(A) = alpha B with rightside.

    A          (..., M, M)   op is the identity or the transposition; float32 or float64
    B, output  (..., M, N)   with rightside (..., N, M)

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_trsm",)
    backward_uses = ("A", "output")

    def forward(self, ctx, in_data, out_data, aux):
        a, b = in_data
        substitute(ctx, a, self.lower, self.flips, self.left(b), self.left(out_data[0]))
        scale(self.alpha, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        a, (ga, gb), g = in_data[0], in_grad, out_grad[0]
        solved = ctx.scratch(g.shape, g.dtype)
        substitute(ctx, a, self.lower, not self.flips, self.left(g), self.left(solved))
        if ga is not None:
            gop = ctx.scratch(a.shape, a.dtype)
            product(-1, self.left(solved), transposed(self.left(out_data[0])), gop)
            self.put_triangle(gop, ga)
        if gb is not None:
            kernels.elemwise.multiply(solved, self.alpha, gb)
