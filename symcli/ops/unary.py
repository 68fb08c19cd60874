"""Elementwise operators of one array."""

import math
from typing import ClassVar

from symcli import kernels
from symcli.ops.floating import Floating
from symcli.ops.op import Op
from symcli.ops.scalar import number
from symcli.ops.views import flat
from symcli.params import param


class Unary(Op, abstract=True):
    """``value(x, y)`` writes y; ``slope(x, y, out)`` writes dy/dx, or ``grad(g, x, y, out)`` writes g dy/dx."""

    inplace: ClassVar = {"output": "data"}
    flops_per_element = 1

    def forward(self, ctx, in_data, out_data, aux):
        self.value(flat(in_data[0]), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.grad(flat(out_grad[0]), flat(in_data[0]), flat(out_data[0]), flat(in_grad[0]))

    def grad(self, g, x, y, out):
        self.slope(x, y, out)
        kernels.elemwise.multiply(out, g, out)


class Abs(Unary, name="abs"):
    """Magnitude: output = |data|.

    data, output: arrays of one shape.
    The gradient at 0 is 0.
    """

    aliases = ("_sparse_abs",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.absolute(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.sign(x, out)


class negative(Unary):
    """Sign changed: output = -data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_negative",)
    backward_uses = ()

    def value(self, x, y):
        kernels.elemwise.negative(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.negative(g, out)


class reciprocal(Unary):
    """Reciprocal: output = 1 / data.

    data, output: arrays of one shape.
    """

    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.divide(1, x, y)

    def slope(self, x, y, out):
        kernels.elemwise.multiply(y, y, out)
        kernels.elemwise.negative(out, out)


class square(Unary):
    """Square: output = data².

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_square",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.square(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.multiply(x, 2, out)
        kernels.elemwise.multiply(out, g, out)


class sqrt(Unary):
    """Square root: output = sqrt(data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_sqrt",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.sqrt(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.divide(g, y, out)
        kernels.elemwise.divide(out, 2, out)


class rsqrt(Unary):
    """Reciprocal of the square root: output = 1 / sqrt(data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_rsqrt",)
    backward_uses = ("data", "output")

    def value(self, x, y):
        kernels.elemwise.rsqrt(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.divide(y, x, out)
        kernels.elemwise.divide(out, -2, out)


class cbrt(Unary):
    """Cubic root: output = data^(1/3).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_cbrt",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.cbrt(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.multiply(y, y, out)
        kernels.elemwise.divide(g, out, out)
        kernels.elemwise.divide(out, 3, out)


class rcbrt(Unary):
    """Reciprocal of the cubic root: output = data^(-1/3).

    data, output: arrays of one shape.
    """

    backward_uses = ("data", "output")

    def value(self, x, y):
        kernels.elemwise.rcbrt(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.divide(y, x, out)
        kernels.elemwise.divide(out, -3, out)


class exp(Unary):
    """Exponential: output = e^data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_exp",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.exp(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.multiply(g, y, out)


class expm1(Unary):
    """Exponential without 1, exact near 0: output = e^data - 1.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_expm1",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.expm1(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.exp(x, out)


class log(Unary):
    """Natural logarithm: output = log(data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_log",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.log(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.divide(g, x, out)


class log2(Unary):
    """Logarithm to base 2: output = log(data) / log(2).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_log2",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.log2(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.divide(g, x, out)
        kernels.elemwise.divide(out, math.log(2), out)


class log10(Unary):
    """Logarithm to base 10: output = log(data) / log(10).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_log10",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.log10(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.divide(g, x, out)
        kernels.elemwise.divide(out, math.log(10), out)


class log1p(Unary):
    """Logarithm of data and 1, exact near 0: output = log(1 + data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_log1p",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.log1p(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.add(x, 1, out)
        kernels.elemwise.divide(g, out, out)


class relu(Unary):
    """Rectifier: output = max(data, 0).

    data, output: arrays of one shape.
    The gradient at 0 is 0.
    """

    aliases = ("_sparse_relu",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.relu(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.relu_grad(g, y, out)


class sigmoid(Unary):
    """Logistic function: output = 1 / (1 + e^-data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_sigmoid",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.sigmoid(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.sigmoid_grad(g, y, out)


class softsign(Unary):
    """Softsign: output = data / (1 + |data|).

    data, output: arrays of one shape.
    """

    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.softsign(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.softsign_grad(g, x, out)


class clip(Unary):
    """Limit to an interval: output = a_min where data < a_min, a_max where data > a_max, else data.

    data, output: arrays of one shape.
    The gradient passes where data lies in the interval or on its bounds.
    """

    aliases = ("_npi_clip", "_sparse_clip")
    backward_uses = ("data",)

    a_min: float = param(doc="lower bound")
    a_max: float = param(doc="upper bound")

    def value(self, x, y):
        kernels.elemwise.clip(x, number(self.a_min, x), number(self.a_max, x), y)

    def grad(self, g, x, y, out):
        kernels.elemwise.clip_grad(g, x, number(self.a_min, x), number(self.a_max, x), out)


class hard_sigmoid(Floating, Unary):
    """Piecewise linear sigmoid: output = alpha data + beta, limited to 0 to 1.

    data, output: arrays of one shape and one floating-point type.
    The gradient is alpha where 0 < output < 1, else 0.
    """

    backward_uses = ("output",)

    alpha: float = param(0.2, doc="slope")
    beta: float = param(0.5, doc="value at 0")

    def value(self, x, y):
        kernels.elemwise.multiply(x, number(self.alpha, y), y)
        kernels.elemwise.add(y, number(self.beta, y), y)
        kernels.elemwise.clip(y, number(0, y), number(1, y), y)

    def grad(self, g, x, y, out):
        kernels.elemwise.between(y, number(0, y), number(1, y), out)
        kernels.elemwise.multiply(out, number(self.alpha, y), out)
        kernels.elemwise.multiply(out, g, out)
