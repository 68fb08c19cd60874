"""Elementwise operators of arrays of one shape."""

from typing import ClassVar

from symcli import kernels
from symcli.ops import arithmetic
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import prod


class Binary(Op, abstract=True):
    arguments = ("lhs", "rhs")
    inplace: ClassVar = {"output": "lhs"}
    flops_per_element = 1

    def forward(self, ctx, in_data, out_data, aux):
        self.value(*in_data, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for part, grad in zip((self.lhs_grad, self.rhs_grad), in_grad, strict=True):
            if grad is not None:
                part(out_grad[0], *in_data, out_data[0], grad)


class elemwise_add(arithmetic.Sum, Binary):
    """Elementwise sum: output = lhs + rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_plus", "_Plus", "_add", "_sparse_elemwise_add")
    backward_uses = ()
    shares_gradient = True


class _grad_add(arithmetic.Sum, Binary):
    """Elementwise sum: output = lhs + rhs; MXNet adds gradients up with it.

    lhs, rhs, output: arrays of one shape.
    """

    backward_uses = ()
    shares_gradient = True


class elemwise_sub(arithmetic.Difference, Binary):
    """Elementwise difference: output = lhs - rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_minus", "_Minus", "_sub", "_sparse_elemwise_sub")
    backward_uses = ()


class elemwise_mul(arithmetic.Product, Binary):
    """Elementwise product: output = lhs rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_mul", "_Mul", "_sparse_elemwise_mul")
    backward_uses = ("lhs", "rhs")


class elemwise_div(arithmetic.Quotient, Binary):
    """Elementwise quotient: output = lhs / rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_div", "_Div", "_sparse_elemwise_div")
    backward_uses = ("lhs", "rhs")


class _scatter_elemwise_div(arithmetic.Quotient, Binary):
    """Elementwise quotient: output = lhs / rhs; in MXNet, of sparse arrays the stored elements only.

    lhs, rhs, output: arrays of one shape.
    """

    backward_uses = ("lhs", "rhs")


class _mod(arithmetic.Remainder, Binary):
    """Elementwise remainder with the sign of rhs: output = lhs - rhs floor(lhs / rhs); 0 where rhs is 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Mod",)
    backward_uses = ("lhs", "rhs")


class _power(arithmetic.Power, Binary):
    """Elementwise power: output = lhs^rhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Power",)
    backward_uses = ("lhs", "rhs", "output")


class _maximum(arithmetic.Maximum, Binary):
    """Elementwise maximum: output = max(lhs, rhs); equal values pass the gradient to lhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Maximum",)
    backward_uses = ("lhs", "rhs")


class _minimum(arithmetic.Minimum, Binary):
    """Elementwise minimum: output = min(lhs, rhs); equal values pass the gradient to lhs.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Minimum",)
    backward_uses = ("lhs", "rhs")


class _hypot(arithmetic.Hypotenuse, Binary):
    """Elementwise hypotenuse: output = sqrt(lhs² + rhs²).

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Hypot",)
    backward_uses = ("lhs", "rhs", "output")


class _equal(arithmetic.Equal, Binary):
    """Elementwise comparison: output = 1 where lhs = rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Equal",)


class _not_equal(arithmetic.NotEqual, Binary):
    """Elementwise comparison: output = 1 where lhs ≠ rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Not_Equal",)


class _greater(arithmetic.Greater, Binary):
    """Elementwise comparison: output = 1 where lhs > rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Greater",)


class _greater_equal(arithmetic.GreaterEqual, Binary):
    """Elementwise comparison: output = 1 where lhs >= rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Greater_Equal",)


class _lesser(arithmetic.Lesser, Binary):
    """Elementwise comparison: output = 1 where lhs < rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Lesser",)


class _lesser_equal(arithmetic.LesserEqual, Binary):
    """Elementwise comparison: output = 1 where lhs <= rhs, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Lesser_Equal",)


class _logical_and(arithmetic.LogicalAnd, Binary):
    """Elementwise and: output = 1 where neither lhs nor rhs is 0, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Logical_And",)


class _logical_or(arithmetic.LogicalOr, Binary):
    """Elementwise or: output = 0 where both lhs and rhs are 0, else 1.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Logical_Or",)


class _logical_xor(arithmetic.LogicalXor, Binary):
    """Elementwise exclusive or: output = 1 where one of lhs and rhs is 0, else 0.

    lhs, rhs, output: arrays of one shape.
    """

    aliases = ("_Logical_Xor",)


class add_n(Op):
    """Elementwise sum of any number of arrays: output = arg0 + arg1 + ...

    arg0, arg1, ..., output: arrays of one shape.
    Source: src/operator/tensor/elemwise_sum.cc.
    """

    aliases = ("ElementWiseSum", "_sparse_ElementWiseSum", "_sparse_add_n")
    variadic = "num_args"
    backward_uses = ()

    num_args: int = param(ge=1, doc="number of arrays")

    def flops(self, in_shape, out_shape):
        return (self.num_args - 1) * prod(out_shape[0])

    def forward(self, ctx, in_data, out_data, aux):
        if len(in_data) == 1:
            kernels.move.copy(in_data[0], out_data[0])
            return
        kernels.elemwise.add(in_data[0], in_data[1], out_data[0])
        for more in in_data[2:]:
            kernels.elemwise.add(out_data[0], more, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for grad in in_grad:
            if grad is not None:
                kernels.move.copy(out_grad[0], grad)
