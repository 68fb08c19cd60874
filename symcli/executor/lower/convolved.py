"""How a convolution of planes is computed: the instructions of each algorithm."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symcli import engine
from symcli.engine import planes
from symcli.executor.interpreter import Context
from symcli.executor.lower.choice import Choice

__all__ = ["Convolved"]

Array = Any


@dataclass(frozen=True)
class Convolved(Choice):
    """A convolution of planes, by the algorithms that ``Choice`` takes for it."""

    # ---- tables

    @cached_property
    def _forward_taps(self) -> tuple[np.ndarray, np.ndarray, int]:
        return self.frames.forward(self.channels * planes.pitch(self.frames.pixels))

    @property
    def _rest(self) -> int:
        """How many pixels at the end shift_convolution computes by themselves."""
        rest = self.frames.pixels % engine.shift.LANES
        return rest if self.is_pointwise and self.frames.pixels > rest <= engine.shift.REST else 0

    @cached_property
    def _depthwise3_masks(self) -> tuple[np.ndarray, int]:
        return engine.depthwise3.masks(self.frames.batch, self.frames.rows.size, self.frames.columns.size)

    @cached_property
    def _phases(self) -> np.ndarray:
        return np.array(self.frames.phases, np.int64)

    @cached_property
    def _records(self) -> np.ndarray:
        return engine.winograd_tiles.groups(self.frames.batch, self.frames.rows.size, self.frames.columns.size)

    # ---- instructions

    def forward(self, ctx: Context, x: Array, weight: Array, sources: tuple[Array, ...], bias: Array | None,
                residual: Array | None, limits: int, y: Array) -> None:  # fmt: skip
        """y = convolution of x + bias + residual, within limits. ``sources``: variables that ``weight`` depends on."""
        if bias is None:
            bias = ctx.table(np.zeros(self.filters, np.float32))
        end = (bias, 0 if residual is None else residual, limits)
        if self.uses_winograd or self.shares_winograd(ctx):
            self._winograd(ctx, x, weight, sources, False, end, y)
            return
        if self.uses_small_winograd(ctx):
            self._winograd2(ctx, x, weight, sources, end, y)
            return
        if self.depthwise3 and residual is None:
            self._depthwise3(ctx, x, weight, bias, y, False, end[-1])
            return
        if self.is_valid and residual is None:
            self._valid(ctx, x, weight, sources, end, y)
            return
        if self.takes_bands:
            self._bands(ctx, x, weight, sources, end, y)
            return
        frames, source = self.frames, self._split(ctx, x)
        shifts, masks, period = self._forward_taps
        taps = ctx.table(np.arange(self.taps))
        filters, channels = self.filters // self.groups, self.channels // self.groups
        target, given = y, end
        if frames.crops:
            target, given = self._frame(ctx, self.filters), (bias, 0, engine.tape.FREE)
        where = (ctx.table(shifts), ctx.table(masks), masks.shape[1], period, target, frames.pixels, source.shape[1],
                 target.shape[1])  # fmt: skip
        if self.is_depthwise:
            engine.depthwise.depthwise(
                source, weight, *where, filters * self.groups, self.taps, taps, self.taps, *given
            )
        else:
            packed = self.packed(ctx, weight, sources)
            engine.shift.shift_convolution(
                source, packed, *where, channels, filters, self.taps, *given, self.groups, self._rest
            )  # fmt: skip
        if frames.crops:
            engine.phases.crop_frames(*self._crop(target, y), *end[1:])

    def data_gradient(self, ctx: Context, dy: Array, weight: Array, dx: Array, adds: bool) -> None:
        """dx = the gradient of x, or dx + it."""
        zeros = ctx.table(np.zeros(self.channels, np.float32))
        if self.uses_winograd:
            end = (zeros, dx if adds else 0, engine.tape.FREE)
            self._winograd(ctx, dy, weight, (weight,), True, end, dx)
            return
        if self.uses_windows:
            u, scratch = self._window_weights(ctx, weight, (weight,)), self._window_scratch(ctx)
            engine.winograd5.data_gradient(
                dy, u, dx, adds, *self._images, dx.shape[1], dy.shape[1], self.channels, self.filters, *scratch
            )
            return
        if self.depthwise3 == 1 and not adds:
            self._depthwise3(ctx, dy, weight, zeros, dx, True, engine.tape.FREE)
            return
        frames = self.frames
        dy = self._framed(ctx, dy)
        count, whole = len(frames.phases), not frames.splits
        target = dx if whole else ctx.scratch((count * self.channels, planes.pitch(frames.pixels)), np.float32)
        filters, channels = self.filters // self.groups, self.channels // self.groups
        for k in range(count):
            chosen, shifts, masks, period = frames.backward(k)
            taps = ctx.table(np.array(chosen, np.int64))
            part = target[k * self.channels : (k + 1) * self.channels]
            where = (ctx.table(shifts), ctx.table(masks), masks.shape[1], period, part, frames.pixels, dy.shape[1],
                     part.shape[1])  # fmt: skip
            end = (zeros, dx if adds and whole else 0, engine.tape.FREE)
            if self.is_depthwise:
                engine.depthwise.depthwise(dy, weight, *where, self.groups, taps.size, taps, self.taps, *end)
            else:
                packed = self._packed(ctx, weight, (weight,), channels, filters, taps, self.taps, channels * self.taps)
                engine.shift.shift_convolution(dy, packed, *where, filters, channels, taps.size, *end, self.groups,
                                               self._rest)  # fmt: skip
        if not whole:
            engine.phases.join_phases(*self._split_numbers(ctx, dx, target), adds)

    def weight_gradient(self, ctx: Context, x: Array, dy: Array, dw: Array, adds: bool) -> None:
        """dw = the gradient of the weights, or dw + it."""
        if self.gradient_by_winograd:
            self._winograd_gradient(ctx, x, dy, dw, adds)
        elif self.is_valid:
            self._valid_gradient(ctx, x, dy, dw, adds)
        elif self.gradient_by_products:
            self._products(ctx, x, dy, dw, adds)
        else:
            self._direct_gradient(ctx, x, dy, dw, adds)

    def _own(self, ctx: Context, size: int) -> tuple[Array, int]:
        """Memory of each thread's own for one instruction, and the floats of it."""
        memory = engine.team.current().scratch(size)
        return ctx.table(memory), memory.shape[1]

    # ---- Winograd

    def _winograd(self, ctx: Context, x: Array, weight: Array, sources: tuple[Array, ...], swapped: bool,
                  end: tuple[Any, ...], y: Array) -> None:  # fmt: skip
        filters, channels = (self.channels, self.filters) if swapped else (self.filters, self.channels)
        winograd = engine.winograd
        with self._weights(ctx, winograd.weights_size(channels, filters), sources) as u:
            winograd.winograd_weights(weight, u, filters, channels, swapped)
        records, width = ctx.table(self._records), self.frames.columns.size
        threads, count = engine.team.current().size, len(self._records)
        most, parts = winograd.VECTORS, 0
        blocks = -(-count // most)
        if not self.uses_winograd or (blocks % threads and blocks < 4 * threads):  # too few for even shares
            parts = winograd.parts(threads, count, channels, filters)
            each = -(-count // parts)
            most = -(-each // -(-each // most))
        size = winograd.forward_scratch(channels, filters, most)
        winograd.winograd(
            x, u, records, count, y, width, x.shape[1], y.shape[1], channels, filters,
            *self._own(ctx, size), *end, engine.winograd_tiles.paired(width), most, parts,
        )  # fmt: skip

    def _winograd2(self, ctx: Context, x: Array, weight: Array, sources: tuple[Array, ...], end: tuple[Any, ...],
                   y: Array) -> None:  # fmt: skip
        small, channels, filters = engine.winograd2, self.channels, self.filters
        with self._weights(ctx, small.weights_size(channels, filters), sources) as u:
            small.small_weights(weight, u, filters, channels)
        images = (self.frames.batch, self.frames.rows.size, self.frames.columns.size)
        size = small.forward_scratch(channels, filters, images[0])
        small.small_winograd(
            x, u, *images, y, x.shape[1], y.shape[1], channels, filters,
            *self._own(ctx, size), *end,
        )  # fmt: skip

    def _winograd_gradient(self, ctx: Context, x: Array, dy: Array, dw: Array, adds: bool) -> None:
        winograd, threads, width = engine.winograd, engine.team.current().size, self.frames.columns.size
        most = 12 if self.channels >= 64 else 6
        each = -(-len(self._records) // threads)  # groups of a thread, in blocks of one size
        block = -(-each // -(-each // most))
        size, part = (winograd.gradient_scratch(self.channels, self.filters, block),
                      winograd.gradient_size(self.channels, self.filters))  # fmt: skip
        scratch, du = ctx.scratch((threads, size), np.float32), ctx.scratch((threads, part), np.float32)
        winograd.winograd_gradient(
            x, dy, ctx.table(self._records), len(self._records), width, x.shape[1], dy.shape[1], self.channels,
            self.filters, scratch, size, du, part, block, engine.winograd_tiles.paired(width),
        )  # fmt: skip
        winograd.winograd_gradient_sum(du, part, dw, self.channels, self.filters, adds, scratch, size)

    # ---- few channels

    def _bands(self, ctx: Context, x: Array, weight: Array, sources: tuple[Array, ...], end: tuple[Any, ...],
               y: Array) -> None:  # fmt: skip
        rows, columns, bands = self.frames.rows, self.frames.columns, engine.bands
        pixels = rows.size * columns.size
        whole = (x.shape[1], pixels) if x.ndim == 2 else (pixels, self.channels * pixels)  # in planes, or plain
        size = bands.band_size(self.channels, columns.out, self.kernel)
        bands.convolution(
            x, *whole, self.frames.batch, self.channels, rows.size, columns.size, rows.out, columns.out, *self.kernel,
            rows.pad, columns.pad, self.packed(ctx, weight, sources), self.filters, *end, y, y.shape[1],
            ctx.table(bands.shifts(columns.out, self.kernel)),
            *self._own(ctx, size), ctx.table(engine.shift.PLAIN),
        )  # fmt: skip

    # ---- depthwise

    def _depthwise3(self, ctx: Context, x: Array, weight: Array, bias: Array, y: Array, turned: bool,
                    limits: int) -> None:  # fmt: skip
        batch, height, width = self.frames.batch, self.frames.rows.size, self.frames.columns.size
        given = (x, weight, bias, y)
        if self.depthwise3 == 1:
            masks, period = self._depthwise3_masks
            engine.depthwise3.same(*given, ctx.table(masks), period, self.channels, width, batch * height * width,
                                   x.shape[1], y.shape[1], turned, limits)  # fmt: skip
        else:
            engine.depthwise3.strided(*given, self.channels, batch, height, width, x.shape[1], y.shape[1], limits)

    def separable(self, ctx: Context, x: Array) -> tuple[Any, ...]:
        """What ``engine.separable`` is told of a depthwise convolution of x: masks, their period, sizes, stride."""
        masks, period = self._depthwise3_masks if self.depthwise3 == 1 else (np.zeros(1, np.uint8), 1)
        images = (self.frames.batch, self.frames.rows.size, self.frames.columns.size)
        return ctx.table(masks), period, self.channels, *images, x.shape[1], self.depthwise3

    # ---- without padding

    @property
    def _images(self) -> tuple[int, int, int]:
        return self.frames.batch, self.frames.rows.out, self.frames.columns.out

    def _window_scratch(self, ctx: Context) -> tuple[Array, int]:
        size = engine.winograd5.forward_scratch(self.channels, self.filters)
        return ctx.scratch((engine.team.current().size, size), np.float32), size

    def _window_weights(self, ctx: Context, weight: Array, sources: tuple[Array, ...]) -> Array:
        scratch = self._window_scratch(ctx)
        with self._weights(ctx, engine.winograd5.weights_size(self.channels, self.filters), sources) as u:
            engine.winograd5.weights(weight, u, self.channels * self.filters, *scratch)
        return u

    @cached_property
    def _units(self) -> np.ndarray:
        return engine.valid.units(*self._images, self.kernel)

    def _taps_and_pixels(self, ctx: Context, x: Array) -> tuple[Any, ...]:
        offsets = engine.valid.offsets(self.channels, self.kernel, self.frames.columns.size, x.shape[1])
        pixels = self.frames.batch * self.frames.rows.out * self.frames.columns.out
        return ctx.table(self._units), ctx.table(offsets), offsets.size, self.filters, pixels

    def _valid(self, ctx: Context, x: Array, weight: Array, sources: tuple[Array, ...], end: tuple[Any, ...],
               y: Array) -> None:  # fmt: skip
        bias, _, limits = end
        if not self.uses_windows:
            engine.valid.forward(x, weight, bias, y, *self._taps_and_pixels(ctx, x), y.shape[1], limits)
            return
        u, scratch = self._window_weights(ctx, weight, sources), self._window_scratch(ctx)
        engine.winograd5.forward(
            x, u, bias, y, *self._images, x.shape[1], y.shape[1], self.channels, self.filters, *scratch, limits
        )

    def _valid_gradient(self, ctx: Context, x: Array, dy: Array, dw: Array, adds: bool) -> None:
        threads = engine.team.current().size
        if not self.uses_windows:
            size = engine.valid.part_size(self.filters, self.channels * self.taps)
            parts = ctx.scratch((threads, size), np.float32)
            engine.valid.weight_gradient(x, dy, parts, size, *self._taps_and_pixels(ctx, x), dy.shape[1])
            engine.valid.sum_weight_gradient(parts, size, dw, adds)
            return
        size = engine.winograd5.part_size(self.channels, self.filters)
        parts, scratch = ctx.scratch((threads, size), np.float32), self._window_scratch(ctx)
        engine.winograd5.weight_gradient(
            x, dy, parts, size, *self._images, x.shape[1], dy.shape[1], self.channels, self.filters, *scratch
        )
        engine.winograd5.sum_weight_gradient(parts, size, dw, self.channels * self.filters, adds, *scratch)

    # ---- shifted products

    def _weights(self, ctx: Context, size: int, sources: tuple[Array, ...]) -> "_Weights":
        return _Weights(ctx, size, sources)

    def packed(self, ctx: Context, weight: Array, sources: tuple[Array, ...]) -> Array:
        """The weights in the order of ``engine.shift``."""
        filters, channels = self.filters // self.groups, self.channels // self.groups
        taps = ctx.table(np.arange(self.taps))
        return self._packed(ctx, weight, sources, filters, channels, taps, channels * self.taps, self.taps)

    def _packed(self, ctx: Context, weight: Array, sources: tuple[Array, ...], filters: int, channels: int, taps: Array,
                of_filter: int, of_channel: int) -> Array:  # fmt: skip
        blocks = -(-filters // engine.shift.ROWS)
        size = self.groups * blocks * taps.size * channels * engine.shift.ROWS
        of_group = self.filters // self.groups * (self.channels // self.groups) * self.taps
        with self._weights(ctx, size, sources) as packed:
            engine.shift.pack_weights(
                weight, packed, filters, channels, taps.size, of_filter, of_channel, taps, self.groups, of_group
            )
        return packed

    def _frame(self, ctx: Context, channels: int) -> Array:
        return ctx.scratch((channels, planes.pitch(self.frames.pixels)), np.float32)

    def _split_numbers(self, ctx: Context, x: Array, frames: Array) -> tuple[Any, ...]:
        rows, columns, pitch = self.frames.rows, self.frames.columns, frames.shape[1]
        return (x, frames, self.channels, self.frames.batch, rows.size, columns.size, x.shape[1], pitch,
                self.channels * pitch, ctx.table(self._phases), len(self._phases), rows.stride, columns.stride,
                *self.frames.frame)  # fmt: skip

    def _split(self, ctx: Context, x: Array) -> Array:
        """x, in frames if it must be."""
        if not self.frames.splits:
            return x
        frames = self._frame(ctx, self.channels * len(self.frames.phases))
        engine.phases.split_phases(*self._split_numbers(ctx, x, frames))
        return frames

    def _crop(self, frames: Array, y: Array) -> tuple[Any, ...]:
        return (frames, y, self.filters, self.frames.batch, *self.frames.frame, self.frames.rows.out,
                self.frames.columns.out, frames.shape[1], y.shape[1])  # fmt: skip

    def _framed(self, ctx: Context, dy: Array) -> Array:
        """dy, in frames if it must be."""
        if not self.frames.crops:
            return dy
        frames = self._frame(ctx, self.filters)
        engine.phases.fill_frames(*self._crop(frames, dy))
        return frames

    def _direct_gradient(self, ctx: Context, x: Array, dy: Array, dw: Array, adds: bool) -> None:
        source, dy, threads = self._split(ctx, x), self._framed(ctx, dy), engine.team.current().size
        shifts, masks, period = self._forward_taps
        if self.is_depthwise:
            more = -self.taps % engine.depthwise.TAPS  # taps that see nothing
            shifts, masks = np.pad(shifts, (0, more)), np.pad(masks, ((0, more), (0, 0)))
            engine.depthwise.depthwise_gradient(
                source, dy, ctx.table(shifts), ctx.table(masks), masks.shape[1], period, self.frames.pixels,
                source.shape[1], dy.shape[1], self.channels, self.taps, dw, adds,
            )  # fmt: skip
            return
        filters, channels = self.filters // self.groups, self.channels // self.groups
        size = engine.weight_gradient.tiles_size(filters, channels, self.taps, self.groups)
        tiles = ctx.scratch((threads, size), np.float32)
        engine.weight_gradient.weight_gradient(
            source, dy, ctx.table(shifts), ctx.table(masks), masks.shape[1], period, self.frames.pixels,
            source.shape[1], dy.shape[1], channels, filters, self.taps, tiles, size, self.groups,
        )  # fmt: skip
        engine.weight_gradient.sum_weight_gradient(
            tiles, size, dw, channels, filters, self.taps, self.groups, adds
        )  # fmt: skip

    def _products(self, ctx: Context, x: Array, dy: Array, dw: Array, adds: bool) -> None:
        frames = self.frames
        pixels, lanes = frames.batch * frames.rows.size * frames.columns.size, engine.weight_gradient.LANES
        pitch = -(-self.channels // (2 * lanes)) * 2 * lanes + 16
        transposed = ctx.scratch((pixels + 1, pitch), np.float32)
        made = ctx.scratch((self.filters, self.taps, self.channels), np.float32)
        table = ctx.table(frames.rows_read(pitch))
        engine.weight_gradient.transpose_planes(x, transposed, self.channels, pixels, x.shape[1], pitch)
        engine.weight_gradient.outer_gradient(
            dy, dy.shape[1], transposed, table, table.shape[1], made, self.channels, self.filters, self.taps
        )
        engine.weight_gradient.permute_gradient(made, dw, self.filters, self.channels, self.taps, adds)


class _Weights:
    """Memory for weights in another form, and the context in which they are made.

    A training step makes them anew, in scratch that all layers share; prediction keeps them until a source is written.
    """

    def __init__(self, ctx: Context, size: int, sources: tuple[Array, ...]):
        self.memory = ctx.scratch((size,), np.float32) if ctx.is_train else ctx.kept((size,))
        self._context = None if ctx.is_train else ctx.preparing(*sources)

    def __enter__(self) -> Array:
        if self._context is not None:
            self._context.__enter__()
        return self.memory

    def __exit__(self, *error: Any) -> None:
        if self._context is not None:
            self._context.__exit__(*error)
