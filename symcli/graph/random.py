"""Random numbers in graphs: MXNet's ``mx.sym.random``.

Parameters that are numbers describe one distribution, parameters that are symbols one for each of their entries.
"""

from collections.abc import Callable
from typing import Any

from symcli.graph import symbol
from symcli.graph.symbol import Symbol

__all__ = [
    "exponential", "gamma", "generalized_negative_binomial", "multinomial", "negative_binomial", "normal", "poisson",
    "randint", "randn", "shuffle", "uniform",
]  # fmt: skip


def uniform(low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return numbers from [low, high)."""
    return _drawn("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return normally distributed numbers of mean ``loc`` and standard deviation ``scale``."""
    return _drawn("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return normally distributed numbers; the sizes are given one by one."""
    return normal(loc, scale, shape, dtype, **kwargs)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return counts of a Poisson distribution of mean ``lam``."""
    return _drawn("poisson", {"lam": lam}, shape, dtype, kwargs)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return exponentially distributed numbers of mean ``scale``."""
    return _drawn("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def gamma(alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return gamma distributed numbers of shape ``alpha`` and scale ``beta``: mean alpha * beta."""
    return _drawn("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def negative_binomial(k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return how often an event of probability ``p`` fails to come before it came ``k`` times."""
    return _drawn("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None,
                                  **kwargs: Any) -> Symbol:  # fmt: skip
    """Return counts of mean ``mu`` and variance mu + alpha * mu²."""
    return _drawn("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs)


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return integers from [low, high), int32 or int64."""
    return _drawn("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def multinomial(data: Symbol, shape: Any = None, get_prob: bool = True, dtype: Any = "int32", **kwargs: Any) -> Symbol:
    """Return classes (..., \\*shape) and, with ``get_prob``, the logarithms of their probabilities.

    ``data`` (..., classes) holds the probabilities, which sum to 1.
    """
    return _operator("_sample_multinomial")(data, get_prob=get_prob, dtype=dtype, **_given(shape=shape), **kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """Return data with the entries of the first axis in random order."""
    return _operator("_shuffle")(data, **kwargs)


def _drawn(name: str, parameters: dict[str, Any], shape: Any, dtype: Any, kwargs: dict[str, Any]) -> Symbol:
    kinds = {isinstance(one, Symbol) for one in parameters.values()}
    if len(kinds) > 1:
        shown = ", ".join(f"{key}={one!r}" for key, one in parameters.items())
        raise TypeError(f"{name}: {shown}; needs all numbers, or all Symbols")
    if True in kinds:  # by position: normal's symbols have other names than its numbers
        return _operator(f"_sample_{name}")(*parameters.values(), **_given(shape=shape, dtype=dtype), **kwargs)
    return _operator(f"_random_{name}")(**parameters, **_given(shape=shape, dtype=dtype), **kwargs)


def _given(**parameters: Any) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if value is not None}


def _operator(key: str) -> Callable[..., Symbol]:
    """Return the function of an operator; as in MXNet its automatic names begin with the whole name."""
    return symbol._operator(key, key)


def __getattr__(key: str) -> Any:
    found = None if key.startswith("__") else symbol._find(f"_random_{key}", key)
    if found is None:
        raise AttributeError(f"module 'symcli.symbol.random' has no function {key!r}; functions: {', '.join(__all__)}")
    return found
