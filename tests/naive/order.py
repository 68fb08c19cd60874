"""Twins of sorting and of the places of extremes."""

import numpy as np

from tests.naive.twin import twin


def line_up(op, data):
    """Return data flattened for axis=None, and the axis to sort along."""
    return (data.reshape(-1), 0) if op.axis is None else (data, op.axis)


def places(op, data):
    data, axis = line_up(op, data)
    return data, axis, np.argsort(data if op.is_ascend else -data, axis=axis, kind="stable")


@twin("sort")
def sort(op, inputs, run):
    data, axis, order = places(op, inputs["data"])
    return [np.take_along_axis(data, order, axis)]


@twin("argsort")
def argsort(op, inputs, run):
    return [places(op, inputs["data"])[2]]


@twin("topk")
def topk(op, inputs, run):
    data, axis, order = places(op, inputs["data"])
    chosen = np.take(order, range(op.k if op.k > 0 else data.shape[axis]), axis)
    if op.ret_typ == "mask":
        mask = np.zeros_like(data)
        np.put_along_axis(mask, chosen, 1, axis)
        return [mask.reshape(inputs["data"].shape)]
    values = np.take_along_axis(data, chosen, axis)
    return {"value": [values], "indices": [chosen], "both": [values, chosen]}[op.ret_typ]


@twin("argmax", "argmin")
def argmax(op, inputs, run):
    found = getattr(np, op.name)(inputs["data"], axis=op.axis, keepdims=op.keepdims)
    return [np.atleast_1d(found)]


@twin("argmax_channel")
def argmax_channel(op, inputs, run):
    return [np.argmax(inputs["data"], axis=1)]
