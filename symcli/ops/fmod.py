"""The remainder that keeps the sign of the dividend, which MXNet 1.9 lacks; ``%`` and ``modulo`` take the divisor's."""

from symcli import kernels
from symcli.ops.arithmetic import Arithmetic
from symcli.ops.broadcast import Broadcast
from symcli.ops.scalar import Scalar, ScalarFirst


class Truncated(Arithmetic):
    def value(self, a, b, y):
        kernels.elemwise.fmod(a, b, y)

    def lhs_grad(self, g, a, b, y, out):
        kernels.move.copy(g, out)

    def rhs_grad(self, g, a, b, y, out):
        kernels.elemwise.divide(a, b, out)
        kernels.elemwise.trunc(out, out)
        kernels.elemwise.negative(out, out)
        kernels.elemwise.multiply(out, g, out)


class broadcast_fmod(Truncated, Broadcast):
    """Broadcasting remainder with the sign of lhs: output = lhs - rhs trunc(lhs / rhs); 0 where rhs is 0.

    lhs, rhs, output: sizes equal, or 1 in lhs or rhs; missing leading axes count as 1.

    MXNet 1.9 has no such operator; the other names are those of MXNet 2.
    """

    aliases = ("fmod", "_npi_fmod")
    backward_uses = ("lhs", "rhs")


class _fmod_scalar(Truncated, Scalar):
    """output = data - scalar trunc(data / scalar), the remainder with the sign of data; 0 where scalar is 0.

    data, output: arrays of one shape.
    """

    aliases = ("_npi_fmod_scalar",)
    backward_uses = ()


class _rfmod_scalar(Truncated, ScalarFirst):
    """output = scalar - data trunc(scalar / data), the remainder with the sign of scalar; 0 where data is 0.

    data, output: arrays of one shape.
    """

    aliases = ("_npi_rfmod_scalar",)
    backward_uses = ("data",)
