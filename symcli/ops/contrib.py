"""Small operators of one formula that MXNet keeps under ``contrib``, and a penalty on activations."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import WITHOUT_EFFECT, Op
from symcli.ops.views import flat, rows
from symcli.params import param
from symcli.shapes import text


class _contrib_quadratic(Op):
    """A polynomial of degree 2: output = a data^2 + b data + c.

    data, output  any shape

    Source: src/operator/contrib/quadratic_op.cc.
    """

    backward_uses = ("data",)

    a: float = param(0.0, doc="coefficient of the square")
    b: float = param(0.0, doc="coefficient of data")
    c: float = param(0.0, doc="what is added")

    def forward(self, ctx, in_data, out_data, aux):
        kernels.contrib.quadratic(flat(in_data[0]), self.a, self.b, self.c, flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.contrib.quadratic_grad(flat(out_grad[0]), flat(in_data[0]), self.a, self.b, flat(in_grad[0]))


class _contrib_div_sqrt_dim(Op):
    """Divide by the root of the last axis' size, as attention does: output = data / sqrt(K).

    data, output  (..., K)

    Source: src/operator/contrib/transformer.cc.
    """

    inplace: ClassVar = {"output": "data"}
    backward_uses = ()

    def forward(self, ctx, in_data, out_data, aux):
        self.divide(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.divide(out_grad[0], in_grad[0])

    def divide(self, array, out):
        kernels.elemwise.divide(array, array.shape[-1] ** 0.5, out)


class _contrib_gradientmultiplier(Op):
    """The identity, whose gradient is multiplied: output = data, gradient of data = scalar times that of output.

    data, output  any shape

    A negative scalar reverses the gradient (Ganin and Lempitsky, 2015).
    Source: src/operator/contrib/gradient_multiplier_op.cc.
    """

    inplace: ClassVar = {"output": "data"}
    backward_uses = ()

    scalar: float = param(1.0, doc="factor of the gradient")
    is_int: bool = param(True, doc=WITHOUT_EFFECT + "the scalar is an integer")

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.elemwise.multiply(out_grad[0], self.scalar, in_grad[0])


class IdentityAttachKLSparseReg(Floating):
    """The identity, whose gradient pulls the mean of each unit to a target: output = data.

    data, output  (N, C), activations between 0 and 1; or (..., C) with C on axis 1 too
    moving_avg    (C,)   auxiliary state: the mean activation of each unit

    Each backward pass moves the average, moving_avg = momentum moving_avg + (1 - momentum) mean of data, and adds
    penalty ((1 - target) / (1 - moving_avg) - target / moving_avg) to the gradient of output: the derivative of the
    Kullback-Leibler divergence. Prediction changes nothing, as long as there is no backward pass.

    Source: src/operator/identity_attach_KL_sparse_reg-inl.h.
    """

    auxiliary_states: ClassVar = {"moving_avg": '["zero", {}]'}
    inplace: ClassVar = {"output": "data"}
    backward_uses = ("data",)

    sparseness_target: float = param(0.1, gt=0, lt=1, doc="the mean activation that is wanted")
    penalty: float = param(0.001, doc="weight of the penalty")
    momentum: float = param(0.9, ge=0, lt=1, doc="weight of the old average")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0] or out_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 2 or (data[1] and data[-1] and data[1] != data[-1]):
            raise ShapeError(f"data is {text(data)}; needs (samples, units): put Flatten before it")
        return [data, data[1:2]], [data]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, x, gx = (rows(array, array.shape[-1]) for array in (out_grad[0], in_data[0], in_grad[0]))
        kernels.contrib.kl_sparse_grad(g, x, self.sparseness_target, self.penalty, self.momentum, aux[0], gx)
