"""Arrays that tests of MXNet programs are made of: a part of ``mx.test_utils`` (``python/mxnet/test_utils.py``).

Random ones come from NumPy's global generator.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from symcli import ndarray as nd
from symcli.errors import MXNetError
from symcli.ndarray import NDArray

__all__ = [
    "assign_each", "assign_each2", "collapse_sum_like", "create_2d_tensor", "create_sparse_array",
    "create_sparse_array_zd", "create_vector", "get_identity_mat", "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d", "new_matrix_with_real_eigvals_nd", "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d", "new_sym_matrix_with_real_eigvals_nd", "rand_coord_2d",
    "rand_sparse_ndarray", "random_uniform_arrays", "shuffle_csr_column_indices",
]  # fmt: skip

Array = np.ndarray
Shape = tuple[int, ...]


def random_uniform_arrays(*shapes: Shape, low: float = 0.0, high: float = 1.0, dtype: Any = np.float32) -> list[Array]:
    """Return an array of uniform numbers for each shape."""
    return [np.asarray(np.random.uniform(low, high, size=shape)).astype(dtype) for shape in shapes]


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return a random place in a rectangle; the upper ends are outside."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def assign_each(the_input: Array, function: Callable[[Any], Any] | None) -> Array:
    """Return what a function of one number makes of each element, float64; a copy without a function."""
    if function is None:
        return np.array(the_input)
    return np.array([function(one) for one in the_input.reshape(-1)], np.float64).reshape(the_input.shape)


def assign_each2(input1: Array, input2: Array, function: Callable[[Any, Any], Any] | None) -> Array:
    """Return what a function of two numbers makes of each pair of elements, float64; a copy without a function."""
    if function is None:
        return np.array(input1)
    if input1.shape != input2.shape:
        raise AssertionError(f"assign_each2: the arrays are {input1.shape} and {input2.shape}; needs one shape")
    made = [function(*pair) for pair in zip(input1.reshape(-1), input2.reshape(-1), strict=True)]
    return np.array(made, np.float64).reshape(input1.shape)


def collapse_sum_like(a: Array, shape: Shape) -> Array:
    """Return an array summed over the axes along which ``shape`` would be broadcast to its own."""
    if np.prod(shape) == 0 or a.size == 0:
        return np.zeros(shape, a.dtype)
    ahead = a.ndim - len(shape)
    if ahead < 0 or any(size not in (1, own) for size, own in zip(shape, a.shape[ahead:], strict=True)):
        raise AssertionError(f"collapse_sum_like: {tuple(shape)} is not broadcast to {a.shape}")
    axes = [*range(ahead), *(ahead + i for i, size in enumerate(shape) if size != a.shape[ahead + i])]
    return np.sum(a, axis=tuple(axes)).reshape(shape)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return 0 to ``size`` - 1."""
    return nd.array(np.arange(size), dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return (rows, columns) whose every element is the number of its row."""
    return nd.array(np.broadcast_to(np.arange(rows)[:, None], (rows, columns)), dtype=dtype)


def get_identity_mat(size: int) -> NDArray:
    """Return the identity (size, size), float32."""
    return nd.array(np.eye(size), dtype="float32")


def get_identity_mat_batch(size: int) -> NDArray:
    """Return the identity twice: (2, size, size), float32."""
    return nd.array(np.stack([np.eye(size)] * 2), dtype="float32")


# ---- matrices for linear algebra


def new_orthonormal_matrix_2d(n: int) -> Array:
    """Return a random (n, n) whose rows are orthonormal."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> Array:
    """Return a random symmetric (n, n) whose eigenvalues are a half or more apart."""
    basis = new_orthonormal_matrix_2d(n)
    return (basis.T * _eigenvalues(n)) @ basis


def new_matrix_with_real_eigvals_2d(n: int) -> Array:
    """Return a random (n, n) whose eigenvalues are real, and a half or more apart."""
    basis = new_orthonormal_matrix_2d(n) @ np.diag(np.random.uniform(0.5, 1.5, n)) @ new_orthonormal_matrix_2d(n)
    return np.linalg.inv(basis) @ np.diag(_eigenvalues(n)) @ basis


def _eigenvalues(n: int) -> Array:
    return np.random.permutation(np.cumsum(np.random.uniform(0.5, 1.0, n)) - n / 3)


def new_sym_matrix_with_real_eigvals_nd(shape: Shape) -> Array:
    """Return ``new_sym_matrix_with_real_eigvals_2d`` for each of the leading axes of (..., n, n)."""
    return _many(new_sym_matrix_with_real_eigvals_2d, shape)


def new_matrix_with_real_eigvals_nd(shape: Shape) -> Array:
    """Return ``new_matrix_with_real_eigvals_2d`` for each of the leading axes of (..., n, n)."""
    return _many(new_matrix_with_real_eigvals_2d, shape)


def _many(make: Callable[[int], Array], shape: Shape) -> Array:
    count = int(np.prod(shape[:-2], dtype=int))
    return np.array([make(shape[-1]) for _ in range(count)]).reshape(shape)


# ---- what is not there


def _sparse(name: str) -> Callable[..., NoReturn]:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise MXNetError(f"test_utils.{name}: there are no sparse arrays, only dense ones: use rand_ndarray(shape)")

    refuse.__name__ = name
    refuse.__doc__ = "Raise ``MXNetError``: there are no sparse arrays."
    return refuse


rand_sparse_ndarray = _sparse("rand_sparse_ndarray")
create_sparse_array = _sparse("create_sparse_array")
create_sparse_array_zd = _sparse("create_sparse_array_zd")
shuffle_csr_column_indices = _sparse("shuffle_csr_column_indices")
