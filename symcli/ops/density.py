"""Densities of the random distributions at given samples, with gradients of samples and parameters."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.params import param
from symcli.shapes import merge_all, prod, text


class Density(Floating, abstract=True):
    """``family`` names the kernels; parameters have the first axes of sample, ``inner`` axes more than output."""

    family: ClassVar[str]
    inner: ClassVar[int] = 0  # axes of sample that one density takes up

    is_log: bool = param(False, doc="the density's logarithm")

    def infer_shape(self, in_shape, out_shape):
        sample, *parameters = in_shape
        one = merge_all(*parameters)
        if not sample or not one:
            return [sample, *[one] * len(parameters)], out_shape
        lead = len(one) - self.inner
        if lead > len(sample) - self.inner or lead < 0:
            raise ShapeError(f"sample is {text(sample)}; parameters of {text(one)} need more axes in front")
        tail = sample[len(sample) - self.inner :]
        merge_all(sample[:lead] or None, one[:lead] or None)
        merge_all(tail or None, one[lead:] or None)
        return [sample, *[one] * len(parameters)], [sample[: len(sample) - self.inner]]

    def grids(self, sample, parameters, *densities):
        # sample (n, m) and inner axes, parameters (n,) and inner axes, densities (n, m)
        tail = sample.shape[sample.ndim - self.inner :]
        n = prod(parameters[0].shape[: parameters[0].ndim - self.inner])
        m = prod(sample.shape[: sample.ndim - self.inner]) // max(n, 1)
        return (sample.reshape(n, m, *tail), [one.reshape(n, *tail) for one in parameters],
                [one.reshape(n, m) for one in densities])  # fmt: skip

    def forward(self, ctx, in_data, out_data, aux):
        x, parameters, (out,) = self.grids(in_data[0], in_data[1:], out_data[0])
        getattr(kernels.density, self.family)(x, *parameters, self.is_log, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        x, parameters, (g, p) = self.grids(in_data[0], in_data[1:], out_grad[0], out_data[0])
        into = [ctx.scratch(array.shape, array.dtype) if grad is None else grad
                for array, grad in zip(in_data, in_grad, strict=True)]  # fmt: skip
        gx, places, _ = self.grids(into[0], into[1:])
        getattr(kernels.density, f"{self.family}_grad")(g, p, x, *parameters, self.is_log, gx, *places)


class _random_pdf_uniform(Density):
    """The density of the uniform distribution: output = 1 / (high - low).

    sample          (d1, d2, ...)
    low, high       the first axes of sample, one distribution each
    output          as sample

    As in MXNet, samples outside of the bounds have it too. Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_uniform",)
    arguments = ("sample", "low", "high")
    family = "uniform"


class _random_pdf_normal(Density):
    """The density of the normal distribution: output = exp(-(sample - mu)² / (2 sigma²)) / (sqrt(2 π) sigma).

    sample          (d1, d2, ...)
    mu, sigma       the first axes of sample, one distribution each
    output          as sample

    Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_normal",)
    arguments = ("sample", "mu", "sigma")
    family = "normal"


class _random_pdf_gamma(Density):
    """The density of the gamma distribution: output = beta^alpha sample^(alpha - 1) exp(-beta sample) / Γ(alpha).

    sample          (d1, d2, ...)
    alpha, beta     the first axes of sample, one distribution each; beta is a rate here, in sample_gamma a scale
    output          as sample

    Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_gamma",)
    arguments = ("sample", "alpha", "beta")
    family = "gamma"


class _random_pdf_exponential(Density):
    """The density of the exponential distribution: output = lam exp(-lam sample).

    sample          (d1, d2, ...)
    lam             the first axes of sample, one distribution each
    output          as sample

    Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_exponential",)
    arguments = ("sample", "lam")
    family = "exponential"


class _random_pdf_poisson(Density):
    """The probability of counts of a Poisson distribution: output = lam^sample exp(-lam) / sample!.

    sample          (d1, d2, ...)
    lam             the first axes of sample, one distribution each
    output          as sample

    The gradient of sample is 0. Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_poisson",)
    arguments = ("sample", "lam")
    family = "poisson"


class _random_pdf_negative_binomial(Density):
    """The probability that an event of probability p fails to come ``sample`` times before it came k times.

    sample          (d1, d2, ...)
    k, p            the first axes of sample, one distribution each
    output          as sample: Γ(sample + k) / (Γ(k) sample!) p^k (1 - p)^sample

    The gradient of sample is 0. Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_negative_binomial",)
    arguments = ("sample", "k", "p")
    family = "negative_binomial"


class _random_pdf_generalized_negative_binomial(Density):
    """The probability of counts of mean mu and variance mu + alpha mu².

    sample          (d1, d2, ...)
    mu, alpha       the first axes of sample, one distribution each
    output          as sample: that of the negative binomial distribution with k = 1 / alpha, p = 1 / (mu alpha + 1)

    The gradient of sample is 0. Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_generalized_negative_binomial",)
    arguments = ("sample", "mu", "alpha")
    family = "generalized_negative_binomial"


class _random_pdf_dirichlet(Density):
    """The density of the Dirichlet distribution: output = Γ(Σ alpha) Π sample^(alpha - 1) / Π Γ(alpha).

    sample          (d1, d2, ..., k)   k shares, which add up to 1
    alpha           (d1, ..., k)       the first axes of sample, one distribution each, and the last
    output          (d1, d2, ...)

    Source: src/operator/random/pdf_op.cc.
    """

    aliases = ("random_pdf_dirichlet",)
    arguments = ("sample", "alpha")
    family = "dirichlet"
    inner = 1
