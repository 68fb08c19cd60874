"""Densities of distributions and their derivatives.

Samples are (n, m): m numbers for each of n distributions; parameters are (n,). The results are the densities, or
their logarithms where ``log`` is set. In the gradients ``g`` is that of the densities (n, m), and ``p`` they
themselves: the derivative of a density is the density times that of its logarithm.
"""

import math

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.special import psi

__all__ = [
    "dirichlet", "dirichlet_grad", "exponential", "exponential_grad", "gamma", "gamma_grad",
    "generalized_negative_binomial", "generalized_negative_binomial_grad", "negative_binomial",
    "negative_binomial_grad", "normal", "normal_grad", "poisson", "poisson_grad", "uniform", "uniform_grad",
]  # fmt: skip


@function
def _result(logarithm, log):
    return logarithm if log else np.exp(logarithm)


@function
def _scale(g, p, log):
    return g if log else g * p


@kernel
def uniform(x, low, high, log, out):
    """out[i, j] = 1 / (high[i] - low[i]), whether x[i, j] lies between or not, as in MXNet."""
    for i in range(x.shape[0]):
        size = high[i] - low[i]
        for j in range(x.shape[1]):
            out[i, j] = -np.log(size) if log else 1 / size


@kernel
def uniform_grad(g, p, x, low, high, log, gx, glow, ghigh):
    """The gradients of uniform."""
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            total += _scale(g[i, j], p[i, j], log) / (high[i] - low[i])
            gx[i, j] = 0
        glow[i], ghigh[i] = total, -total


@kernel
def normal(x, mu, sigma, log, out):
    """out[i, j] = exp(-(x[i, j] - mu[i])^2 / (2 sigma[i]^2)) / (sqrt(2 π) sigma[i])."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = (np.float64(x[i, j]) - mu[i]) / sigma[i]
            out[i, j] = _result(-0.5 * z * z - np.log(sigma[i]) - 0.5 * np.log(2 * np.pi), log)


@kernel
def normal_grad(g, p, x, mu, sigma, log, gx, gmu, gsigma):
    """The gradients of normal."""
    for i in range(x.shape[0]):
        first, second = 0.0, 0.0
        for j in range(x.shape[1]):
            scale = np.float64(_scale(g[i, j], p[i, j], log)) / sigma[i]
            z = (np.float64(x[i, j]) - mu[i]) / sigma[i]
            gx[i, j] = -scale * z
            first += scale * z
            second += scale * (z * z - 1)
        gmu[i], gsigma[i] = first, second


@kernel
def gamma(x, alpha, beta, log, out):
    """out[i, j] = beta[i]^a x^(a - 1) exp(-beta[i] x) / Γ(a), a = alpha[i], x = x[i, j]; beta is the rate here."""
    for i in range(x.shape[0]):
        a, b = np.float64(alpha[i]), np.float64(beta[i])
        for j in range(x.shape[1]):
            one = np.float64(x[i, j])
            out[i, j] = _result(a * np.log(b) + (a - 1) * np.log(one) - b * one - math.lgamma(a), log)


@kernel
def gamma_grad(g, p, x, alpha, beta, log, gx, galpha, gbeta):
    """The gradients of gamma."""
    for i in range(x.shape[0]):
        a, b = np.float64(alpha[i]), np.float64(beta[i])
        first, second = 0.0, 0.0
        for j in range(x.shape[1]):
            scale, one = _scale(g[i, j], p[i, j], log), np.float64(x[i, j])
            gx[i, j] = scale * ((a - 1) / one - b)
            first += scale * (np.log(b) + np.log(one) - psi(a))
            second += scale * (a / b - one)
        galpha[i], gbeta[i] = first, second


@kernel
def exponential(x, lam, log, out):
    """out[i, j] = lam[i] exp(-lam[i] x[i, j])."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = _result(np.log(lam[i]) - lam[i] * x[i, j], log)


@kernel
def exponential_grad(g, p, x, lam, log, gx, glam):
    """The gradients of exponential."""
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            scale = _scale(g[i, j], p[i, j], log)
            gx[i, j] = -scale * lam[i]
            total += scale * (1 / lam[i] - x[i, j])
        glam[i] = total


@kernel
def poisson(x, lam, log, out):
    """out[i, j] = lam[i]^x exp(-lam[i]) / x!, x = x[i, j]."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            one = np.float64(x[i, j])
            out[i, j] = _result(one * np.log(lam[i]) - math.lgamma(one + 1) - lam[i], log)


@kernel
def poisson_grad(g, p, x, lam, log, gx, glam):
    """The gradients of poisson; that of x is 0."""
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            gx[i, j] = 0
            total += _scale(g[i, j], p[i, j], log) * (x[i, j] / lam[i] - 1)
        glam[i] = total


@kernel
def negative_binomial(x, k, prob, log, out):
    """out[i, j] = Γ(x + k) / (Γ(k) x!) prob^k (1 - prob)^x, k = k[i], prob = prob[i], x = x[i, j]."""
    for i in range(x.shape[0]):
        a, q = np.float64(k[i]), np.float64(prob[i])
        for j in range(x.shape[1]):
            one = np.float64(x[i, j])
            ways = math.lgamma(one + a) - math.lgamma(one + 1) - math.lgamma(a)
            out[i, j] = _result(ways + a * np.log(q) + one * np.log(1 - q), log)


@kernel
def negative_binomial_grad(g, p, x, k, prob, log, gx, gk, gprob):
    """The gradients of negative_binomial; that of x is 0."""
    for i in range(x.shape[0]):
        a, q = np.float64(k[i]), np.float64(prob[i])
        first, second = 0.0, 0.0
        for j in range(x.shape[1]):
            scale, one = _scale(g[i, j], p[i, j], log), np.float64(x[i, j])
            gx[i, j] = 0
            first += scale * (psi(one + a) - psi(a) + np.log(q))
            second += scale * (a / q - one / (1 - q))
        gk[i], gprob[i] = first, second


@kernel
def generalized_negative_binomial(x, mu, alpha, log, out):
    """out = negative_binomial with k = 1 / alpha[i] and prob = 1 / (mu[i] alpha[i] + 1)."""
    for i in range(x.shape[0]):
        a, q = 1 / np.float64(alpha[i]), 1 / (np.float64(mu[i]) * alpha[i] + 1)
        for j in range(x.shape[1]):
            one = np.float64(x[i, j])
            ways = math.lgamma(one + a) - math.lgamma(one + 1) - math.lgamma(a)
            out[i, j] = _result(ways + a * np.log(q) + one * np.log(1 - q), log)


@kernel
def generalized_negative_binomial_grad(g, p, x, mu, alpha, log, gx, gmu, galpha):
    """The gradients of generalized_negative_binomial, by way of k and prob; that of x is 0."""
    for i in range(x.shape[0]):
        mean, spread = np.float64(mu[i]), np.float64(alpha[i])
        a, q = 1 / spread, 1 / (mean * spread + 1)
        by_k, by_prob = 0.0, 0.0
        for j in range(x.shape[1]):
            scale, one = _scale(g[i, j], p[i, j], log), np.float64(x[i, j])
            gx[i, j] = 0
            by_k += scale * (psi(one + a) - psi(a) + np.log(q))
            by_prob += scale * (a / q - one / (1 - q))
        gmu[i] = -by_prob * q * q * spread
        galpha[i] = -by_k * a * a - by_prob * q * q * mean


@kernel
def dirichlet(x, alpha, log, out):
    """out[i, j] = Γ(Σ alpha[i]) Π x[i, j, c]^(alpha[i, c] - 1) / Π Γ(alpha[i, c]); x (n, m, k), alpha (n, k)."""
    for i in range(x.shape[0]):
        total, known = 0.0, 0.0
        for c in range(x.shape[2]):
            total += alpha[i, c]
            known -= math.lgamma(np.float64(alpha[i, c]))
        known += math.lgamma(total)
        for j in range(x.shape[1]):
            logarithm = known
            for c in range(x.shape[2]):
                logarithm += (alpha[i, c] - 1) * np.log(np.float64(x[i, j, c]))
            out[i, j] = _result(logarithm, log)


@kernel
def dirichlet_grad(g, p, x, alpha, log, gx, galpha):
    """The gradients of dirichlet."""
    galpha[:] = 0
    for i in range(x.shape[0]):
        total = 0.0
        for c in range(x.shape[2]):
            total += alpha[i, c]
        for j in range(x.shape[1]):
            scale = _scale(g[i, j], p[i, j], log)
            for c in range(x.shape[2]):
                gx[i, j, c] = scale * (alpha[i, c] - 1) / x[i, j, c]
                galpha[i, c] += scale * (np.log(np.float64(x[i, j, c])) - psi(np.float64(alpha[i, c])) + psi(total))
