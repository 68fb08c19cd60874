"""How a recorded value is compared with a computed one: the corpus' tolerances, exact shapes and dtypes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["ATOL", "RTOL", "Mismatch", "compare", "compare_json", "plain", "plain_shapes", "shown", "to_numpy"]

RTOL, ATOL = 1e-4, 1e-5


class Mismatch(AssertionError):
    """A computed value that is not the recorded one."""


def to_numpy(value: Any) -> np.ndarray:
    return value.asnumpy() if hasattr(value, "asnumpy") else np.asarray(value)


def compare(what: str, got: Any, expected: Any, rtol: float = RTOL, atol: float = ATOL, dtype: bool = True) -> None:
    """Raise Mismatch unless two arrays are equal within the tolerance; NaN equals NaN."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        raise Mismatch(f"{what}: shape {got.shape}, expected {expected.shape}")
    if dtype and got.dtype != expected.dtype:
        raise Mismatch(f"{what}: dtype {got.dtype}, expected {expected.dtype}")
    if expected.dtype.kind in "fc":
        wide_got, wide_expected = got.astype(np.float64), expected.astype(np.float64)
        bad = ~np.isclose(wide_got, wide_expected, rtol=rtol, atol=atol, equal_nan=True)
    else:
        bad = got != expected
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0]) if bad.ndim else ()
        raise Mismatch(f"{what}: {bad.sum()} of {expected.size} differ; first at {where}: "
                       f"got {got[where].item()!r}, expected {expected[where].item()!r}")  # fmt: skip


def compare_json(what: str, got: Any, expected: Any) -> None:
    """Raise Mismatch unless two pieces of plain data are equal, numbers within the tolerance."""
    if isinstance(expected, dict):
        if not isinstance(got, dict) or set(got) != set(expected):
            raise Mismatch(f"{what}: got {shown(got)}, expected {shown(expected)}")
        for key, value in expected.items():
            compare_json(f"{what}[{key!r}]", got[key], value)
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            raise Mismatch(f"{what}: got {shown(got)}, expected {shown(expected)}")
        for i, (one, other) in enumerate(zip(got, expected, strict=True)):
            compare_json(f"{what}[{i}]", one, other)
    elif isinstance(expected, float) and isinstance(got, int | float) and not isinstance(got, bool):
        if not np.isclose(got, expected, rtol=RTOL, atol=ATOL):
            raise Mismatch(f"{what}: got {got!r}, expected {expected!r}")
    elif type(got) is not type(expected) or got != expected:
        raise Mismatch(f"{what}: got {shown(got)}, expected {shown(expected)}")


def plain(value: Any) -> Any:
    """Return what a program left in ``result`` as data that JSON can hold."""
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else repr(float(value))
    if isinstance(value, type | np.dtype):
        return np.dtype(value).name
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if hasattr(value, "asnumpy") or isinstance(value, np.ndarray):
        return plain(to_numpy(value).tolist())
    if isinstance(value, set | frozenset):
        value = sorted(value)
    return [plain(one) for one in value]


def plain_shapes(shapes: Any) -> list | None:
    if shapes is None:
        return None
    return [None if shape is None else [int(size) for size in shape] for shape in shapes]


def shown(value: Any, longest: int = 400) -> str:
    text = repr(value)
    return text if len(text) <= longest else text[:longest] + "..."
