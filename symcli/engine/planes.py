"""Storage *planes*: a value as (channels, pitch), each plane the pixels of the whole batch one after another.

A value (N, C, H, W) is C planes of N H W floats, a value (N, F) is F planes of N. At N = 1 that is MXNet's own layout.
Concatenation and slices of channels are ranges of planes, batch norm is one run per channel, a bias is one number
per plane, and 1x1 convolution and fully connected are the same matrix product. 512 floats before and after every value
can be read, as shifted loads do.
"""

import math
from typing import Any

import numpy as np

__all__ = ["GUARD", "channels", "empty", "guarded", "pitch", "pixels"]

GUARD = 512  # floats
_LARGE = 1024


def pitch(count: int) -> int:
    """Return the floats from one plane to the next, for planes of ``count`` pixels.

    A multiple of 16, and 16 more for large ones: planes that are a multiple of 4096 bytes apart fight for the same
    lines of the first cache, which made transforms two to three times slower.
    """
    return -(-count // 16) * 16 + (16 if count >= _LARGE else 0)


def channels(shape: tuple[int, ...]) -> int:
    """Return the number of planes of a value of a shape in MXNet's layout."""
    return shape[1]


def pixels(shape: tuple[int, ...]) -> int:
    """Return the number of pixels of a plane: the batch size times all axes after the channels."""
    return shape[0] * math.prod(shape[2:])


def guarded(shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
    """Return uninitialised memory that starts at a multiple of 64 bytes, with GUARD readable floats on both sides."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 8 * GUARD + 64, np.uint8)
    start = 4 * GUARD + -(memory.__array_interface__["data"][0] + 4 * GUARD) % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def empty(shape: tuple[int, ...]) -> np.ndarray:
    """Return uninitialised memory (channels, pitch) for a value of a shape in MXNet's layout."""
    return guarded((channels(shape), pitch(pixels(shape))))
