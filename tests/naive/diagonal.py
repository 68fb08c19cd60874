"""Twins of the operators that take diagonals and triangles out, or make matrices of them."""

import numpy as np

from tests.naive.twin import twin


@twin("diag")
def diag(op, inputs, run):
    data = inputs["data"]
    return [np.diag(data, op.k) if data.ndim == 1 else np.diagonal(data, op.k, op.axis1, op.axis2)]


@twin("_linalg_extractdiag")
def extractdiag(op, inputs, run):
    return [np.diagonal(inputs["A"], op.offset, -2, -1)]


@twin("_linalg_makediag")
def makediag(op, inputs, run):
    vectors = inputs["A"].reshape(-1, inputs["A"].shape[-1])
    matrices = np.array([np.diag(one, op.offset) for one in vectors])
    return [matrices.reshape(*inputs["A"].shape[:-1], *matrices.shape[1:])]


def entries(op, n):
    """Yield the places of a triangle in the order of the vector."""
    lower = op.offset < 0 or (op.offset == 0 and op.lower)
    for i in range(n):
        for j in range(i - abs(op.offset) + 1):
            yield (i, j) if lower else (j, i)


@twin("_linalg_extracttrian")
def extracttrian(op, inputs, run):
    a = inputs["A"]
    return [np.stack([a[..., i, j] for i, j in entries(op, a.shape[-1])], -1)]


@twin("_linalg_maketrian")
def maketrian(op, inputs, run):
    a = inputs["A"]
    k = next(k for k in range(1, 100) if k * (k + 1) // 2 == a.shape[-1])
    n = k + abs(op.offset)
    out = np.zeros((*a.shape[:-1], n, n))
    for place, (i, j) in enumerate(entries(op, n)):
        out[..., i, j] = a[..., place]
    return [out]


@twin("_linalg_sumlogdiag")
def sumlogdiag(op, inputs, run):
    return [np.atleast_1d(np.log(np.diagonal(inputs["A"], 0, -2, -1)).sum(-1))]
