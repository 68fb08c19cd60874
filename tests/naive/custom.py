"""The twin of an operator in Python, and the operator itself: a sin(data + shift), with a parameter and two inputs."""

import numpy as np

import symcli as mx
from tests.naive.twin import twin


class _Wave(mx.operator.CustomOp):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], self.scale * mx.nd.sin(in_data[0] + in_data[1]))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        for i in range(2):
            self.assign(in_grad[i], req[i], self.scale * mx.nd.cos(in_data[0] + in_data[1]) * out_grad[0])


@mx.operator.register("tests_wave")
class _WaveProp(mx.operator.CustomOpProp):
    def __init__(self, scale="1"):
        super().__init__()
        self.scale = float(scale)

    def list_arguments(self):
        return ["data", "shift"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0]]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return _Wave(self.scale)


@twin("Custom")
def custom(op, inputs, run):
    scale = dict(text.split("=") for text in op.parameters).get("scale", "1")
    return [float(scale) * np.sin(inputs["data"] + inputs["shift"])]
