"""Copies and fills. These take arrays of any layout, so that a transposed view is a transposed copy."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["arange", "cast", "copy", "fill", "sum_to"]


@numpy_kernel
def copy(a, out):
    """out = a, cast to out's type, repeated along axes where a has size 1."""
    np.copyto(out, a, casting="unsafe")


@numpy_kernel
def cast(a, out):
    """out = a, cast to out's type as C does; NaN and what does not fit become any number."""
    with np.errstate(invalid="ignore", over="ignore"):
        np.copyto(out, a, casting="unsafe")


@numpy_kernel
def fill(value, out):
    """out = value everywhere."""
    out.fill(value)


@numpy_kernel
def sum_to(a, out):
    """out = a summed along the axes where out has size 1, in float64 at least; a and out of one rank."""
    axes = tuple(i for i, (n, m) in enumerate(zip(a.shape, out.shape, strict=True)) if m == 1 and n != 1)
    wide = np.float64 if out.dtype.kind == "f" else None
    np.copyto(out, np.sum(a, axis=axes, keepdims=True, dtype=wide), casting="unsafe")


@numpy_kernel
def arange(start, step, out):
    """out[i, j] = start + i * step; out (n, repeat)."""
    np.copyto(out, (start + step * np.arange(len(out)))[:, None], casting="unsafe")
