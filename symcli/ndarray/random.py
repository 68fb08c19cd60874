"""Random numbers: the seed of all of them, and arrays drawn from distributions.

Operators in graphs compute their numbers from keys (``new_key``); the functions here draw from one NumPy
generator: numbers of ``shape``, by default (1,); where the parameters are arrays, numbers of ``shape`` for each
entry. Both start afresh with ``seed``. MXNet's own numbers are not reproduced.
"""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.errors import MXNetError, ParamError, ShapeError
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context, read_context

__all__ = [
    "exponential", "gamma", "generalized_negative_binomial", "multinomial", "negative_binomial", "new_key", "next_key",
    "normal", "poisson", "randint", "randn", "restore", "seed", "shuffle", "snapshot", "state", "uniform",
]  # fmt: skip

_lock = threading.Lock()
_seed, _generation, _streams, _calls = 0, 0, 0, 0
_generator = np.random.Generator(np.random.PCG64(_seed))


def seed(seed_state: int, ctx: object = "all") -> None:
    """Start all random numbers afresh from a seed.

    Raises
    ------
    ValueError
        If it is no integer.
    """
    global _seed, _generation, _streams, _calls, _generator
    if not hasattr(seed_state, "__index__"):
        raise ValueError(f"seed: {seed_state!r} is a {type(seed_state).__name__}; needs an integer")
    with _lock:
        _seed, _generation, _streams, _calls = int(seed_state) & 0xFFFFFFFFFFFFFFFF, _generation + 1, 0, 0
        _generator = np.random.Generator(np.random.PCG64(_seed))


def state() -> int:
    """Return a number that changes with each call of ``seed``."""
    return _generation


def snapshot() -> dict[str, Any]:
    """Return where all random numbers stand, as plain data for ``restore``."""
    with _lock:
        return {"seed": _seed, "streams": _streams, "calls": _calls, "generator": _generator.bit_generator.state}


def restore(found: dict[str, Any]) -> None:
    """Go on where ``snapshot`` was taken; keys that are in use stay as they are."""
    global _seed, _streams, _calls
    with _lock:
        _seed, _streams, _calls = found["seed"], found["streams"], found["calls"]
        _generator.bit_generator.state = found["generator"]


def new_key() -> np.ndarray:
    """Return a key (seed, stream, forward count 0), uint64, with a stream of its own."""
    global _streams
    with _lock:
        _streams += 1
        return np.array([_seed, _streams, 0], np.uint64)


def next_key() -> np.ndarray:
    """Return a key (seed, stream 0, count of such keys): operators run at once share that stream."""
    global _calls
    with _lock:
        _calls += 1
        return np.array([_seed, 0, _calls], np.uint64)


def uniform(low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
            out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return numbers from [low, high)."""
    _require("uniform", "low <= high", lambda low, high: low <= high, low=low, high=high)
    return _drawn("uniform", _generator.uniform, (low, high), shape, dtype, ctx, out)


def normal(loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
           out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return normally distributed numbers of mean ``loc`` and standard deviation ``scale``."""
    _require("normal", "scale >= 0", lambda loc, scale: scale >= 0, loc=loc, scale=scale)
    return _drawn("normal", _generator.normal, (loc, scale), shape, dtype, ctx, out)


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = None, ctx: Context | None = None,
          out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return normally distributed numbers; the sizes are given one by one."""
    return normal(loc, scale, shape, dtype, ctx, out)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
            out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return counts of a Poisson distribution of mean ``lam``."""
    _require("poisson", "lam >= 0", lambda lam: lam >= 0, lam=lam)
    return _drawn("poisson", _generator.poisson, (lam,), shape, dtype, ctx, out)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
                out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return exponentially distributed numbers of mean ``scale``."""
    _require("exponential", "scale > 0", lambda scale: scale > 0, scale=scale)
    return _drawn("exponential", _generator.exponential, (scale,), shape, dtype, ctx, out)


def gamma(alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
          out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return gamma distributed numbers of shape ``alpha`` and scale ``beta``: mean alpha * beta."""
    _require("gamma", "both > 0", lambda alpha, beta: (alpha > 0) & (beta > 0), alpha=alpha, beta=beta)
    return _drawn("gamma", _generator.gamma, (alpha, beta), shape, dtype, ctx, out)


def negative_binomial(k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
                      out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return how often an event of probability ``p`` fails to come before it came ``k`` times."""
    _require("negative_binomial", "k > 0 and 0 < p <= 1", lambda k, p: (k > 0) & (p > 0) & (p <= 1), k=k, p=p)
    return _drawn("negative_binomial", _generator.negative_binomial, (k, p), shape, dtype, ctx, out)


def generalized_negative_binomial(mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None,
                                  ctx: Context | None = None, out: NDArray | None = None,
                                  **kwargs: Any) -> NDArray:  # fmt: skip
    """Return counts of mean ``mu`` and variance mu + alpha * mu²: Poisson counts of a gamma distributed mean."""

    def draw(mean: Any, spread: Any, size: tuple[int, ...]) -> np.ndarray:
        tiny = np.maximum(spread, 1e-12)  # alpha 0 is the Poisson distribution
        return _generator.poisson(_generator.gamma(1 / tiny, mean * tiny, size))

    _require("generalized_negative_binomial", "both >= 0", lambda mu, alpha: (mu >= 0) & (alpha >= 0),
             mu=mu, alpha=alpha)  # fmt: skip
    return _drawn("generalized_negative_binomial", draw, (mu, alpha), shape, dtype, ctx, out)


def randint(low: Any, high: Any, shape: Any = None, dtype: Any = None, ctx: Context | None = None,
            out: NDArray | None = None, **kwargs: Any) -> NDArray:  # fmt: skip
    """Return integers from [low, high), int32 or int64."""
    _require("randint", "low < high", lambda low, high: low < high, low=low, high=high)
    return _drawn("randint", _generator.integers, (low, high), shape, dtype, ctx, out, ("int32", "int64"))


def multinomial(data: NDArray, shape: Any = None, get_prob: bool = False, out: NDArray | None = None,
                dtype: Any = "int32", **kwargs: Any) -> Any:  # fmt: skip
    """Return samples of classes; ``data`` (..., classes) holds their probabilities, which sum to 1.

    Returns
    -------
    Classes (..., \\*shape); with ``get_prob`` a list of these and the logarithms of their probabilities.
    """
    chances = data._data.astype(np.float64)
    sizes = _sizes(shape)
    lead = chances.shape[:-1]
    thrown = _generator.uniform(0, 1, (*lead, int(np.prod(sizes))))
    steps = np.cumsum(chances, axis=-1)
    steps[..., -1] = np.maximum(steps[..., -1], 1.0)
    classes = (thrown[..., None] >= steps[..., None, :]).sum(-1)
    final = (*lead, *sizes) or (1,)
    result = _written("multinomial", classes.reshape(final), dtype, data.context, out)
    if not get_prob:
        return result
    with np.errstate(divide="ignore"):
        logarithms = np.log(np.take_along_axis(chances, classes, -1)).reshape(final)
    return [result, NDArray(logarithms.astype(data.dtype), data.context)]


def shuffle(data: NDArray, out: NDArray | None = None, **kwargs: Any) -> NDArray:
    """Return a copy with the entries of the first axis in random order."""
    return _written("shuffle", _generator.permutation(data._data), data.dtype, data.context, out)


def _require(name: str, needs: str, holds: Callable[..., Any], **parameters: Any) -> None:
    """Check parameters, which are all numbers or all arrays."""
    kinds = {isinstance(one, NDArray) for one in parameters.values()}
    shown = ", ".join(f"{key}={one!r}" for key, one in parameters.items())
    if len(kinds) > 1:
        raise TypeError(f"{name}: {shown}; needs all numbers, or all NDArrays")
    values = [one._data if isinstance(one, NDArray) else one for one in parameters.values()]
    if not np.all(holds(*values)):
        raise MXNetError(f"{name}: {shown}; needs {needs}")


def _drawn(name: str, draw: Callable[..., Any], parameters: tuple, shape: Any, dtype: Any, ctx: Context | None,
           out: NDArray | None, allowed: tuple[str, ...] = ("float32", "float64", "float16")) -> NDArray:  # fmt: skip
    """Return what ``draw`` yields: numbers of ``shape``, or as many for each entry of parameters that are arrays."""
    sizes = _sizes(shape)
    values: list[Any] = list(parameters)
    lead: tuple[int, ...] = ()
    if isinstance(parameters[0], NDArray):
        ctx, lead = parameters[0].context, parameters[0].shape
        values = [one._data.reshape(one.shape + (1,) * len(sizes)) for one in parameters]
    elif not sizes:
        sizes = out.shape if out is not None else (1,)
    default = allowed[0] if out is None else out.dtype
    chosen = dtypes.name_of(default if dtype in (None, "None") else dtype)
    if chosen not in allowed:
        raise ParamError(f"{name}: dtype={chosen} is not allowed; choices: {', '.join(allowed)}")
    return _written(name, np.asarray(draw(*values, size=(*lead, *sizes))), chosen, read_context(ctx), out)


def _written(name: str, values: np.ndarray, dtype: Any, ctx: Context, out: NDArray | None) -> NDArray:
    if out is None:
        return NDArray(np.ascontiguousarray(values.astype(dtypes.name_of(dtype))), ctx)
    if out.shape != values.shape:
        raise ShapeError(f"{name}: out is {out.shape}; needs {values.shape}")
    out[:] = values
    return out


def _sizes(shape: Any) -> tuple[int, ...]:
    """Return a shape given as a number, a sequence or None, which is empty."""
    sizes = () if shape is None else tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    if 0 in sizes:
        raise ShapeError(f"shape is {sizes}; needs sizes above 0")
    return sizes


def __getattr__(key: str) -> Any:
    if not key.startswith("__"):
        from symcli.ndarray.functions import find  # it runs operators, which draw keys from here

        for prefix in ("_random_", "_sample_"):
            found = find(prefix + key, key)
            if found is not None:
                return found
    raise AttributeError(f"module 'symcli.random' has no attribute {key!r}")
