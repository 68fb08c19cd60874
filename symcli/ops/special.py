"""Special functions, elementwise."""

import math

from symcli import kernels
from symcli.ops.unary import Unary


class erf(Unary):
    """Error function: output = 2 / sqrt(π) times the integral of exp(-t²) from 0 to data.

    data, output: arrays of one shape.
    """

    aliases = ("_npx_erf",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.special.erf(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.negative(out, out)
        kernels.elemwise.exp(out, out)
        kernels.elemwise.multiply(out, 2 / math.sqrt(math.pi), out)


class erfinv(Unary):
    """Inverse error function: erf(output) = data.

    data, output: arrays of one shape.
    Beyond -1 and 1 it is NaN, of integers 0.
    """

    aliases = ("_npx_erfinv",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.special.erfinv(x, math.nan if y.dtype.kind == "f" else 0.0, y)

    def slope(self, x, y, out):
        kernels.elemwise.square(y, out)
        kernels.elemwise.exp(out, out)
        kernels.elemwise.multiply(out, math.sqrt(math.pi) / 2, out)


class gamma(Unary):
    """Gamma function: output = Γ(data), (data - 1)! of whole numbers.

    data, output: arrays of one shape.
    """

    aliases = ("_npx_gamma", "_sparse_gamma")
    backward_uses = ("data", "output")

    def value(self, x, y):
        kernels.special.gamma(x, y)

    def slope(self, x, y, out):
        kernels.special.digamma(x, out)
        kernels.elemwise.multiply(out, y, out)


class gammaln(Unary):
    """Logarithm of the gamma function: output = log |Γ(data)|.

    data, output: arrays of one shape.
    """

    aliases = ("_npx_gammaln", "_sparse_gammaln")
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.special.gammaln(x, y)

    def slope(self, x, y, out):
        kernels.special.digamma(x, out)
