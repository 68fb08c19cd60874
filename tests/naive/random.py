"""Twins of the random operators: the same numbers, drawn one at a time."""

import math

import numpy as np

from tests.naive.dropout import scramble
from tests.naive.twin import twin

STEP = np.uint64(0x9E3779B97F4A7C15)


class Stream:
    """Random numbers in [0, 1) by their place, from a hash on."""

    def __init__(self, start):
        self.start = start  # uint64 of one entry: arrays wrap around without a warning

    def bits(self, i):
        return scramble(self.start + np.array([i + 1], np.uint64) * STEP)

    def unit(self, i):
        return (self.bits(i) >> np.uint64(11)).item() / 2**53

    def of(self, i):
        """The stream of one element."""
        return Stream(self.bits(i))

    def next(self):
        return Stream(scramble(self.start))

    def bell(self, i):
        return math.sqrt(-2 * math.log1p(-self.unit(i))) * math.cos(2 * math.pi * self.unit(i + 1))


def stream(run):
    start = np.zeros(1, np.uint64)
    for part in (*run.key, np.uint64(run.node)):
        start = scramble((start ^ part) + STEP)
    return Stream(start)


def gamma(own, alpha):
    d, tried = (alpha if alpha >= 1 else alpha + 1) - 1 / 3, 1
    while True:
        x = own.bell(tried)
        v = (1 + x / math.sqrt(9 * d)) ** 3
        if v > 0 and math.log(1 - own.unit(tried + 2)) < x * x / 2 + d - d * v + d * math.log(v):
            return d * v * (1 if alpha >= 1 else (1 - own.unit(0)) ** (1 / alpha))
        tried += 3


def poisson(own, lam):
    if lam < 10:
        total, k = math.exp(-lam), 0
        while own.unit(0) >= total:
            k += 1
            total += math.exp(-lam) * lam**k / math.factorial(k)
        return k
    b = 0.931 + 2.53 * math.sqrt(lam)
    a, tried = 0.02483 * b - 0.059, 0
    while True:
        u, v = own.unit(tried) - 0.5, own.unit(tried + 1)
        tried += 2
        s = 0.5 - abs(u)
        k = math.floor((2 * a / s + b) * u + lam + 0.43)
        if s >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return k
        if k < 0 or (s < 0.013 and v > s):
            continue
        if v * (1.1239 + 1.1328 / (b - 3.4)) / (a / s**2 + b) <= math.exp(k * math.log(lam) - lam - math.lgamma(k + 1)):
            return k


DRAWS = {
    "uniform": lambda s, i, low, high: low + (high - low) * s.unit(i),
    "normal": lambda s, i, loc, scale: loc + scale * s.bell(2 * i),
    "gamma": lambda s, i, alpha, beta: beta * gamma(s.of(i), alpha),
    "exponential": lambda s, i, lam: -math.log1p(-s.unit(i)) / lam,
    "poisson": lambda s, i, lam: poisson(s.of(i), lam),
    "negative_binomial": lambda s, i, k, p: poisson(s.of(i).next(), (1 - p) / p * gamma(s.of(i), k)),
    "generalized_negative_binomial": lambda s, i, mu, alpha: poisson(
        s.of(i).next(), mu * alpha * gamma(s.of(i), 1 / alpha) if alpha else mu
    ),
}
NAMES = {
    "uniform": ("low", "high"),
    "normal": ("loc", "scale"),
    "gamma": ("alpha", "beta"),
    "exponential": ("lam",),
    "poisson": ("lam",),
    "negative_binomial": ("k", "p"),
    "generalized_negative_binomial": ("mu", "alpha"),
}


@twin(*(f"_random_{one}" for one in DRAWS), *(f"_random_{one}_like" for one in DRAWS))
def random(op, inputs, run):
    kind = op.name.removeprefix("_random_").removesuffix("_like")
    shape = inputs["data"].shape if inputs else op.shape
    numbers = [getattr(op, name) for name in NAMES[kind]]
    return [np.reshape([DRAWS[kind](stream(run), i, *numbers) for i in range(math.prod(shape))], shape)]


@twin(*(f"_sample_{one}" for one in DRAWS))
def sample(op, inputs, run):
    kind, arrays = op.name.removeprefix("_sample_"), [array.ravel() for array in inputs.values()]
    each = math.prod(op.shape)
    numbers = [DRAWS[kind](stream(run), i, *(array[i // each] for array in arrays))
               for i in range(arrays[0].size * each)]  # fmt: skip
    return [np.reshape(numbers, next(iter(inputs.values())).shape + op.shape)]


@twin("_random_randint")
def randint(op, inputs, run):
    numbers = [op.low + stream(run).bits(i).item() % (op.high - op.low) for i in range(math.prod(op.shape))]
    return [np.reshape(numbers, op.shape)]


def classes(op, data, run):
    chances, each = data.reshape(-1, data.shape[-1]), math.prod(op.shape)
    found = [int((np.cumsum(chances[i // each])[:-1] <= stream(run).unit(i)).sum()) for i in range(len(chances) * each)]
    return np.reshape(found, data.shape[:-1] + op.shape or (1,))


@twin("_sample_multinomial")
def multinomial(op, inputs, run):
    data = inputs["data"]
    found = classes(op, data, run)
    if not op.get_prob:
        return [found]
    spread = found.reshape(*data.shape[:-1], -1)
    return [found, np.log(np.take_along_axis(data, spread, -1)).reshape(found.shape)]


@twin("_shuffle")
def shuffle(op, inputs, run):
    order = []
    for i in range(len(inputs["data"])):
        j = int(stream(run).unit(i) * (i + 1))
        order.append(i)
        order[i], order[j] = order[j], order[i]
    return [inputs["data"][order]]


@twin("_sample_unique_zipfian")
def unique_zipfian(op, inputs, run):
    rows, trials = [], []
    for b in range(op.shape[0]):
        own, row, tried = stream(run).of(b), [], 0
        while len(row) < op.shape[1]:
            one = int((op.range_max + 1) ** own.unit(tried)) - 1
            row += [one] if one not in row else []
            tried += 1
        rows.append(row)
        trials.append(tried)
    return [rows, trials]
