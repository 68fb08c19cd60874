"""Checks of random numbers: the part of MXNet's ``mx.test_utils`` for generators (``python/mxnet/test_utils.py``).

A generator is a function of a number ``n`` that returns ``n`` independent samples.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["chi_square_check", "gen_buckets_probs_with_ppf", "mean_check", "var_check", "verify_generator"]

Generator = Callable[[int], Any]


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Return whether the mean of samples is within three of its standard errors of ``mu``."""
    return bool(abs(np.array(generator(nsamples)).mean() - mu) < 3 * sigma / np.sqrt(nsamples))


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Return whether the variance of samples is within three of its standard errors of ``sigma`` squared."""
    error = np.array(generator(nsamples)).var(ddof=1) - sigma**2
    return bool(abs(error) < 3 * np.sqrt(2 * sigma**4 / (nsamples - 1)))


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return ``nbuckets`` ranges of equal probability, from a quantile function, and the probability of each."""
    if nbuckets < 1:
        raise ValueError(f"gen_buckets_probs_with_ppf: nbuckets={nbuckets}; needs at least 1")
    edges = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(pairwise(edges)), [1 / nbuckets] * nbuckets


def chi_square_check(generator: Generator, buckets: Sequence[Any], probs: Sequence[float],
                     nsamples: int = 1000000) -> tuple[float, np.ndarray, np.ndarray]:  # fmt: skip
    """Return how likely samples are to differ as much from what is expected, how often each bucket came, and should.

    Parameters
    ----------
    buckets : ranges (low, high) in ascending order, or the values of a discrete distribution.
    probs : the probability of each.

    Raises
    ------
    ImportError
        If SciPy is not installed: the likelihood is computed by it.
    ValueError
        If buckets overlap, or are not as many as probabilities.
    """
    try:
        from scipy import stats  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ImportError("chi_square_check computes by SciPy, which is not installed: pip install scipy") from None
    if len(buckets) != len(probs):
        raise ValueError(f"chi_square_check: {len(buckets)} buckets, {len(probs)} probabilities; needs as many")
    samples = np.asarray(generator(nsamples)).reshape(-1)
    expected = (nsamples * np.array(probs, np.float32)).astype(np.int32)
    if isinstance(buckets[0], list | tuple):
        edges = np.array(buckets, np.float32).reshape(-1)
        if (np.diff(edges) < 0).any():
            raise ValueError(f"chi_square_check: the buckets {buckets} overlap; needs ascending ranges")
        places = np.searchsorted(edges, samples, side="right")
        observed = np.bincount(places[places < len(edges)] // 2, minlength=len(buckets))
    else:
        observed = np.array([(samples == value).sum() for value in buckets])
    # Rounding and rare values outside of the buckets leave other sums; the test compares the shapes.
    _, probability = stats.chisquare(observed, expected * (observed.sum() / expected.sum()))
    return float(probability), observed, expected


def verify_generator(generator: Generator, buckets: Sequence[Any], probs: Sequence[float], nsamples: int = 1000000,
                     nrepeat: int = 5, success_rate: float = 0.2, alpha: float = 0.05) -> list[float]:  # fmt: skip
    """Return the likelihoods of ``nrepeat`` chi-square tests.

    Raises
    ------
    AssertionError
        If fewer than the share ``success_rate`` of them are above ``alpha``.
    """
    found = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    likelihoods = [one[0] for one in found]
    if sum(one > alpha for one in likelihoods) < nrepeat * success_rate:
        raise AssertionError(
            f"the samples are not distributed so: likelihoods {likelihoods}, buckets {list(buckets)}, probabilities "
            f"{list(probs)}; observed {[one[1].tolist() for one in found]}, expected {found[0][2].tolist()}"
        )
    return likelihoods
