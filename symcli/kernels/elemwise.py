"""Elementwise kernels on arrays of one shape."""

import numpy as np

from symcli.kernels.kernel import Kernel

__all__ = ["add", "divide", "multiply", "subtract"]

add = Kernel(np.add, "out = a + b.")
subtract = Kernel(np.subtract, "out = a - b.")
multiply = Kernel(np.multiply, "out = a * b.")
divide = Kernel(np.true_divide, "out = a / b.")
