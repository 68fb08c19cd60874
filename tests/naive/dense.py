"""Twins of the matrix products."""

import numpy as np

from tests.naive.twin import twin


@twin("FullyConnected")
def fully_connected(op, inputs, run):
    data, weight = inputs["data"], inputs["weight"]
    x = data.reshape(len(data), -1) if op.flatten else data
    y = x @ weight.T
    return [y if op.no_bias else y + inputs["bias"]]


@twin("dot")
def dot(op, inputs, run):
    a, b = inputs["lhs"], inputs["rhs"]
    result = np.tensordot(a, b, (0 if op.transpose_a else -1, -1 if op.transpose_b else 0))
    return [np.atleast_1d(result)]


@twin("batch_dot")
def batch_dot(op, inputs, run):
    a = "...km" if op.transpose_a else "...mk"
    b = "...nk" if op.transpose_b else "...kn"
    return [np.einsum(f"{a},{b}->...mn", inputs["lhs"], inputs["rhs"])]
