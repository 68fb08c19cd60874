"""Rounding, signs and truth, elementwise: steps, whose gradient is 0, or passes straight through."""

from symcli import kernels
from symcli.ops.unary import Unary


class Step(Unary, abstract=True):
    gradient = "zero"
    backward_uses = ()


class sign(Step):
    """Sign: output = -1, 0 or 1; 0 for NaN.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_sign",)

    def value(self, x, y):
        kernels.elemwise.sign(x, y)


class Round(Step, name="round"):
    """Nearest whole number; of two, the one further from 0.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_round",)

    def value(self, x, y):
        kernels.elemwise.round_away(x, y)


class rint(Step):
    """Nearest whole number; of two, the lower one.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_rint",)

    def value(self, x, y):
        kernels.elemwise.rint(x, y)


class ceil(Step):
    """Smallest whole number from data on.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_ceil",)

    def value(self, x, y):
        kernels.elemwise.ceil(x, y)


class floor(Step):
    """Largest whole number up to data.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_floor",)

    def value(self, x, y):
        kernels.elemwise.floor(x, y)


class trunc(Step):
    """The next whole number towards 0.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_trunc",)

    def value(self, x, y):
        kernels.elemwise.trunc(x, y)


class fix(Step):
    """The next whole number towards 0.

    data, output: arrays of one shape. The gradient is 0.
    """

    aliases = ("_sparse_fix",)

    def value(self, x, y):
        kernels.elemwise.trunc(x, y)


class logical_not(Step):
    """Not: output = 1 where data is 0, else 0.

    data, output: arrays of one shape. The gradient is 0.
    """

    def value(self, x, y):
        kernels.elemwise.logical_not(x, y)


class StraightThrough(Unary, abstract=True):
    backward_uses = ()

    def grad(self, g, x, y, out):
        kernels.move.copy(g, out)


class _contrib_round_ste(StraightThrough):
    """Nearest whole number, as round, through which gradients pass unchanged: for training with rounded numbers.

    data, output: arrays of one shape.

    Bengio, Leonard and Courville, 2013. Source: src/operator/contrib/stes_op.cc.
    """

    aliases = ("_sparse__contrib_round_ste",)

    def value(self, x, y):
        kernels.elemwise.round_away(x, y)


class _contrib_sign_ste(StraightThrough):
    """Sign, as sign, through which gradients pass unchanged: for training with binary numbers.

    data, output: arrays of one shape.

    Bengio, Leonard and Courville, 2013. Source: src/operator/contrib/stes_op.cc.
    """

    aliases = ("_sparse__contrib_sign_ste",)

    def value(self, x, y):
        kernels.elemwise.sign(x, y)
