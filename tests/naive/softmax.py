"""Twins of softmax and its relations."""

import numpy as np

from tests.naive.twin import twin, twin_gradient


def softmax_of(x, axis):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def heat(op):
    return 1 if op.temperature is None else op.temperature


@twin("softmax")
def softmax(op, inputs, run):
    x = inputs["data"] / heat(op)
    if not op.use_length:
        return [softmax_of(x, op.axis)]
    lines, length = np.moveaxis(x, op.axis, -1), inputs["length"]
    result = np.zeros(lines.shape)
    for place in np.ndindex(*length.shape):
        end = max(length[place], 0)
        if end:
            result[place][:end] = softmax_of(lines[place][:end], 0)
    return [np.moveaxis(result, -1, op.axis)]


@twin("log_softmax")
def log_softmax(op, inputs, run):
    return [np.log(softmax_of(inputs["data"] / heat(op), op.axis))]


@twin("softmin")
def softmin(op, inputs, run):
    return [softmax_of(-inputs["data"] / heat(op), op.axis)]


@twin("SoftmaxActivation")
def softmax_activation(op, inputs, run):
    return [softmax_of(inputs["data"], 1 if op.mode == "channel" else -1)]


@twin_gradient("SoftmaxActivation")
def softmax_activation_gradient(op, inputs, heads):
    (y,), g = softmax_activation(op, inputs, None), heads[0]
    return {"data": y * (g - (g * y).sum(1, keepdims=True))}
