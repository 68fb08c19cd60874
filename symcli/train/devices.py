"""Batches and gradients on several devices, by hand (``python/mxnet/gluon/utils.py``)."""

import hashlib
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli.errors import MXNetError
from symcli.ndarray import NDArray, array
from symcli.ndarray.context import Context

__all__ = ["check_sha1", "clip_global_norm", "download", "split_and_load", "split_data"]


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Return the parts of a batch along an axis; what is left over of equal parts goes to the first ones.

    Raises
    ------
    ValueError
        If there are fewer examples than parts, or ``even_split`` and some are left over.
    """
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise ValueError(f"split_data: {size} examples along axis {batch_axis} give no {num_slice} equal parts; take "
                         f"another batch size, or even_split=False for parts that differ by one")  # fmt: skip
    if size < num_slice:
        raise ValueError(f"split_data: {size} examples along axis {batch_axis} are too few for {num_slice} parts")
    short, more = divmod(size, num_slice)
    ends = np.cumsum([short + (i < more) for i in range(num_slice)])
    return [data.slice_axis(axis=batch_axis, begin=int(end - short - (i < more)), end=int(end))
            for i, end in enumerate(ends)]  # fmt: skip


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Return the parts of a batch, each on its device; see ``split_data``."""
    whole = data if isinstance(data, NDArray) else array(data, ctx_list[0])
    if len(ctx_list) == 1:
        return [whole.as_in_context(ctx_list[0])]
    parts = split_data(whole, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> float:
    """Scale arrays, in place, so that the norm of all of them together is at most ``max_norm``; return what it was.

    Raises
    ------
    MXNetError
        If there is no array, or with ``check_isfinite`` the norm is not finite.
    """
    if not arrays:
        raise MXNetError("clip_global_norm: there are no arrays; give the gradients")
    total = math.sqrt(sum(float(np.square(one.asnumpy().astype(np.float64)).sum()) for one in arrays))
    if check_isfinite and not math.isfinite(total):
        raise MXNetError(
            f"clip_global_norm: the norm is {total}; some gradients are not finite: lower the learning rate"
        )
    if total > max_norm:
        for one in arrays:
            one *= max_norm / (total + 1e-8)
    return total


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Return whether a file's SHA-1 is this one."""
    with open(filename, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest() == sha1_hash


def download(url: str, path: str | None = None, overwrite: bool = False, sha1_hash: str | None = None,
             retries: int = 5, verify_ssl: bool = True) -> str:  # fmt: skip
    """Return the path of a file that is there; nothing is downloaded.

    Raises
    ------
    MXNetError
        If it is not there, or has another hash: get it by other means.
    """
    name = url.rstrip("/").rsplit("/", 1)[-1]
    found = name if path is None else os.path.join(path, name) if os.path.isdir(path) else path
    if os.path.exists(found) and (sha1_hash is None or check_sha1(found, sha1_hash)):
        return found
    raise MXNetError(f"download: symcli downloads nothing; get {url} by other means and put it at {found}")
