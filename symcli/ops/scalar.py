"""Elementwise operators of an array and a number."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import is_float, merge_dtypes
from symcli.ops import arithmetic
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import param


def number(value, array):
    """Return a parameter as a number of an array's type.

    It neither widens the arithmetic nor compares as more exact than the elements. Integers drop what is
    behind the point and wrap around, as in C.
    """
    dtype = array.dtype
    if dtype.kind == "f":
        return dtype.type(value)
    if dtype.kind == "b" or value != value or abs(value) == float("inf"):
        return dtype.type(0)
    half = 1 << 8 * dtype.itemsize - 1
    low = half if dtype.kind == "i" else 0
    return dtype.type((int(value) + low) % (2 * half) - low)


class Scalar(Op, abstract=True):
    inplace: ClassVar = {"output": "data"}
    flops_per_element = 1

    scalar: float = param(1.0, doc="the number")
    is_int: bool = param(True, doc="whether the number was given as an integer; if not, integer data gives float64")

    def infer_type(self, in_type, out_type):
        data = in_type[0]
        if data == "bool" or (data is not None and not is_float(data) and not self.is_int):
            return in_type, ["int64" if self.is_int else "float64"]
        dtype = merge_dtypes(data, out_type[0])
        return [dtype], [dtype]

    def forward(self, ctx, in_data, out_data, aux):
        self.value(in_data[0], number(self.scalar, out_data[0]), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = out_grad[0]
        self.lhs_grad(g, in_data[0], number(self.scalar, g), out_data[0], in_grad[0])


class ScalarFirst(Scalar, abstract=True):
    def forward(self, ctx, in_data, out_data, aux):
        self.value(number(self.scalar, out_data[0]), in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = out_grad[0]
        self.rhs_grad(g, number(self.scalar, g), in_data[0], out_data[0], in_grad[0])


class _plus_scalar(arithmetic.Sum, Scalar):
    """output = data + scalar.

    data, output: arrays of one shape.
    """

    aliases = ("_PlusScalar",)
    backward_uses = ()


class _scatter_plus_scalar(arithmetic.Sum, Scalar):
    """output = data + scalar; in MXNet, of sparse arrays the stored elements only.

    data, output: arrays of one shape.
    """

    backward_uses = ()


class _minus_scalar(arithmetic.Difference, Scalar):
    """output = data - scalar.

    data, output: arrays of one shape.
    """

    aliases = ("_MinusScalar",)
    backward_uses = ()


class _scatter_minus_scalar(arithmetic.Difference, Scalar):
    """output = data - scalar; in MXNet, of sparse arrays the stored elements only.

    data, output: arrays of one shape.
    """

    backward_uses = ()


class _rminus_scalar(arithmetic.Difference, ScalarFirst):
    """output = scalar - data.

    data, output: arrays of one shape.
    """

    aliases = ("_RMinusScalar",)
    backward_uses = ()


class _mul_scalar(arithmetic.Product, Scalar):
    """output = data scalar.

    data, output: arrays of one shape.
    """

    aliases = ("_MulScalar",)
    backward_uses = ()


class _div_scalar(arithmetic.Quotient, Scalar):
    """output = data / scalar.

    data, output: arrays of one shape.
    """

    aliases = ("_DivScalar",)
    backward_uses = ()


class _rdiv_scalar(arithmetic.Quotient, ScalarFirst):
    """output = scalar / data.

    data, output: arrays of one shape.
    """

    aliases = ("_RDivScalar",)
    backward_uses = ("data",)


class _mod_scalar(arithmetic.Remainder, Scalar):
    """output = data - scalar floor(data / scalar), the remainder with the sign of scalar; 0 where scalar is 0.

    data, output: arrays of one shape.
    """

    aliases = ("_ModScalar",)
    backward_uses = ()


class _rmod_scalar(arithmetic.Remainder, ScalarFirst):
    """output = scalar - data floor(scalar / data), the remainder with the sign of data; 0 where data is 0.

    data, output: arrays of one shape.
    """

    aliases = ("_RModScalar",)
    backward_uses = ("data",)


class _power_scalar(arithmetic.Power, Scalar):
    """output = data^scalar.

    data, output: arrays of one shape.
    """

    aliases = ("_PowerScalar",)
    backward_uses = ("data",)


class _rpower_scalar(arithmetic.Power, ScalarFirst):
    """output = scalar^data.

    data, output: arrays of one shape.
    """

    aliases = ("_RPowerScalar",)
    backward_uses = ("output",)


class _maximum_scalar(arithmetic.Maximum, Scalar):
    """output = max(data, scalar); where they are equal the gradient passes.

    data, output: arrays of one shape.
    """

    aliases = ("_MaximumScalar", "_npi_maximum_scalar")
    backward_uses = ("data",)


class _minimum_scalar(arithmetic.Minimum, Scalar):
    """output = min(data, scalar); where they are equal the gradient passes.

    data, output: arrays of one shape.
    """

    aliases = ("_MinimumScalar", "_npi_minimum_scalar")
    backward_uses = ("data",)


class _hypot_scalar(arithmetic.Hypotenuse, Scalar):
    """output = sqrt(data² + scalar²).

    data, output: arrays of one shape.
    """

    aliases = ("_HypotScalar", "_npi_hypot_scalar")
    backward_uses = ("data", "output")


class _equal_scalar(arithmetic.Equal, Scalar):
    """output = 1 where data = scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_EqualScalar",)


class _not_equal_scalar(arithmetic.NotEqual, Scalar):
    """output = 1 where data ≠ scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_NotEqualScalar",)


class _greater_scalar(arithmetic.Greater, Scalar):
    """output = 1 where data > scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_GreaterScalar",)


class _greater_equal_scalar(arithmetic.GreaterEqual, Scalar):
    """output = 1 where data >= scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_GreaterEqualScalar",)


class _lesser_scalar(arithmetic.Lesser, Scalar):
    """output = 1 where data < scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_LesserScalar",)


class _lesser_equal_scalar(arithmetic.LesserEqual, Scalar):
    """output = 1 where data <= scalar, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_LesserEqualScalar",)


class _logical_and_scalar(arithmetic.LogicalAnd, Scalar):
    """output = 1 where neither data nor scalar is 0, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_LogicalAndScalar",)


class _logical_or_scalar(arithmetic.LogicalOr, Scalar):
    """output = 0 where both data and scalar are 0, else 1.

    data, output: arrays of one shape.
    """

    aliases = ("_LogicalOrScalar",)


class _logical_xor_scalar(arithmetic.LogicalXor, Scalar):
    """output = 1 where one of data and scalar is 0, else 0.

    data, output: arrays of one shape.
    """

    aliases = ("_LogicalXorScalar",)


class smooth_l1(Op):
    """Smooth L1 loss of each element: output = (σ data)² / 2 up to |data| = 1/σ², |data| - 1/(2σ²) beyond; σ = scalar.

    data, output: arrays of one shape.
    Girshick, Fast R-CNN, 2015; source: src/operator/tensor/elemwise_binary_scalar_op_extended.cc.
    """

    aliases = ("_npx_smooth_l1",)
    backward_uses = ("data",)
    flops_per_element = 4  # absolute value, comparison, square, factor

    scalar: float = param(1.0, doc="σ: the larger, the narrower the round part")

    def _numbers(self, array):
        real = array.dtype.type if array.dtype.kind == "f" else float
        sigma = self.scalar if array.dtype.kind == "f" else int(self.scalar)
        curvature = sigma * sigma
        return real(1 / curvature if curvature else float("inf")), real(curvature), real(0.5)

    def forward(self, ctx, in_data, out_data, aux):
        x = in_data[0]
        kernels.elemwise.smooth_l1(flat(x), *self._numbers(x), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        x = in_data[0]
        kernels.elemwise.smooth_l1_grad(flat(out_grad[0]), flat(x), *self._numbers(x)[:2], flat(in_grad[0]))
