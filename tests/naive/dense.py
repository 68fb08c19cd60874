"""Twins of the matrix products."""

from tests.naive.twin import twin


@twin("FullyConnected")
def fully_connected(op, inputs, run):
    data, weight = inputs["data"], inputs["weight"]
    x = data.reshape(len(data), -1) if op.flatten else data
    y = x @ weight.T
    return [y if op.no_bias else y + inputs["bias"]]
