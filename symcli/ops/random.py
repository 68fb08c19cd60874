"""Random numbers of distributions that parameters name, in a given shape or in that of an array.

The numbers are a hash of the executor's random key, the node and the place: the same seed brings them back.
MXNet's own numbers are not reproduced.
"""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import DType, declared, param
from symcli.shapes import merge

REALS = ("float16", "float32", "float64")


class Distribution(Op, abstract=True):
    """The parameters of a distribution are numbers, so they come before those of the mixed in ``Given`` or ``Like``."""

    gradient = "zero"

    drawn: ClassVar[str]  # the kernel

    def check(self):
        """Raise ``ShapeError`` for parameters that contradict each other."""

    def infer_shape(self, in_shape, out_shape):
        self.check()
        return super().infer_shape(in_shape, out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        constants = []
        for name in declared(type(self)):
            if name not in ("shape", "ctx", "dtype"):
                constants.append(ctx.scratch((1,), "float64"))
                kernels.move.fill(getattr(self, name), constants[-1])
        draw = getattr(kernels.random, f"draw_{self.drawn}")
        draw(ctx.key, ctx.node, *constants, out_data[0].reshape(1, -1))


class Given(Op, abstract=True):
    arguments = ()

    shape: tuple[int, ...] | None = param(None, ge=0, doc="the output's shape; 0 is a size that the graph tells")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType | None = param(None, choices=REALS, doc="the output's element type; None: float32")

    def infer_shape(self, in_shape, out_shape):
        self.check()
        return [], [merge(self.shape or None, out_shape[0])]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype or out_type[0] or "float32"]


class Uniform(Distribution, abstract=True):
    drawn = "uniform"

    low: float = param(0.0, doc="the lower bound")
    high: float = param(1.0, doc="the upper bound, which is not reached")

    def check(self):
        if self.high < self.low:
            raise ShapeError(f"low={self.low:g} is above high={self.high:g}; needs low <= high")


class Normal(Distribution, abstract=True):
    drawn = "normal"

    loc: float = param(0.0, doc="the mean")
    scale: float = param(1.0, gt=0, doc="the standard deviation")


class Gamma(Distribution, abstract=True):
    drawn = "gamma"

    alpha: float = param(1.0, gt=0, doc="the shape")
    beta: float = param(1.0, gt=0, doc="the scale; the mean is alpha * beta")


class Exponential(Distribution, abstract=True):
    drawn = "exponential"

    lam: float = param(1.0, gt=0, doc="the rate; the mean is 1 / lam")


class Poisson(Distribution, abstract=True):
    drawn = "poisson"

    lam: float = param(1.0, ge=0, doc="the mean")


class NegativeBinomial(Distribution, abstract=True):
    drawn = "negative_binomial"

    k: int = param(1, ge=0, doc="how often the event has to come")
    p: float = param(1.0, gt=0, le=1, doc="the event's probability; the mean is k * (1 - p) / p")


class GeneralizedNegativeBinomial(Distribution, abstract=True):
    drawn = "generalized_negative_binomial"

    mu: float = param(1.0, ge=0, doc="the mean")
    alpha: float = param(1.0, ge=0, doc="the dispersion; the variance is mu + alpha * mu²")


class _random_uniform(Given, Uniform):
    """Random numbers, uniform in [low, high).

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_uniform", "uniform")


class _random_normal(Given, Normal):
    """Normally distributed random numbers of mean loc and standard deviation scale.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("normal", "random_normal")


class _random_gamma(Given, Gamma):
    """Gamma distributed random numbers of shape alpha and scale beta.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_gamma",)


class _random_exponential(Given, Exponential):
    """Exponentially distributed random numbers of rate lam.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_exponential",)


class _random_poisson(Given, Poisson):
    """Random counts of a Poisson distribution of mean lam.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_poisson",)


class _random_negative_binomial(Given, NegativeBinomial):
    """Random counts: how often an event of probability p fails to come before it came k times.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_negative_binomial",)


class _random_generalized_negative_binomial(Given, GeneralizedNegativeBinomial):
    """Random counts of mean mu and variance mu + alpha mu²: Poisson counts of a gamma distributed mean.

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    aliases = ("random_generalized_negative_binomial",)


class _random_randint(Op):
    """Random integers, uniform in [low, high).

    output  shape

    Source: src/operator/random/sample_op.cc.
    """

    arguments = ()
    aliases = ("_npi_random_randint", "random_randint")
    gradient = "zero"

    low: int = param(doc="the lower bound")
    high: int = param(doc="the upper bound, which is not reached")
    shape: tuple[int, ...] | None = param(None, ge=0, doc="the output's shape; 0 is a size that the graph tells")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType | None = param(None, choices=("int32", "int64"), doc="the output's element type; None: int32")

    def infer_shape(self, in_shape, out_shape):
        if self.high <= self.low:
            raise ShapeError(f"no integers lie from low={self.low} to high={self.high}; needs low < high")
        return [], [merge(self.shape or None, out_shape[0])]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype or out_type[0] or "int32"]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.random.draw_integers(ctx.key, ctx.node, self.low, self.high, flat(out_data[0]))


class _random_uniform_like(Floating, Uniform):
    """Random numbers in the shape and element type of data, uniform in [low, high).

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_normal_like(Floating, Normal):
    """Normally distributed random numbers of mean loc and standard deviation scale, in data's shape and type.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_gamma_like(Floating, Gamma):
    """Gamma distributed random numbers of shape alpha and scale beta, in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_exponential_like(Floating, Exponential):
    """Exponentially distributed random numbers of rate lam, in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_poisson_like(Floating, Poisson):
    """Random counts of a Poisson distribution of mean lam, in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_negative_binomial_like(Floating, NegativeBinomial):
    """Random counts of failures of an event of probability p before it came k times, in data's shape and type.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """


class _random_generalized_negative_binomial_like(Floating, GeneralizedNegativeBinomial):
    """Random counts of mean mu and variance mu + alpha mu², in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/random/sample_op.cc.
    """
