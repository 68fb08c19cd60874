"""Angles: trigonometric and hyperbolic functions and their inverses, elementwise."""

from symcli import kernels
from symcli.ops.unary import Unary


class sin(Unary):
    """Sine: output = sin(data), data in radians.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_sin",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.sin(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.cos(x, out)


class cos(Unary):
    """Cosine: output = cos(data), data in radians.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_cos",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.cos(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.sin(x, out)
        kernels.elemwise.negative(out, out)


class tan(Unary):
    """Tangent: output = tan(data), data in radians.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_tan",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.tan(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.square(y, out)
        kernels.elemwise.add(out, 1, out)


class arcsin(Unary):
    """Inverse sine, in radians: sin(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arcsin",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arcsin(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.subtract(1, out, out)
        kernels.elemwise.sqrt(out, out)
        kernels.elemwise.divide(g, out, out)


class arccos(Unary):
    """Inverse cosine, in radians: cos(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arccos",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arccos(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.subtract(1, out, out)
        kernels.elemwise.sqrt(out, out)
        kernels.elemwise.divide(g, out, out)
        kernels.elemwise.negative(out, out)


class arctan(Unary):
    """Inverse tangent, in radians: tan(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arctan",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arctan(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.add(out, 1, out)
        kernels.elemwise.divide(g, out, out)


class degrees(Unary):
    """Radians to degrees: output = 180 data / π.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_degrees",)
    backward_uses = ()

    def value(self, x, y):
        kernels.elemwise.degrees(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.degrees(g, out)


class radians(Unary):
    """Degrees to radians: output = π data / 180.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_radians",)
    backward_uses = ()

    def value(self, x, y):
        kernels.elemwise.radians(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.radians(g, out)


class sinh(Unary):
    """Hyperbolic sine: output = (e^data - e^-data) / 2.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_sinh",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.sinh(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.cosh(x, out)


class cosh(Unary):
    """Hyperbolic cosine: output = (e^data + e^-data) / 2.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_cosh",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.cosh(x, y)

    def slope(self, x, y, out):
        kernels.elemwise.sinh(x, out)


class tanh(Unary):
    """Hyperbolic tangent: output = sinh(data) / cosh(data).

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_tanh",)
    backward_uses = ("output",)

    def value(self, x, y):
        kernels.elemwise.tanh(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.tanh_grad(g, y, out)


class arcsinh(Unary):
    """Inverse hyperbolic sine: sinh(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arcsinh",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arcsinh(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.add(out, 1, out)
        kernels.elemwise.sqrt(out, out)
        kernels.elemwise.divide(g, out, out)


class arccosh(Unary):
    """Inverse hyperbolic cosine: cosh(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arccosh",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arccosh(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.subtract(out, 1, out)
        kernels.elemwise.sqrt(out, out)
        kernels.elemwise.divide(g, out, out)


class arctanh(Unary):
    """Inverse hyperbolic tangent: tanh(output) = data.

    data, output: arrays of one shape.
    """

    aliases = ("_sparse_arctanh",)
    backward_uses = ("data",)

    def value(self, x, y):
        kernels.elemwise.arctanh(x, y)

    def grad(self, g, x, y, out):
        kernels.elemwise.square(x, out)
        kernels.elemwise.subtract(1, out, out)
        kernels.elemwise.divide(g, out, out)
