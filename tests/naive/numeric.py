"""Twins of what NumPy knows by name."""

import numpy as np

from tests.naive.twin import twin


@twin("_eye")
def eye(op, inputs, run):
    return [np.eye(op.N, op.M or op.N, op.k)]


@twin("_linspace")
def linspace(op, inputs, run):
    return [np.linspace(op.start, op.stop, op.num, op.endpoint).astype(op.dtype)]


@twin("_np_cumsum")
def cumsum(op, inputs, run):
    return [np.cumsum(inputs["a"], op.axis, op.dtype)]


@twin("khatri_rao")
def khatri_rao(op, inputs, run):
    columns = []
    for c in range(next(iter(inputs.values())).shape[1]):
        made = np.ones(1)
        for matrix in inputs.values():
            made = np.kron(made, matrix[:, c])
        columns.append(made)
    return [np.stack(columns, axis=1)]
