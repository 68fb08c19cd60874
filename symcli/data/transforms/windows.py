"""Parts of images that are cut out and mirrored, of a whole batch at once."""

import numpy as np

__all__ = ["Windows"]


class Windows:
    """A part of each of n images of one size: pixel (y, x) of part i is the image's at row ``top[i] + down[i] * y``,
    column ``left[i] + right[i] * x``, with steps of 1 or -1; where there is none, it has the value ``fill``.

    Crops and flips only move these numbers, so that a chain of them reads each pixel once.
    """

    def __init__(self, count: int, height: int, width: int):
        self.height, self.width, self.fill = height, width, 0
        self.top, self.left = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.down, self.right = np.ones(count, np.int64), np.ones(count, np.int64)
        self._whole = True

    def pad(self, pixels: int, fill: int) -> bool:
        """Put pixels of a value around; False if that cannot be told, since parts were cut out before."""
        if pixels and not self._whole:
            return False
        if pixels:
            self.fill, self._whole = fill, False
            self.crop(-pixels, -pixels, self.width + 2 * pixels, self.height + 2 * pixels)
        return True

    def crop(self, left: "int | np.ndarray", top: "int | np.ndarray", width: int, height: int) -> None:
        """Cut a part of a size out of each part, from a column and row on."""
        self._whole &= (width, height) == (self.width, self.height)
        self.left += self.right * left
        self.top += self.down * top
        self.width, self.height = width, height

    def flip(self, chosen: np.ndarray, axis: int) -> None:
        """Mirror the chosen parts: left to right for axis 1, top to bottom for axis 0."""
        start, step, last = (self.left, self.right, self.width - 1) if axis else (self.top, self.down, self.height - 1)
        start[chosen] += step[chosen] * last
        step[chosen] *= -1
