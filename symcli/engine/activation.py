"""Activation functions on whole values, plain or in planes, and their gradients from the output.

relu(x, y, count)            y = max(x, 0); NaN stays
relu_grad(g, y, gx, count)   gx = g where y > 0, else 0; NaN where y is
"""

import numpy as np

from symcli.engine.elementwise import CHUNK, elementwise
from symcli.engine.instruction import instruction
from symcli.engine.tape import share, word

__all__ = ["relu", "relu_grad"]


def relu_of(v, x):
    """max(x, 0) of one vector; NaN stays."""
    return v.b.select(v.b.fcmp_unordered(">", x, v.zero), x, v.zero)


def relu_grad_of(v, g, y):
    """g where y > 0, else 0; NaN where y is."""
    passed = v.b.select(v.b.fcmp_unordered("uno", y, y), y, g)
    return v.b.select(v.b.fcmp_unordered(">", y, v.zero), passed, v.zero)


_relu = elementwise(lambda v, x, s: ([relu_of(v, x[0])], []), 1, 1)
_relu_grad = elementwise(lambda v, x, s: ([relu_grad_of(v, x[0], x[1])], []), 2, 1)


@instruction
def relu(p, thread, threads):
    """y = max(x, 0); NaN stays.  0 x, 1 y, 2 count"""
    start, stop = share(word(p, 2), CHUNK, thread, threads)
    if stop > start:
        _relu(stop - start, (word(p, 0) + 4 * start, word(p, 1) + 4 * start), (np.float32(0),), 0)


@instruction
def relu_grad(p, thread, threads):
    """gx = g where y > 0, else 0; NaN where y is.  0 g, 1 y, 2 gx, 3 count"""
    start, stop = share(word(p, 3), CHUNK, thread, threads)
    if stop > start:
        at = 4 * start
        _relu_grad(stop - start, (word(p, 0) + at, word(p, 1) + at, word(p, 2) + at), (np.float32(0),), 0)
