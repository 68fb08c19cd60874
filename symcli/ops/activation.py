"""Activation functions by name: Activation, and LeakyReLU with those that have parameters."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.views import flat
from symcli.params import param
from symcli.shapes import is_known, prod, text

# Of Klambauer et al., 2017: they hold mean 0 and variance 1 from layer to layer.
SELU_SLOPE, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


class Activation(Floating):
    """An activation function, element by element.

    relu      max(data, 0); its gradient at 0 is 0
    sigmoid   1 / (1 + e^-data)
    softrelu  log(1 + e^data)
    softsign  data / (1 + |data|)
    tanh      (e^data - e^-data) / (e^data + e^-data)

    data, output: arrays of one shape.

    Source: src/operator/nn/activation.cc.
    """

    aliases = ("_npx_activation",)
    inplace: ClassVar = {"output": "data"}
    backward_uses = ("output",)
    flops_per_element = 1

    act_type: str = param(choices=("relu", "sigmoid", "softrelu", "softsign", "tanh"), doc="the function")

    def forward(self, ctx, in_data, out_data, aux):
        family = kernels.activation if self.act_type == "softrelu" else kernels.elemwise
        getattr(family, self.act_type)(flat(in_data[0]), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        family = kernels.activation if self.act_type in ("softrelu", "softsign") else kernels.elemwise
        getattr(family, self.act_type + "_grad")(flat(out_grad[0]), flat(out_data[0]), flat(in_grad[0]))


class LeakyReLU(Floating):
    """Activation functions with parameters: data where it is positive, and below:

    leaky  slope data
    elu    slope (e^data - 1)
    selu   1.0507 data above, 1.0507 * 1.6733 (e^data - 1) below
    gelu   data Φ(data) everywhere, Φ the normal distribution
    prelu  gamma data, gamma an argument that is learnt
    rrelu  mask data, mask random, uniform from lower_bound to upper_bound; their mean without training

    data, output  arrays of one shape
    gamma         (C,), C the size of data's axis 1; or (1,), (N,), (N, C), with a 1 for N or C; prelu only
    mask          data's shape; rrelu only, and then a second output

    The gradient of selu below 0 is 1.0507 (1.6733 + output), as in MXNet; the true one would be
    1.0507 * 1.6733 + output.

    Inside a graph the gradient of prelu's gamma is the sum of gamma g data over data < 0, g that of the output: MXNet
    writes data's gradient over g first. Where g is given by the caller, or data is a variable, it is that of g data.

    He et al., 2015 (prelu); Xu et al., 2015 (rrelu); Hendrycks and Gimpel, 2016 (gelu).
    Source: src/operator/leaky_relu-inl.h. MXNet 1.9.1 cannot train rrelu on CPUs.
    """

    arguments = ("data", "gamma")
    outputs = ("output", "mask")
    aliases = ("_npx_leaky_relu",)
    automatic = ("gamma",)
    initial: ClassVar = {"gamma": '["Constant", {"value": 0.25}]'}
    backward_uses = ("data", "gamma", "output", "mask")
    flops_per_element = 2  # comparison and factor or function

    act_type: str = param("leaky", choices=("elu", "gelu", "leaky", "prelu", "rrelu", "selu"), doc="the function")
    slope: float = param(0.25, doc="factor below 0, of leaky and elu")
    lower_bound: float = param(0.125, doc="smallest factor of rrelu")
    upper_bound: float = param(0.334, doc="largest factor of rrelu")

    @property
    def gradient_inplace(self):
        return 0 if self.act_type == "prelu" else None

    def list_arguments(self):
        return ["data", "gamma"] if self.act_type == "prelu" else ["data"]

    def list_outputs(self):
        return ["output", "mask"] if self.act_type == "rrelu" else ["output"]

    def infer_shape(self, in_shape, out_shape):
        data, *gamma = in_shape
        if not data:
            return in_shape, out_shape
        if gamma and not gamma[0]:
            if len(data) < 2:
                raise ShapeError(f"data {text(data)} has no axis 1 for the channels; give the shape of gamma: (1,)")
            gamma = [(data[1],)]
        elif gamma and is_known(data) and is_known(gamma[0]) and slopes(gamma[0], data) is None:
            raise ShapeError(f"gamma {text(gamma[0])} does not fit data {text(data)}; needs axis 1's size, or (1,)")
        return [data, *gamma], [data] * len(out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        x, y = in_data[0], out_data[0]
        if self.act_type == "gelu":
            kernels.activation.gelu(flat(x), flat(y))
        elif self.act_type in ("elu", "selu"):
            kernels.activation.elu(flat(x), *self.numbers(x), flat(y))
        else:
            if self.act_type == "rrelu" and ctx.is_train:
                kernels.random.uniform(ctx.key, ctx.node, self.lower_bound, self.upper_bound, flat(out_data[1]))
            elif self.act_type == "rrelu":
                kernels.move.fill((self.lower_bound + self.upper_bound) / 2, out_data[1])
            kernels.activation.leaky(*self.lines(x), self.slopes(ctx, in_data, out_data), *self.lines(y))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, x, gx = out_grad[0], in_data[0], in_grad[0]
        if gx is not None and self.act_type == "gelu":
            kernels.activation.gelu_grad(flat(g), flat(x), flat(gx))
        elif gx is not None and self.act_type in ("elu", "selu"):
            kernels.activation.elu_grad(flat(g), flat(x), flat(out_data[0]), *self.numbers(x), flat(gx))
        elif gx is not None:
            kernels.activation.leaky_grad(*self.lines(g, x), self.slopes(ctx, in_data, out_data), *self.lines(gx))
        if self.act_type == "prelu" and in_grad[1] is not None:
            sums = ctx.scratch(slopes(in_grad[1].shape, x.shape), "float64")
            kernels.activation.slope_grad(*self.lines(g, x), sums)
            kernels.move.copy(sums.reshape(in_grad[1].shape), in_grad[1])

    def numbers(self, x):
        slope, scale = (self.slope, 1.0) if self.act_type == "elu" else (SELU_SLOPE, SELU_SCALE)
        return x.dtype.type(slope), x.dtype.type(scale)

    def slopes(self, ctx, in_data, out_data):
        if self.act_type == "rrelu":
            return out_data[1].reshape(1, 1, -1)
        if self.act_type == "prelu":
            return in_data[1].reshape(*slopes(in_data[1].shape, in_data[0].shape), 1)
        constant = ctx.scratch((1, 1, 1), in_data[0].dtype)
        kernels.move.fill(self.slope, constant)
        return constant

    def lines(self, *arrays):
        if self.act_type == "prelu":
            return [array.reshape(*(*array.shape, 1)[:2], prod(array.shape[2:])) for array in arrays]
        return [array.reshape(1, 1, -1) for array in arrays]


def slopes(gamma, data):
    """Return the shape (N or 1, C or 1) of gamma over the first two axes of data; None if it does not fit.

    From the last axis of gamma on, each goes to the last free axis of its size, as in MXNet.
    """
    sizes, left = [1, 1], list(gamma)
    for axis in range(min(2, len(data)))[::-1]:
        if left and left[-1] in (1, data[axis]):
            sizes[axis] = left.pop()
    return None if left else tuple(sizes)
