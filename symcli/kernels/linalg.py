"""Factorisations and solutions for batches of matrices (..., n, n), through NumPy's LAPACK and short loops."""

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import Refused, numpy_kernel

__all__ = [
    "cholesky", "determinant", "eigen", "eigen_grad", "inverse", "inverse_transposed", "lq", "lu",
    "mirror_lower", "require_no_zero_on_diagonal", "signed_log_determinant", "solve_triangular", "triangle",
]  # fmt: skip


@numpy_kernel
def triangle(a, lower, out):
    """out = the lower or upper triangle of a with its diagonal, 0 elsewhere."""
    np.copyto(out, np.tril(a) if lower else np.triu(a))


@numpy_kernel
def mirror_lower(a, out):
    """out[i, j] = out[j, i] = a[i, j] for i >= j."""
    np.add(np.tril(a), np.tril(a, -1).swapaxes(-1, -2), out=out)


@numpy_kernel
def cholesky(a, out):
    """out = the lower triangular L with L L^T = a; the upper triangle of a is not read."""
    try:
        np.copyto(out, np.linalg.cholesky(a))
    except np.linalg.LinAlgError:
        raise Refused("potrf: the matrix is not positive definite; needs one that is: "
                      "try adding a small number to its diagonal") from None  # fmt: skip


@numpy_kernel
def require_no_zero_on_diagonal(a):
    """Raise Refused if a triangular matrix has no inverse."""
    if not a.diagonal(0, -2, -1).all():
        raise Refused("potri: there is a 0 on the diagonal; needs a Cholesky factor, as potrf gives it")


@numpy_kernel
def inverse(a, out):
    """out = a^-1."""
    try:
        np.copyto(out, np.linalg.inv(a))
    except np.linalg.LinAlgError:
        raise Refused("inverse: the matrix is singular; needs one with a determinant other than 0") from None


@numpy_kernel
def lq(a, q, left):
    """a = left q, left lower triangular, q with orthonormal rows; a (..., m, n) with m <= n."""
    basis, upper = np.linalg.qr(a.swapaxes(-1, -2))
    np.copyto(q, basis.swapaxes(-1, -2))
    np.copyto(left, upper.swapaxes(-1, -2))


@numpy_kernel
def eigen(a, u, values):
    """u a = diag(values) u, values ascending; a symmetric, of which the lower triangle is read.

    The rows of u are eigenvectors of length 1; the entry that is largest in magnitude is positive.
    """
    try:
        found, vectors = np.linalg.eigh(a)
    except np.linalg.LinAlgError:
        raise Refused("syevd: no eigenvalues were found; needs a matrix of finite numbers") from None
    peaks = np.take_along_axis(vectors, np.abs(vectors).argmax(-2)[..., None, :], -2)
    np.copyto(values, found)
    np.copyto(u, (vectors * np.sign(peaks)).swapaxes(-1, -2))


@numpy_kernel
def eigen_grad(x, gvalues, values, out):
    """out[i, j] = (x[i, j] - x[j, i]) / (2 (values[i] - values[j])), gvalues on the diagonal.

    Eigenvalues count as 1e-30 apart at least (1e-100 in float64), as in MXNet.
    """
    least = 1e-100 if out.dtype == np.float64 else 1e-30
    gaps = np.maximum(np.abs(values[..., :, None] - values[..., None, :]), least)
    n = out.shape[-1]
    np.divide(np.where(np.tri(n, dtype=bool), x - x.swapaxes(-1, -2), x.swapaxes(-1, -2) - x), 2 * gaps, out=out)
    out[..., np.arange(n), np.arange(n)] = gvalues


@kernel
def solve_triangular(t, lower, x):
    """x = t^-1 x; t (b, n, n), of which the lower or upper triangle is read, x (b, n, m)."""
    n = t.shape[1]
    for b in range(t.shape[0]):
        for step in range(n):
            i = step if lower else n - 1 - step
            for other in range(step):
                k = other if lower else n - 1 - other
                for j in range(x.shape[2]):
                    x[b, i, j] -= t[b, i, k] * x[b, k, j]
            for j in range(x.shape[2]):
                x[b, i, j] /= t[b, i, i]


@kernel
def lu(a, lu, pivot):
    """Factors of a with rows exchanged: U in the upper triangle of lu, L without its ones below; all (b, n, n).

    pivot[b, i] >= i is the row that was exchanged with row i in step i.
    """
    n = a.shape[1]
    for b in range(a.shape[0]):
        for i in range(n):
            for j in range(n):
                lu[b, i, j] = a[b, i, j]
        for i in range(n):
            best = i
            for k in range(i + 1, n):
                if abs(lu[b, k, i]) > abs(lu[b, best, i]):
                    best = k
            pivot[b, i] = best
            for j in range(n):
                lu[b, i, j], lu[b, best, j] = lu[b, best, j], lu[b, i, j]
            for k in range(i + 1, n):
                if lu[b, i, i] != 0:
                    lu[b, k, i] /= lu[b, i, i]
                for j in range(i + 1, n):
                    lu[b, k, j] -= lu[b, k, i] * lu[b, i, j]


@kernel
def determinant(lu, pivot, out):
    """out[b] = the determinant of a matrix given by its factors (b, n, n) and exchanged rows (b, n)."""
    for b in range(out.size):
        out[b] = 1
        for i in range(lu.shape[1]):
            out[b] *= lu[b, i, i] if pivot[b, i] == i else -lu[b, i, i]


@kernel
def signed_log_determinant(lu, pivot, sign, log):
    """sign[b], log[b] = the sign of the determinant and the logarithm of its magnitude; factors as ``lu`` gives."""
    for b in range(sign.size):
        sign[b], log[b] = 1, 0
        for i in range(lu.shape[1]):
            factor = lu[b, i, i] if pivot[b, i] == i else -lu[b, i, i]
            sign[b] *= np.sign(factor)
            log[b] += np.log(abs(factor))


@kernel
def inverse_transposed(factor, lu, pivot, out):
    """out[b] = factor[b] (a[b]^T)^-1, 0 where a[b] is singular; a given by its factors (b, n, n) and exchanged rows."""
    n = lu.shape[1]
    for b in range(lu.shape[0]):
        singular = False
        for i in range(n):
            singular |= lu[b, i, i] == 0
            for j in range(n):
                out[b, i, j] = factor[b] if i == j else 0
        if singular:
            out[b] = 0
            continue
        for i in range(n):  # U^T y = factor
            for j in range(n):
                for k in range(i):
                    out[b, i, j] -= lu[b, k, i] * out[b, k, j]
                out[b, i, j] /= lu[b, i, i]
        for i in range(n - 1, -1, -1):  # L^T z = y
            for k in range(i + 1, n):
                for j in range(n):
                    out[b, i, j] -= lu[b, k, i] * out[b, k, j]
        for i in range(n - 1, -1, -1):  # the exchanges back
            for j in range(n):
                out[b, i, j], out[b, pivot[b, i], j] = out[b, pivot[b, i], j], out[b, i, j]
