"""Elementwise operators of an array and a number."""

from symcli import kernels
from symcli.ops.op import Op
from symcli.params import param


class Scalar(Op, abstract=True):
    scalar: float = param(1.0, doc="the number")
    is_int: bool = param(True, doc="whether the number was given as an integer")


class _div_scalar(Scalar):
    """output = data / scalar."""

    aliases = ("_DivScalar",)
    backward_uses = ()

    def forward(self, ctx, in_data, out_data, aux):
        kernels.elemwise.divide(in_data[0], self.scalar, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.elemwise.divide(out_grad[0], self.scalar, in_grad[0])
