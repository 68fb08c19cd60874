"""Twins of the operators that read at places named by indices."""

import numpy as np

from tests.naive.twin import twin


def places(index, size, mode):
    index = np.trunc(index).astype(int)
    return index % size if mode == "wrap" else np.clip(index, 0, size - 1)


@twin("Embedding")
def embedding(op, inputs, run):
    return [inputs["weight"][places(inputs["data"], op.input_dim, "clip")]]


@twin("take")
def take(op, inputs, run):
    a = inputs["a"]
    return [np.take(a, places(inputs["indices"], a.shape[op.axis], op.mode), op.axis)]


@twin("pick")
def pick(op, inputs, run):
    x, index = inputs["data"], inputs["index"]
    if index.ndim < x.ndim:
        index = np.expand_dims(index, op.axis)
    entries = np.take_along_axis(x, places(index, x.shape[op.axis], op.mode), op.axis)
    return [entries if op.keepdims or x.ndim == 1 else entries.squeeze(op.axis)]


@twin("fill_element_0index")
def fill_element_0index(op, inputs, run):
    a, index = inputs["lhs"], np.trunc(inputs["rhs"])
    return [np.where(index[:, None] == np.arange(a.shape[1]), inputs["mhs"][:, None], a)]


@twin("_onehot_encode")
def onehot_encode(op, inputs, run):
    return [np.trunc(inputs["lhs"])[:, None] == np.arange(inputs["rhs"].shape[1])]


@twin("one_hot")
def one_hot(op, inputs, run):
    index = np.trunc(inputs["indices"])[..., None]
    return [np.where(index == np.arange(op.depth), op.on_value, op.off_value).astype(op.dtype)]


@twin("where")
def where(op, inputs, run):
    x, condition = inputs["x"], inputs["condition"]
    if condition.shape != x.shape:
        condition = condition.reshape(-1, *[1] * (x.ndim - 1))
    return [np.where(condition != 0, x, inputs["y"])]
