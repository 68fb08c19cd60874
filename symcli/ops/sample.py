"""Random numbers of distributions that arrays describe, random classes and random orders."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import Op
from symcli.ops.random import REALS
from symcli.ops.views import flat, rows
from symcli.params import DType, param
from symcli.shapes import merge_all, text


class Samples(Op, abstract=True):
    gradient = "zero"

    drawn: ClassVar[str]  # the kernel

    shape: tuple[int, ...] = param((), ge=1, doc="the shape of the numbers drawn from each distribution")
    dtype: DType | None = param(None, choices=REALS, doc="the output's element type; None: float32")

    def infer_shape(self, in_shape, out_shape):
        out = out_shape[0]
        told = out[: len(out) - len(self.shape)] if out else None
        lead = merge_all(*in_shape, told or None)
        return [lead] * len(in_shape), [lead and lead + self.shape]

    def infer_type(self, in_type, out_type):
        known = None
        for one in in_type:
            known = merge_dtypes(known, one)
        return [known] * len(in_type), [self.dtype or "float32"]

    def forward(self, ctx, in_data, out_data, aux):
        draw = getattr(kernels.random, f"draw_{self.drawn}")
        draw(ctx.key, ctx.node, *map(flat, in_data), out_data[0].reshape(in_data[0].size, -1))


class _sample_uniform(Samples):
    """Random numbers of many distributions, each uniform in [low, high).

    low, high  one shape
    output     (*low's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("low", "high")
    aliases = ("sample_uniform",)
    drawn = "uniform"


class _sample_normal(Samples):
    """Random numbers of many normal distributions of mean mu and standard deviation sigma.

    mu, sigma  one shape
    output     (*mu's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("mu", "sigma")
    aliases = ("sample_normal",)
    drawn = "normal"


class _sample_gamma(Samples):
    """Random numbers of many gamma distributions of shape alpha and scale beta.

    alpha, beta  one shape
    output       (*alpha's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("alpha", "beta")
    aliases = ("sample_gamma",)
    drawn = "gamma"


class _sample_exponential(Samples):
    """Random numbers of many exponential distributions of rate lam.

    lam     any shape
    output  (*lam's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("lam",)
    aliases = ("sample_exponential",)
    drawn = "exponential"


class _sample_poisson(Samples):
    """Random counts of many Poisson distributions of mean lam.

    lam     any shape
    output  (*lam's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("lam",)
    aliases = ("sample_poisson",)
    drawn = "poisson"


class _sample_negative_binomial(Samples):
    """Random counts of many distributions: failures of an event of probability p before it came k times.

    k, p    one shape
    output  (*k's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("k", "p")
    aliases = ("sample_negative_binomial",)
    drawn = "negative_binomial"


class _sample_generalized_negative_binomial(Samples):
    """Random counts of many distributions of mean mu and variance mu + alpha mu².

    mu, alpha  one shape
    output     (*mu's shape, *shape)

    Source: src/operator/random/multisample_op.cc.
    """

    arguments = ("mu", "alpha")
    aliases = ("sample_generalized_negative_binomial",)
    drawn = "generalized_negative_binomial"


class _sample_multinomial(Floating):
    """Random classes: output = c with probability data[..., c].

    data     (..., K)          probabilities, which sum to 1
    output0  (..., *shape)     classes; (1,) for one class of one distribution
    output1  as output0        with get_prob: log(data[..., output0]), in data's element type

    The gradient of data is that of output1. Source: src/operator/random/sample_multinomial_op.cc.
    """

    outputs = ("output0", "output1")
    aliases = ("sample_multinomial",)
    backward_uses = ("data", "output0")

    shape: tuple[int, ...] = param((), ge=1, doc="the shape of the classes drawn from each distribution")
    get_prob: bool = param(False, doc="give the logarithms of the probabilities too")
    dtype: DType = param("int32", choices=("float16", "float32", "float64", "int32", "uint8"),
                         doc="the element type of the classes")  # fmt: skip

    def list_outputs(self):
        return ["output0", "output1"] if self.get_prob else ["output"]

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        return in_shape, [data and (data[:-1] + self.shape or (1,))] * len(out_shape)

    def infer_type(self, in_type, out_type):
        super().infer_type(in_type, in_type)
        if not self.get_prob:
            return in_type, [self.dtype]
        known = merge_dtypes(in_type[0], out_type[1])
        return [known], [self.dtype, known]

    def forward(self, ctx, in_data, out_data, aux):
        chances = rows(in_data[0], in_data[0].shape[-1])
        classes, *logs = (array.reshape(len(chances), -1) for array in out_data)
        kernels.random.draw_classes(ctx.key, ctx.node, chances, classes)
        for log in logs:
            kernels.random.log_chances(chances, classes, log)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if not self.get_prob:
            kernels.move.fill(0, in_grad[0])
            return
        chances, into = (rows(array, array.shape[-1]) for array in (in_data[0], in_grad[0]))
        g, classes = (array.reshape(len(chances), -1) for array in (out_grad[1], out_data[0]))
        kernels.random.log_chances_grad(g, chances, classes, into)


class _shuffle(Op):
    """The entries of the first axis in random order.

    data, output: arrays of one shape.

    Source: src/operator/random/shuffle_op.cc.
    """

    aliases = ("_npi_shuffle", "shuffle")
    gradient = "none"

    def forward(self, ctx, in_data, out_data, aux):
        data, out = (array.reshape(1, len(array), -1) for array in (in_data[0], out_data[0]))
        order = ctx.scratch((data.shape[1],), "int64")
        kernels.random.draw_order(ctx.key, ctx.node, order)
        kernels.index.take(data, order, False, out)


class _sample_unique_zipfian(Op):
    """Random classes without repetition, class c with probability log((c + 2) / (c + 1)) / log(range_max + 1).

    output0  shape, int64           classes, all different in each row
    output1  (shape[0],), int64     how many were drawn until there were enough

    Source: src/operator/random/unique_sample_op.cc.
    """

    arguments = ()
    outputs = ("output0", "output1")
    gradient = "zero"

    range_max: int = param(ge=1, doc="the number of classes")
    shape: tuple[int, ...] | None = param(None, ge=1, doc="the shape of output0: (rows, classes in a row)")

    def infer_shape(self, in_shape, out_shape):
        if self.shape is None or len(self.shape) != 2 or self.shape[1] > self.range_max:
            raise ShapeError(f"shape is {text(self.shape)}; needs (rows, classes in a row), "
                             f"of these at most range_max={self.range_max}")  # fmt: skip
        return [], [self.shape, self.shape[:1]]

    def infer_type(self, in_type, out_type):
        return [], ["int64", "int64"]

    def forward(self, ctx, in_data, out_data, aux):
        seen = ctx.scratch((self.range_max,), "uint8")
        kernels.random.draw_unique_zipfian(ctx.key, ctx.node, self.range_max, seen, *out_data)
