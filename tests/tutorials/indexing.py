"""Parts of arrays, as MXNet's NDArray tutorials show them; each function returns what the program shows."""

from symcli import nd


def matrix():
    return nd.arange(12).reshape((3, 4))


def shapes():
    """A range keeps its axis, a number drops it."""
    a = matrix()
    return a[0:1, :2].shape, a[0, :2].shape, a[-1].shape, a[:, 1].shape, a[1:, 1:3].shape, a[..., None].shape


def rows():
    """Rows by their numbers, in any order, more than once."""
    a = matrix()
    return a[[1, 2]], a[nd.array([2, 0, 2])]


def elements():
    """Elements by the numbers of their rows and columns; one element has the shape (1,)."""
    a = matrix()
    return a[[0, 1], [1, 2]], a[1, 2], a[1, 2].asscalar()


def steps():
    """Every second row, columns from the last to the first."""
    return matrix()[::2, ::-1]


def views():
    """A contiguous part shares the memory of the whole; a[[...]] does not."""
    a = matrix()
    row, copy = a[1], a[[1]]
    row[:] = 0
    return a[1], copy


def writing():
    """Parts written with numbers and arrays."""
    a = nd.zeros((3, 4))
    a[1:3, 2] = 5
    a[0] = nd.array([1, 2, 3, 4])
    a[:, 3] = a[:, 0] * 10
    return a


def picking():
    """One entry of each row, and rows by an operator."""
    a = matrix()
    return nd.pick(a, nd.array([0, 3, 1])), nd.take(a, nd.array([2, 0])), nd.slice_axis(a, axis=1, begin=1, end=3)
