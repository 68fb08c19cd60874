"""Linear algebra: factorisations, inverses and determinants of batches of matrices."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.linalg import substitute
from symcli.ops.matrices import Matrices, batch, square, transposed
from symcli.ops.views import flat
from symcli.params import param
from symcli.shapes import merge, text


class Triangular(Matrices, abstract=True):
    """An operator on lower triangular matrices, or on upper ones by their transposes."""

    lower: bool = param(True, doc="whether the triangular matrix is the lower one")

    def _lower(self, array):
        return array if self.lower else transposed(array)


class _linalg_potrf(Triangular):
    """Cholesky factor: the lower triangular output with A = output . output^T.

    A, output  (..., M, M)   float32 or float64

    A has to be symmetric and positive definite; its upper triangle is not read, its gradient is symmetric. With
    lower=False output is upper triangular, A = output^T . output, and the lower triangle of A is not read.
    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_potrf",)
    backward_uses = ("output",)

    def forward(self, ctx, in_data, out_data, aux):
        kernels.linalg.cholesky(self._lower(in_data[0]), self._lower(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, factor, ga = self._lower(out_grad[0]), self._lower(out_data[0]), in_grad[0]
        inner = ctx.scratch(g.shape, g.dtype)
        kernels.dense.matmul(transposed(factor), g, ga)
        kernels.linalg.mirror_lower(ga, inner)
        substitute(ctx, factor, True, True, inner, inner)
        substitute(ctx, factor, True, True, transposed(inner), ga)
        kernels.elemwise.multiply(ga, 0.5, ga)


class _linalg_potri(Triangular):
    """Inverse of a matrix given by its Cholesky factor: output = (A . A^T)^-1.

    A, output  (..., M, M)   float32 or float64; A is lower triangular, its upper triangle is not read

    With lower=False A is upper triangular, and output = (A^T . A)^-1. Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("linalg_potri",)
    backward_uses = ("A", "output")

    def forward(self, ctx, in_data, out_data, aux):
        a, out = self._lower(in_data[0]), out_data[0]
        kernels.linalg.require_no_zero_on_diagonal(a)
        triangle, root = ctx.scratch(a.shape, a.dtype), ctx.scratch(a.shape, a.dtype)
        kernels.linalg.triangle(a, True, triangle)
        kernels.linalg.inverse(triangle, root)
        kernels.dense.matmul(transposed(root), root, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        a, out, g, ga = self._lower(in_data[0]), out_data[0], out_grad[0], self._lower(in_grad[0])
        both, right = ctx.scratch(g.shape, g.dtype), ctx.scratch(g.shape, g.dtype)
        kernels.elemwise.add(g, transposed(g), both)
        kernels.dense.matmul(both, out, right)
        substitute(ctx, a, True, False, right, both)
        kernels.linalg.triangle(transposed(both), True, ga)
        kernels.elemwise.negative(ga, ga)


class _linalg_gelqf(Matrices):
    """LQ factors: A = output1 . output0, output1 lower triangular, the rows of output0 orthonormal.

    A        (..., M, N)   M <= N; float32 or float64
    output0  (..., M, N)   Q
    output1  (..., M, M)   L; signs as LAPACK's gelqf gives them

    Source: src/operator/tensor/la_op.cc.
    """

    outputs = ("output0", "output1")
    aliases = ("linalg_gelqf",)
    backward_uses = ("output0", "output1")

    def infer_shape(self, in_shape, out_shape):
        a = merge(in_shape[0], out_shape[0])
        if not a:
            return in_shape, out_shape
        if len(a) < 2 or 0 < a[-1] < a[-2]:
            raise ShapeError(f"A is {text(a)}; needs matrices with at least as many columns as rows")
        return [a], [a, (*a[:-1], a[-2])]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.linalg.lq(in_data[0], *out_data)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (gq, gl), (q, left), ga = out_grad, out_data, in_grad[0]
        m, n = ctx.scratch(left.shape, left.dtype), ctx.scratch(left.shape, left.dtype)
        kernels.dense.matmul(transposed(left), gl, m)
        kernels.dense.matmul(gq, transposed(q), n)
        kernels.elemwise.subtract(m, n, m)
        kernels.linalg.mirror_lower(m, n)
        right = ctx.scratch(q.shape, q.dtype)
        kernels.dense.matmul(n, q, right)
        kernels.elemwise.add(right, gq, right)
        substitute(ctx, left, True, True, right, ga)


class _linalg_syevd(Matrices):
    """Eigenvectors and eigenvalues of symmetric matrices: output0 . A = diag(output1) . output0.

    A        (..., M, M)   symmetric; its lower triangle is read; float32 or float64
    output0  (..., M, M)   an eigenvector in each row, of length 1, its entry of largest magnitude positive
    output1  (..., M)      the eigenvalues, ascending

    The gradient is symmetric, and large where eigenvalues are close. Source: src/operator/tensor/la_op.cc.
    """

    outputs = ("output0", "output1")
    aliases = ()
    backward_uses = ("output0", "output1")

    def infer_shape(self, in_shape, out_shape):
        a = merge(square(in_shape[0]), out_shape[0])
        return [a], [a, a and a[:-1]]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.linalg.eigen(in_data[0], *out_data)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (gu, gvalues), (u, values), ga = out_grad, out_data, in_grad[0]
        x, inner = ctx.scratch(u.shape, u.dtype), ctx.scratch(u.shape, u.dtype)
        kernels.dense.matmul(gu, transposed(u), x)
        kernels.linalg.eigen_grad(x, gvalues, values, inner)
        kernels.dense.matmul(inner, u, x)
        kernels.dense.matmul(transposed(u), x, ga)


class _linalg_inverse(Matrices):
    """Inverse matrices: output = A^-1.

    A, output  (..., M, M)   float32 or float64; a singular A is refused

    Source: src/operator/tensor/la_op.cc.
    """

    aliases = ("_npi_inv", "linalg_inverse")
    backward_uses = ("output",)

    def forward(self, ctx, in_data, out_data, aux):
        kernels.linalg.inverse(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        inverse, g, ga = transposed(out_data[0]), out_grad[0], in_grad[0]
        right = ctx.scratch(g.shape, g.dtype)
        kernels.dense.matmul(g, inverse, right)
        kernels.dense.matmul(inverse, right, ga)
        kernels.elemwise.negative(ga, ga)


class Determinant(Matrices, abstract=True):
    """The last two outputs are hidden: triangular factors of A, and the rows exchanged for them."""

    def infer_shape(self, in_shape, out_shape):
        a = square(in_shape[0])
        numbers = a and (a[:-2] or (1,))
        return [a], [*[numbers] * self.num_visible_outputs(), a, a and a[:-1]]

    def infer_type(self, in_type, out_type):
        in_type, out_type = super().infer_type(in_type, out_type[:-1])
        return in_type, [*out_type, "int32"]

    def num_visible_outputs(self):
        return len(self.outputs) - 2

    def forward(self, ctx, in_data, out_data, aux):
        *numbers, factors, pivot = out_data
        factors, pivot = batch(factors), pivot.reshape(-1, pivot.shape[-1])
        kernels.linalg.lu(batch(in_data[0]), factors, pivot)
        self.evaluate(factors, pivot, *map(flat, numbers))

    def multiply_inverse(self, factor, out_data, ga):
        *_, factors, pivot = out_data
        pivot = pivot.reshape(-1, pivot.shape[-1])
        kernels.linalg.inverse_transposed(flat(factor), batch(factors), pivot, batch(ga))


class _linalg_det(Determinant):
    """Determinants: output0 = det(A).

    A        (..., M, M)   float32 or float64
    output0  (...)         (1,) for one matrix

    The gradient of a singular A is 0, as in MXNet. Source: src/operator/tensor/la_op.cc.
    """

    outputs = ("output0", "output1", "output2")
    aliases = ("_npi_det", "linalg_det")
    backward_uses = ("output0", "output1", "output2")

    def evaluate(self, factors, pivot, det):
        kernels.linalg.determinant(factors, pivot, det)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        factor = ctx.scratch(out_grad[0].shape, out_grad[0].dtype)
        kernels.elemwise.multiply(out_grad[0], out_data[0], factor)
        self.multiply_inverse(factor, out_data, in_grad[0])


class _linalg_slogdet(Determinant):
    """Signs and logarithms of determinants: output0 = sign(det(A)), output1 = log |det(A)|.

    A                 (..., M, M)   float32 or float64
    output0, output1  (...)         (1,) for one matrix

    The gradient of a singular A is 0, as in MXNet; output0 sends none. Source: src/operator/tensor/la_op.cc.
    """

    outputs = ("output0", "output1", "output2", "output3")
    aliases = ("_npi_slogdet", "linalg_slogdet")
    backward_uses = ("output2", "output3")

    def evaluate(self, factors, pivot, sign, log):
        kernels.linalg.signed_log_determinant(factors, pivot, sign, log)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.multiply_inverse(out_grad[1], out_data, in_grad[0])
