"""Arrays: MXNet's ``mx.nd``."""

from symcli.ndarray.array import NDArray, array, empty, ones, zeros

__all__ = ["NDArray", "array", "empty", "ones", "zeros"]
