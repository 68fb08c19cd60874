"""Elementwise operators of two arrays that broadcast."""

from symcli import kernels
from symcli.ops import arithmetic
from symcli.ops.op import Op
from symcli.shapes import broadcast


class Broadcast(Op, abstract=True):
    arguments = ("lhs", "rhs")
    flops_per_element = 1

    def infer_shape(self, in_shape, out_shape):
        if None in in_shape:
            return in_shape, out_shape
        return in_shape, [broadcast(*in_shape)]

    def forward(self, ctx, in_data, out_data, aux):
        self.value(*in_data, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = out_grad[0]
        for part, grad in zip((self.lhs_grad, self.rhs_grad), in_grad, strict=True):
            if grad is None:
                continue
            if grad.shape == g.shape:
                part(g, *in_data, out_data[0], grad)
            elif self.constant_slope:
                summed = ctx.scratch(grad.shape, grad.dtype)
                kernels.reduce.sum(g, _leading_ones(summed, g.ndim))
                part(summed, *in_data, out_data[0], grad)
            else:
                full = ctx.scratch(g.shape, grad.dtype)
                part(g, *in_data, out_data[0], full)
                kernels.reduce.sum(full, _leading_ones(grad, g.ndim))


def _leading_ones(array, rank):
    return array.reshape((1,) * (rank - array.ndim) + array.shape)


class broadcast_add(arithmetic.Sum, Broadcast):
    """Broadcasting sum: output = lhs + rhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("broadcast_plus", "_sparse_broadcast_add", "_sparse_broadcast_plus")
    backward_uses = ()


class broadcast_sub(arithmetic.Difference, Broadcast):
    """Broadcasting difference: output = lhs - rhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("broadcast_minus", "_sparse_broadcast_sub", "_sparse_broadcast_minus")
    backward_uses = ()


class broadcast_mul(arithmetic.Product, Broadcast):
    """Broadcasting product: output = lhs rhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("_sparse_broadcast_mul",)
    backward_uses = ("lhs", "rhs")


class broadcast_div(arithmetic.Quotient, Broadcast):
    """Broadcasting quotient: output = lhs / rhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("_sparse_broadcast_div",)
    backward_uses = ("lhs", "rhs")


class broadcast_mod(arithmetic.Remainder, Broadcast):
    """Broadcasting remainder with the sign of rhs: output = lhs - rhs floor(lhs / rhs); 0 where rhs is 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    backward_uses = ("lhs", "rhs")


class broadcast_power(arithmetic.Power, Broadcast):
    """Broadcasting power: output = lhs^rhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    backward_uses = ("lhs", "rhs", "output")


class broadcast_maximum(arithmetic.Maximum, Broadcast):
    """Broadcasting maximum: output = max(lhs, rhs); equal values pass the gradient to lhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("_npi_maximum",)
    backward_uses = ("lhs", "rhs")


class broadcast_minimum(arithmetic.Minimum, Broadcast):
    """Broadcasting minimum: output = min(lhs, rhs); equal values pass the gradient to lhs.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    aliases = ("_npi_minimum",)
    backward_uses = ("lhs", "rhs")


class broadcast_hypot(arithmetic.Hypotenuse, Broadcast):
    """Broadcasting hypotenuse: output = sqrt(lhs² + rhs²).

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """

    backward_uses = ("lhs", "rhs", "output")


class broadcast_equal(arithmetic.Equal, Broadcast):
    """Broadcasting comparison: output = 1 where lhs = rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_not_equal(arithmetic.NotEqual, Broadcast):
    """Broadcasting comparison: output = 1 where lhs ≠ rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_greater(arithmetic.Greater, Broadcast):
    """Broadcasting comparison: output = 1 where lhs > rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_greater_equal(arithmetic.GreaterEqual, Broadcast):
    """Broadcasting comparison: output = 1 where lhs >= rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_lesser(arithmetic.Lesser, Broadcast):
    """Broadcasting comparison: output = 1 where lhs < rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_lesser_equal(arithmetic.LesserEqual, Broadcast):
    """Broadcasting comparison: output = 1 where lhs <= rhs, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_logical_and(arithmetic.LogicalAnd, Broadcast):
    """Broadcasting and: output = 1 where neither lhs nor rhs is 0, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_logical_or(arithmetic.LogicalOr, Broadcast):
    """Broadcasting or: output = 0 where both lhs and rhs are 0, else 1.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """


class broadcast_logical_xor(arithmetic.LogicalXor, Broadcast):
    """Broadcasting exclusive or: output = 1 where one of lhs and rhs is 0, else 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.
    """
