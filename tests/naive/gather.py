"""Twins of the operators that read or write at places which several indices name together."""

import numpy as np

from tests.naive.twin import twin


def columns(indices):
    return tuple(np.trunc(indices).astype(int))


@twin("gather_nd")
def gather_nd(op, inputs, run):
    return [inputs["data"][columns(inputs["indices"])]]


def put(out, indices, data):
    """Set entries one after another, so that the last of equal places counts."""
    places = columns(indices)
    for at in np.ndindex(indices.shape[1:]):
        out[tuple(index[at] for index in places)] = data[at]
    return out


@twin("scatter_nd")
def scatter_nd(op, inputs, run):
    return [put(np.zeros(op.shape), inputs["indices"], inputs["data"])]


@twin("_scatter_set_nd")
def scatter_set_nd(op, inputs, run):
    return [put(inputs["lhs"].copy(), inputs["indices"], inputs["rhs"])]


@twin("batch_take")
def batch_take(op, inputs, run):
    a = inputs["a"]
    return [a[np.arange(len(a)), np.clip(inputs["indices"], 0, a.shape[1] - 1)]]


@twin("_ravel_multi_index")
def ravel_multi_index(op, inputs, run):
    places = np.zeros(inputs["data"].shape[1], int)
    for index, size in zip(columns(inputs["data"]), op.shape, strict=True):
        places = places * size + index
    return [places]


@twin("_unravel_index")
def unravel_index(op, inputs, run):
    left, found = np.trunc(inputs["data"]), []
    for size in op.shape[:0:-1]:
        found.append(np.fmod(left, size))
        left = np.trunc(left / size)
    return [np.array([left, *found[::-1]])]


@twin("_contrib_index_array")
def index_array(op, inputs, run):
    every = np.moveaxis(np.indices(inputs["data"].shape), 0, -1)
    return [every if op.axes is None else every[..., list(op.axes)]]


@twin("_contrib_index_copy")
def index_copy(op, inputs, run):
    return [put(inputs["old_tensor"].copy(), inputs["index_vector"][None], inputs["new_tensor"])]
