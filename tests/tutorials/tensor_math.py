"""Mathematics of arrays, as MXNet's NDArray tutorials show it; each function returns what the program shows."""

import math

from symcli import nd


def ranges():
    """Numbers in a row, brought to a shape; -1 is worked out."""
    x = nd.arange(1, 7)
    return x, x.reshape((2, 3)), x.reshape((3, -1)), nd.arange(0, 1, 0.25)


def functions():
    """Functions of each element."""
    x = nd.array([0, math.pi / 3, math.pi])
    return nd.cos(x), x.cos(), nd.exp(nd.array([0, 1])), nd.sqrt(nd.array([4, 9]))


def remainders():
    """% has the sign of the divisor, as Python's; fmod has that of the dividend, as C's."""
    x = nd.array([5.5, -5.5, 7])
    return x % 3, x % -3, nd.fmod(x, 3), nd.fmod(x, nd.array([-3, 3, 4])), 7 % nd.array([4, -4])


def powers():
    x = nd.array([1, 2, 3])
    return x**2, 2**x, x**x, x**-1


def bounds():
    """Elements brought into an interval."""
    x = nd.array([-2, 0.5, 3])
    return nd.clip(x, -1, 1), x.clip(0, 2), nd.maximum(x, 0), nd.minimum(x, nd.array([0, 1, 2]))


def broadcasting():
    """A row beside a column gives a table."""
    row, column = nd.arange(3).reshape((1, 3)), nd.arange(2).reshape((2, 1))
    return row + 10 * column, (row == column), row > 1


def reductions():
    x = nd.arange(6).reshape((2, 3))
    return x.sum(), x.mean(axis=0), nd.max(x, axis=1), x.argmax(axis=1), nd.norm(x)


def products():
    x = nd.arange(6).reshape((2, 3))
    return nd.dot(x, x.T), nd.batch_dot(nd.ones((2, 1, 3)), nd.ones((2, 3, 2))).shape, x * x


def in_place():
    """Results written into arrays that are there."""
    x, y = nd.ones((2, 2)), nd.zeros((2, 2))
    before = y
    y += x
    nd.elemwise_add(x, y, out=y)
    return y, before is y
