"""What operators of two values compute: y of a and b, and out = g dy/da, out = g dy/db.

Each is written once and serves three families: two arrays of one shape (``binary``), two arrays that
broadcast (``broadcast``), an array and a number (``scalar``). The gradients have the shape of g.
"""

from typing import ClassVar

from symcli import kernels


class Arithmetic:
    # Whether the gradients are the same for all elements, so that sums over axes may be taken before them.
    constant_slope = False


class Sum(Arithmetic):
    constant_slope = True

    def value(self, a, b, y):
        kernels.elemwise.add(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.move.copy(g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.move.copy(g, out)


class Difference(Arithmetic):
    constant_slope = True

    def value(self, a, b, y):
        kernels.elemwise.subtract(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.move.copy(g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.negative(g, out)


class Product(Arithmetic):
    def value(self, a, b, y):
        kernels.elemwise.multiply(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.multiply(g, b, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.multiply(g, a, out)


class Quotient(Arithmetic):
    def value(self, a, b, y):
        kernels.elemwise.divide(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.divide(g, b, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.multiply(b, b, out)
        kernels.elemwise.divide(a, out, out)
        kernels.elemwise.negative(out, out)
        kernels.elemwise.multiply(out, g, out)


class Remainder(Arithmetic):
    def value(self, a, b, y):
        kernels.elemwise.mod(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.move.copy(g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.divide(a, b, out)
        kernels.elemwise.floor(out, out)
        kernels.elemwise.negative(out, out)
        kernels.elemwise.multiply(out, g, out)


class Power(Arithmetic):
    def value(self, a, b, y):
        # NumPy refuses integers to negative powers; MXNet computes them as real numbers.
        power = kernels.elemwise.power if y.dtype.kind == "f" else kernels.elemwise.float_power
        power(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.subtract(b, 1, out)
        self.value(a, out, out)
        kernels.elemwise.multiply(out, b, out)
        kernels.elemwise.multiply(out, g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.log(a, out)
        kernels.elemwise.multiply(out, y, out)
        kernels.elemwise.multiply(out, g, out)


class Maximum(Arithmetic):
    """Equal values pass the gradient to a, NaN to neither."""

    def value(self, a, b, y):
        kernels.elemwise.maximum(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.greater_equal(a, b, out)
        kernels.elemwise.multiply(out, g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.less(a, b, out)
        kernels.elemwise.multiply(out, g, out)


class Minimum(Arithmetic):
    """Equal values pass the gradient to a, NaN to neither."""

    def value(self, a, b, y):
        kernels.elemwise.minimum(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.less_equal(a, b, out)
        kernels.elemwise.multiply(out, g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.greater(a, b, out)
        kernels.elemwise.multiply(out, g, out)


class Hypotenuse(Arithmetic):
    def value(self, a, b, y):
        kernels.elemwise.hypot(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.elemwise.divide(a, y, out)
        kernels.elemwise.multiply(out, g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.divide(b, y, out)
        kernels.elemwise.multiply(out, g, out)


class Truth:
    """1 or 0, of the type of the operands."""

    gradient: ClassVar[str] = "zero"
    backward_uses: ClassVar[tuple[str, ...] | None] = ()


class Equal(Truth):
    def value(self, a, b, y):
        kernels.elemwise.equal(a, b, y)


class NotEqual(Truth):
    def value(self, a, b, y):
        kernels.elemwise.not_equal(a, b, y)


class Greater(Truth):
    def value(self, a, b, y):
        kernels.elemwise.greater(a, b, y)


class GreaterEqual(Truth):
    def value(self, a, b, y):
        kernels.elemwise.greater_equal(a, b, y)


class Lesser(Truth):
    def value(self, a, b, y):
        kernels.elemwise.less(a, b, y)


class LesserEqual(Truth):
    def value(self, a, b, y):
        kernels.elemwise.less_equal(a, b, y)


class LogicalAnd(Truth):
    def value(self, a, b, y):
        kernels.elemwise.logical_and(a, b, y)


class LogicalOr(Truth):
    def value(self, a, b, y):
        kernels.elemwise.logical_or(a, b, y)


class LogicalXor(Truth):
    def value(self, a, b, y):
        kernels.elemwise.logical_xor(a, b, y)
