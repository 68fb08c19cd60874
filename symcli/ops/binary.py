"""Elementwise operators of two arrays of one shape."""

from symcli import kernels
from symcli.ops.op import Op


class Binary(Op, abstract=True):
    arguments = ("lhs", "rhs")


class elemwise_add(Binary):
    """Elementwise sum: output = lhs + rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_plus", "_Plus", "_add", "_grad_add")
    backward_uses = ()

    def forward(self, ctx, in_data, out_data, aux):
        kernels.elemwise.add(*in_data, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for grad in in_grad:
            if grad is not None:
                kernels.move.copy(out_grad[0], grad)
