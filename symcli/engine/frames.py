"""Geometry of a convolution over planes: frames, phases, shifts and masks; known when a graph is bound."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["BEYOND", "Frames"]

BEYOND = 1088  # pixels of masks behind a period: a chunk of the weight gradient, and a tile


@dataclass(frozen=True)
class Axis:
    """One image axis of a convolution: size, kernel, stride, dilation, padding."""

    size: int
    kernel: int
    stride: int = 1
    dilate: int = 1
    pad: int = 0

    @property
    def out(self):
        return (self.size + 2 * self.pad - self.dilate * (self.kernel - 1) - 1) // self.stride + 1

    def tap(self, k):
        """The phase that a tap reads, and its shift in it."""
        position = k * self.dilate - self.pad
        return position % self.stride, position // self.stride

    @property
    def phases(self):
        return sorted({self.tap(k)[0] for k in range(self.kernel)})

    def held(self, phase):
        """How many places of the input belong to a phase."""
        return max(0, -(-(self.size - phase) // self.stride))

    @property
    def frame(self):
        """The length that holds the output, and of each phase what the windows read."""
        last = {}
        for k in range(self.kernel):
            phase, shift = self.tap(k)
            last[phase] = max(last.get(phase, shift), shift)
        return max(self.out, *(min(self.held(phase), self.out + shift) for phase, shift in last.items()))


@dataclass(frozen=True)
class Frames:
    """Input and output of a convolution in frames of one size, so that a tap is a shift.

    With stride s the input is taken apart into phases: phase r holds the rows r, r + s, … A frame is what fits
    the output and all phases; with stride 1 and 'same' padding, input, output and frame are one.
    """

    batch: int
    rows: Axis
    columns: Axis

    @property
    def frame(self):
        return self.rows.frame, self.columns.frame

    @property
    def pixels(self):
        return self.batch * math.prod(self.frame)

    @property
    def splits(self):
        """Whether the input has to be copied into frames."""
        same = self.frame == (self.rows.size, self.columns.size)
        return not (same and self.rows.stride == self.columns.stride == 1)

    @property
    def crops(self):
        """Whether the output is smaller than the frame."""
        return self.frame != (self.rows.out, self.columns.out)

    @cached_property
    def phases(self):
        return [(r, c) for r in self.rows.phases for c in self.columns.phases]

    @cached_property
    def taps(self):
        """For each tap in the kernel's order: number of its phase, shift of rows and columns."""
        taps = []
        for y in range(self.rows.kernel):
            for x in range(self.columns.kernel):
                (r, down), (c, right) = self.rows.tap(y), self.columns.tap(x)
                taps.append((self.phases.index((r, c)), down, right))
        return taps

    def forward(self, plane):
        """Shifts and masks of all taps; ``plane`` is the distance of two phases in elements."""
        shifts = [phase * plane + down * self.frame[1] + right for phase, down, right in self.taps]
        y, x = self._places()
        inside = [self._inside(y + down, x + right, phase) & self._valid(y, x) for phase, down, right in self.taps]
        return np.array(shifts, np.int64), self._bits(inside), self.period

    def backward(self, phase):
        """Taps that read a phase, and shifts and masks to get its gradient from the output's."""
        chosen = [t for t, tap in enumerate(self.taps) if tap[0] == phase]
        y, x = self._places()
        shifts, inside = [], []
        for t in chosen:
            _, down, right = self.taps[t]
            shifts.append(-(down * self.frame[1] + right))
            inside.append(self._valid(y - down, x - right))
        return chosen, np.array(shifts, np.int64), self._bits(inside), self.period

    def rows_read(self, pitch):
        """For each tap and pixel of the output: the place in x[q][channel] that is read, the row behind outside."""
        height, width = self.rows.size, self.columns.size
        pixel = np.arange(self.batch * self.rows.out * self.columns.out)
        image, y = np.divmod(pixel, self.rows.out * self.columns.out)
        y, x = np.divmod(y, self.columns.out)
        table = []
        for ky in range(self.rows.kernel):
            for kx in range(self.columns.kernel):
                r = y * self.rows.stride + ky * self.rows.dilate - self.rows.pad
                c = x * self.columns.stride + kx * self.columns.dilate - self.columns.pad
                inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
                table.append(np.where(inside, (image * height + r) * width + c, self.batch * height * width) * pitch)
        return np.array(table, np.int64)

    @property
    def period(self):
        """Pixels after which masks repeat, a multiple of 16, or all pixels."""
        plane = math.prod(self.frame)
        return min(math.lcm(plane, 16), -(-self.pixels // 16) * 16)

    def _places(self):
        height, width = self.frame
        place = np.arange(self.period + BEYOND) % (height * width)
        return place // width, place % width

    def _valid(self, y, x):
        return (y >= 0) & (y < self.rows.out) & (x >= 0) & (x < self.columns.out)

    def _inside(self, y, x, phase):
        r, c = self.phases[phase]
        height, width = self.frame
        return ((y >= 0) & (y < min(self.rows.held(r), height))
                & (x >= 0) & (x < min(self.columns.held(c), width)))  # fmt: skip

    def _bits(self, inside):
        return np.ascontiguousarray([np.packbits(one, bitorder="little") for one in inside])
