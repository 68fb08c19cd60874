"""The choice of a convolution's algorithms, from its shapes."""

from dataclasses import dataclass
from functools import cached_property

from symcli import engine
from symcli.engine import planes
from symcli.engine.frames import Frames
from symcli.executor.interpreter import Context

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """A convolution of planes, and which algorithms compute it.

    The choice follows the measurements in docs/design.md: Winograd for 3x3 with stride 1, unless there are few tiles
    to share the transformed weights; shifted products for all else. The gradient of the weights comes from products
    of transposed pixels where channels fill vectors and the transformed gradient would not stay in the cache.

    Attributes
    ----------
    frames : batch and image axes.
    channels, filters : of the input and the output, all groups together.
    winograd : whether Winograd's algorithm may be used.
    """

    frames: Frames
    channels: int
    filters: int
    groups: int = 1
    winograd: bool = True

    @property
    def kernel(self) -> tuple[int, int]:
        return self.frames.rows.kernel, self.frames.columns.kernel

    @property
    def taps(self) -> int:
        return self.kernel[0] * self.kernel[1]

    @cached_property
    def tiles(self) -> int:
        """The tiles of Winograd's algorithm in the batch; 0 where it is not possible."""
        rows, columns = self.frames.rows, self.frames.columns
        plain = all((axis.kernel, axis.stride, axis.dilate, axis.pad) == (3, 1, 1, 1) for axis in (rows, columns))
        possible = plain and self.groups == 1 and min(self.channels, self.filters) >= 8 and engine.winograd.LANES >= 8
        return self.frames.batch * -(-rows.size // 4) * -(-columns.size // 4) if self.winograd and possible else 0

    @property
    def uses_winograd(self) -> bool:
        return self.tiles >= 100

    def shares_winograd(self, ctx: Context) -> bool:
        """Whether prediction has all threads share a few tiles, whose weights are transformed beforehand."""
        return not ctx.is_train and engine.winograd.LANES <= self.tiles < 100

    def uses_small_winograd(self, ctx: Context) -> bool:
        """Whether prediction takes the smaller tiles, for images that fill less than a vector with the larger ones."""
        side = max(self.frames.rows.size, self.frames.columns.size)
        return not ctx.is_train and 0 < self.tiles < engine.winograd.LANES and 4 < side <= engine.winograd2.SIDE

    @property
    def is_depthwise(self) -> bool:
        return self.groups == self.channels == self.filters and self.groups > 1

    @cached_property
    def depthwise3(self) -> int:
        """The stride of a depthwise convolution that ``engine.depthwise3`` computes; 0 for all others.

        With stride 1 it reads a row and a vector before and behind the values, which the margins must cover.
        """
        axes = (self.frames.rows, self.frames.columns)
        usual = all((axis.kernel, axis.dilate, axis.pad) == (3, 1, 1) for axis in axes)
        strides = {axis.stride for axis in axes}
        if axes[1].size > planes.GUARD - 2 * engine.depthwise3.LANES:
            return 0
        if not (self.is_depthwise and usual) or strides not in ({1}, {2}) or (strides == {2} and axes[1].size % 2):
            return 0
        return strides.pop()

    @property
    def gradient_by_winograd(self) -> bool:
        return self.uses_winograd and 36 * self.channels * self.filters * 4 <= 10 << 20

    @property
    def gradient_by_products(self) -> bool:
        pixels = self.frames.batch * self.frames.rows.size * self.frames.columns.size
        return self.groups == 1 and self.channels >= 64 and pixels <= 8192

    @cached_property
    def is_valid(self) -> bool:
        """Whether nothing is padded, and the rows of the output are whole units of 8 pixels."""
        rows, columns = self.frames.rows, self.frames.columns
        plain = all((axis.stride, axis.dilate, axis.pad) == (1, 1, 0) for axis in (rows, columns))
        pixels = self.frames.batch * rows.out * columns.out
        return plain and self.groups == 1 and columns.kernel > 1 and columns.out % 8 == 0 and pixels % 16 == 0

    @cached_property
    def uses_windows(self) -> bool:
        """Whether Winograd's algorithm for 5x5 serves."""
        rows = self.frames.rows
        possible = self.winograd and self.is_valid and self.kernel == (5, 5) and rows.out % 8 == 0
        return possible and self.channels >= 4 and self.filters >= 8

    @cached_property
    def takes_bands(self) -> bool:
        """Whether it is a first layer as ``engine.bands`` computes it, from a plain value too."""
        axes = (self.frames.rows, self.frames.columns)
        usual = all(axis.kernel > 1 and axis.stride == 2 and axis.dilate == 1 for axis in axes)
        return usual and self.groups == 1 and self.channels <= 4 and axes[1].pad <= engine.bands.PAD

    @cached_property
    def is_pointwise(self) -> bool:
        """Whether each pixel of the output sees one of the input."""
        axes = (self.frames.rows, self.frames.columns)
        return all((axis.kernel, axis.stride, axis.pad) == (1, 1, 0) for axis in axes) and self.groups == 1
