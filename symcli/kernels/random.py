"""Random numbers without a state: each is a hash of the random key, the node's number and its own place.

The hash is SplitMix64's (Steele, Lea and Flood, 2014), a generator whose n-th number can be told without
those before it. So numbers do not depend on the order in which they are made.
"""

import math

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = [
    "draw_classes", "draw_exponential", "draw_gamma", "draw_generalized_negative_binomial", "draw_integers",
    "draw_negative_binomial", "draw_normal", "draw_order", "draw_poisson", "draw_uniform", "draw_unique_zipfian",
    "log_chances", "log_chances_grad", "origin", "philox", "uniform", "unit",
]  # fmt: skip

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@function
def _scramble(z):
    """SplitMix64's mixing of 64 bits."""
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@function
def origin(key, node):
    """Where the numbers of a node begin: a hash of the key (seed, stream, forward count) and the node."""
    bits = np.uint64(0)
    for part in key:
        bits = _scramble((bits ^ part) + _STEP)
    return _scramble((bits ^ np.uint64(node)) + _STEP)


@function
def unit(start, i):
    """The i-th number from an origin on, in [0, 1): the upper 53 bits of its hash."""
    bits = _scramble(start + (np.uint64(i) + np.uint64(1)) * _STEP)
    return np.float64(bits >> np.uint64(11)) * 2.0**-53


@kernel
def uniform(key, node, low, high, out):
    """out[i] = a random number, uniform in [low, high); key (3,) uint64."""
    start = origin(key, node)
    for i in range(out.size):
        out[i] = low + (high - low) * unit(start, i)


@function
def _upper(a, b):
    """The upper 64 bits of a product of two numbers of 64 bits."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    a0, a1, b0, b1 = a & low, a >> shift, b & low, b >> shift
    middle = a1 * b0 + ((a0 * b0) >> shift)
    return a1 * b1 + (middle >> shift) + ((a0 * b1 + (middle & low)) >> shift)


@kernel
def philox(key, numbers, out):
    """out[i, j] = what NumPy's Philox of this key and the counter (0, 0, 0, numbers[i]) gives j-th by ``random()``.

    Philox4x64 of 10 rounds (Salmon et al., 2011); key (2,) and numbers (n,) uint64, out (n, m).
    """
    for i in range(numbers.size):
        for block in range((out.shape[1] + 3) // 4):
            a, b, c, d = np.uint64(block + 1), np.uint64(0), np.uint64(0), numbers[i]
            k, m = key[0], key[1]
            for _ in range(10):
                upper, lower = _upper(np.uint64(0xD2E7470EE14C6C93), a), np.uint64(0xD2E7470EE14C6C93) * a
                other, under = _upper(np.uint64(0xCA5A826395121157), c), np.uint64(0xCA5A826395121157) * c
                a, b, c, d = other ^ b ^ k, under, upper ^ d ^ m, lower
                k += np.uint64(0x9E3779B97F4A7C15)
                m += np.uint64(0xBB67AE8584CAA73B)
            for j, bits in enumerate((a, b, c, d)):
                if 4 * block + j < out.shape[1]:
                    out[i, 4 * block + j] = np.float64(bits >> np.uint64(11)) * 2.0**-53


# ---- distributions: out[p, j] is drawn from the p-th distribution; parameters (n,), out (n, m)


@function
def _stream(start, i):
    """Where the numbers of the i-th element begin, for distributions that need several for one."""
    return _scramble(start + (np.uint64(i) + np.uint64(1)) * _STEP)


@function
def _bell(u, v):
    """A number of the standard normal distribution, of two uniform ones (Box and Muller, 1958)."""
    return np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)


@function
def _gamma(start, alpha):
    """A number of the gamma distribution of shape alpha and scale 1 (Marsaglia and Tsang, 2000)."""
    if not 0 < alpha < np.inf:
        return 0.0 if alpha == 0 else np.nan
    d = (alpha if alpha >= 1 else alpha + 1) - 1 / 3
    tried = 1
    while True:
        x = _bell(unit(start, tried), unit(start, tried + 1))
        root = 1 + x / np.sqrt(9 * d)
        v = root * root * root
        if v > 0 and np.log(1 - unit(start, tried + 2)) < 0.5 * x * x + d - d * v + d * np.log(v):
            return d * v if alpha >= 1 else d * v * (1 - unit(start, 0)) ** (1 / alpha)
        tried += 3


@function
def _poisson(start, lam):
    """A number of the Poisson distribution: by inversion for small means, else by PTRS (Hörmann, 1993)."""
    if not 0 <= lam < np.inf:
        return np.nan
    if lam < 10:
        u, k, part = unit(start, 0), 0.0, np.exp(-lam)
        total = part
        while u >= total and part > 0:
            k += 1
            part *= lam / k
            total += part
        return k
    b = 0.931 + 2.53 * np.sqrt(lam)
    a = 0.02483 * b - 0.059
    tried = 0
    while True:
        u, v = unit(start, tried) - 0.5, unit(start, tried + 1)
        tried += 2
        s = 0.5 - abs(u)
        k = np.floor((2 * a / s + b) * u + lam + 0.43)
        if s >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return k
        if k >= 0 and (s >= 0.013 or v <= s):
            bound = np.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (s * s) + b))
            if bound <= k * np.log(lam) - lam - math.lgamma(k + 1):
                return k


@kernel
def draw_uniform(key, node, low, high, out):
    """Uniform in [low, high)."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            out[p, j] = low[p] + (np.float64(high[p]) - low[p]) * unit(start, p * m + j)


@kernel
def draw_normal(key, node, loc, scale, out):
    """Normal, of mean loc and standard deviation scale."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for i in range(p * m, p * m + m):
            out[p, i - p * m] = loc[p] + scale[p] * _bell(unit(start, 2 * i), unit(start, 2 * i + 1))


@kernel
def draw_exponential(key, node, lam, out):
    """Exponential, of mean 1 / lam."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            out[p, j] = -np.log1p(-unit(start, p * m + j)) / lam[p]


@kernel
def draw_gamma(key, node, alpha, beta, out):
    """Gamma, of shape alpha and scale beta: mean alpha beta."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            out[p, j] = beta[p] * _gamma(_stream(start, p * m + j), np.float64(alpha[p]))


@kernel
def draw_poisson(key, node, lam, out):
    """Poisson counts of mean lam."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            out[p, j] = _poisson(_stream(start, p * m + j), np.float64(lam[p]))


@kernel
def draw_negative_binomial(key, node, k, prob, out):
    """How often an event of probability ``prob`` fails to come before it came k times: mean k (1 - prob) / prob."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        scale = (1 - np.float64(prob[p])) / prob[p]
        for j in range(m):
            own = _stream(start, p * m + j)
            out[p, j] = _poisson(_scramble(own), scale * _gamma(own, np.float64(k[p])))


@kernel
def draw_generalized_negative_binomial(key, node, mu, alpha, out):
    """Counts of mean mu and variance mu + alpha mu²: Poisson counts of a gamma distributed mean."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            own, mean = _stream(start, p * m + j), np.float64(mu[p])
            if alpha[p] != 0:
                mean *= alpha[p] * _gamma(own, 1 / np.float64(alpha[p]))
            out[p, j] = _poisson(_scramble(own), mean)


@kernel
def draw_integers(key, node, low, high, out):
    """out[i] = an integer, uniform in [low, high)."""
    start, span = origin(key, node), np.uint64(high - low)
    for i in range(out.size):
        out[i] = low + np.int64(_stream(start, i) % span)


@kernel
def draw_classes(key, node, chances, out):
    """out[p, j] = class c with probability chances[p, c]; what is missing to 1 falls to the last; chances (n, k)."""
    start, m = origin(key, node), out.shape[1]
    for p in range(out.shape[0]):
        for j in range(m):
            left, c = unit(start, p * m + j) - chances[p, 0], 0
            while c < chances.shape[1] - 1 and not left < 0:
                c += 1
                left -= chances[p, c]
            out[p, j] = c


@kernel
def draw_order(key, node, order):
    """order = the numbers from 0 on, shuffled (Fisher and Yates)."""
    start = origin(key, node)
    for i in range(order.size):
        j = int(unit(start, i) * (i + 1))
        order[i] = order[j]
        order[j] = i


@kernel
def draw_unique_zipfian(key, node, count, seen, out, trials):
    """out[b] = different classes below count, class c with probability log((c + 2) / (c + 1)) / log(count + 1).

    trials[b] = the number of draws that took; seen (count,) is working memory.
    """
    start = origin(key, node)
    for b in range(out.shape[0]):
        seen[:] = 0
        own, found, tried = _stream(start, b), 0, 0
        while found < out.shape[1]:
            c = int(np.exp(unit(own, tried) * np.log(count + 1.0))) - 1
            tried += 1
            if c < count and not seen[c]:
                seen[c] = 1
                out[b, found] = c
                found += 1
        trials[b] = tried


@kernel
def log_chances(chances, classes, out):
    """out[p, j] = log(chances[p, classes[p, j]])."""
    for p in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[p, j] = np.log(chances[p, int(classes[p, j])])


@kernel
def log_chances_grad(g, chances, classes, out):
    """out[p, c] = the sum of g[p, j] / chances[p, c] over the j with classes[p, j] = c."""
    out[:] = 0
    for p in range(g.shape[0]):
        for j in range(g.shape[1]):
            c = int(classes[p, j])
            out[p, c] += g[p, j] / chances[p, c]
