"""A chain of transforms over one example or a batch, with random choices that follow from seed, epoch and example.

Neither threads, nor the order of examples, nor a resume change what an example becomes; and a batch holds the same
bytes whether its examples were transformed one by one or together.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from symcli import kernels
from symcli.data.transforms.base import Array, Draws, Transform
from symcli.data.transforms.tensor import Normalize, ToTensor
from symcli.data.transforms.windows import Windows
from symcli.errors import ShapeError

__all__ = ["Chain", "Streams", "apply", "apply_with_boxes", "draws", "permutation"]


def draws(seed: int, epoch: int, index: int) -> Draws:
    """Return the random numbers of an example in an epoch: one stream of Philox for each."""
    return np.random.Generator(np.random.Philox(counter=[0, 0, 0, index], key=_key(seed, epoch)))


class Streams:
    """The random numbers of one example after another, as ``draws`` gives them: to set a generator is thirty times as
    fast as to make one (0.8 μs in place of 28).
    """

    def __init__(self, seed: int, epoch: int):
        self._bits = np.random.Philox(0)
        self._draw = np.random.Generator(self._bits)
        self._counter = np.zeros(4, np.uint64)
        self._state: Any = {
            "bit_generator": "Philox", "state": {"counter": self._counter, "key": _key(seed, epoch)},
            "buffer": np.zeros(4, np.uint64), "buffer_pos": 4, "has_uint32": 0, "uinteger": 0,
        }  # fmt: skip

    def of(self, index: int) -> Draws:
        """Return the random numbers of an example; those of the one before are gone."""
        self._counter[3] = index
        self._bits.state = self._state
        return self._draw


def permutation(seed: int, epoch: int, count: int) -> Array:
    """Return the numbers 0 to ``count - 1`` in the order of an epoch."""
    # The third word keeps this stream apart from those of the examples.
    return np.random.Generator(np.random.Philox(counter=[0, 0, 1, 0], key=_key(seed, epoch))).permutation(count)


def _key(seed: int, epoch: int) -> Array:
    return np.array([seed, epoch], np.uint64)


def apply(transforms: Iterable[Transform], array: Array, seed: int = 0, epoch: int = 0, index: int = 0) -> Array:
    """Return an example's array after all transforms, in order.

    Raises
    ------
    MXNetError
        If the array does not fit one of them.
    """
    draw = draws(seed, epoch, index)
    for transform in transforms:
        array = transform(array, draw)
    return array


def apply_with_boxes(transforms: Iterable[Transform], array: Array, boxes: Array, seed: int = 0, epoch: int = 0,
                     index: int = 0) -> tuple[Array, Array]:  # fmt: skip
    """Return an example's image and boxes after all transforms, in order.

    Raises
    ------
    MXNetError
        If the image does not fit one of them.
    """
    draw = draws(seed, epoch, index)
    for transform in transforms:
        array, boxes = transform.with_boxes(array, boxes, draw)
    return array, boxes


class Chain:
    """Transforms of a batch, one after the other."""

    def __init__(self, transforms: Sequence[Transform]):
        self.transforms = tuple(transforms)
        # Cuts and flips, then to_tensor and perhaps normalize: those a kernel does for a batch in one pass.
        kinds = [type(one) for one in self.transforms]
        self._cuts = kinds.index(ToTensor) if ToTensor in kinds else -1
        if kinds[self._cuts + 1 :] not in ([], [Normalize]):
            self._cuts = -1
        ends = np.cumsum([0, *(one.draws for one in self.transforms[: max(self._cuts, 0)])])
        self._places = [slice(start, end) for start, end in pairwise(ends)]
        self._count = int(ends[-1])
        self._tables: dict[int, Array] = {}

    def batch(self, arrays: Sequence[Array], seed: int, epoch: int, numbers: Array) -> Array:
        """Return the arrays of the examples of these numbers after all transforms, stacked.

        Raises
        ------
        MXNetError
            If an array does not fit one of them.
        ValueError
            If the results have different shapes.
        """
        found = self._together(arrays, seed, epoch, numbers) if self._cuts >= 0 else None
        if found is None:
            found = np.stack([apply(self.transforms, array, seed, epoch, int(number))
                              for array, number in zip(arrays, numbers, strict=True)])  # fmt: skip
        return found

    def _together(self, arrays: Sequence[Array], seed: int, epoch: int, numbers: Array) -> Array | None:
        """Return what becomes of a batch of images of bytes, all of one size, by the kernel; None for others."""
        first = arrays[0]
        if first.dtype != np.uint8 or first.ndim not in (2, 3) or any(one.shape != first.shape for one in arrays):
            return None
        images = np.ascontiguousarray(arrays).reshape(len(arrays), *first.shape[:2], -1)
        drawn = np.empty((len(arrays), self._count))
        if self._count:
            kernels.random.philox(_key(seed, epoch), np.asarray(numbers, np.uint64), drawn)
        windows = Windows(len(arrays), *first.shape[:2])
        for transform, place in zip(self.transforms, self._places, strict=False):
            if not transform.move(windows, drawn[:, place]):
                return None
        try:
            table = self._table(images.shape[3])
        except ShapeError:  # one by one the message has the shape of the image
            return None
        if not 0 <= windows.fill < 256:
            return None
        out = np.empty((len(arrays), images.shape[3], windows.height, windows.width), np.float32)
        kernels.image.look_up(images, windows.top, windows.left, windows.down, windows.right, windows.fill, table, out)
        return out

    def _table(self, channels: int) -> Array:
        """Return what each byte becomes in each channel: (channels, 256), by the transforms themselves."""
        if channels not in self._tables:
            array = np.repeat(np.arange(256, dtype=np.uint8), channels).reshape(256, 1, channels)
            made = apply(self.transforms[self._cuts :], array)
            self._tables[channels] = np.ascontiguousarray(made.reshape(channels, 256))
        return self._tables[channels]
