"""Private operators of lowered graphs, and where their values lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from symcli import engine
from symcli.engine import planes
from symcli.ops.op import Op

__all__ = ["PLAIN", "PLANES", "Layout", "Lowered", "Storage"]

Storage = str
PLAIN, PLANES = "plain", "planes"


@dataclass(frozen=True)
class Layout:
    """Where a value lies.

    Attributes
    ----------
    shape : in MXNet's layout.
    storage : PLAIN, an array of that shape; or PLANES, an array (channels, pitch) as ``engine.planes`` says.
    dtype : float32 always in planes.
    """

    shape: tuple[int, ...]
    storage: Storage = PLAIN
    dtype: str = "float32"

    @property
    def stored(self) -> tuple[tuple[int, ...], str]:
        """Shape and type of the array that holds the value."""
        if self.storage == PLANES:
            return (planes.channels(self.shape), planes.pitch(planes.pixels(self.shape))), "float32"
        return self.shape, self.dtype

    def allocate(self) -> np.ndarray:
        """Return uninitialised memory with the engine's margins."""
        return planes.guarded(*self.stored)


class Lowered(Op, abstract=True):
    """An operator of the engine: not registered, in no file, made by a rule for one place in one graph.

    Its fields are given by name when it is made and can be anything that is known at bind: sizes, numbers, tables.
    ``forward`` and ``backward`` are those of an ``Op``; they are handed an ``interpreter.Context``, and values in
    planes as arrays (channels, pitch).

    Attributes
    ----------
    inputs : the storage of each argument, then of each auxiliary state.
    layouts : where each output lies, hidden ones last.
    hidden : how many outputs at the end are kept for backward alone.
    """

    inputs: Sequence[Storage]
    layouts: Sequence[Layout]
    hidden: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(abstract=True, **kwargs)

    def __init__(self, **fields: Any):
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def list_outputs(self) -> list[str]:
        if len(self.layouts) == len(self.outputs):
            return list(self.outputs)
        return [*self.outputs, *(f"hidden{i}" for i in range(len(self.layouts) - len(self.outputs)))]

    def num_visible_outputs(self) -> int:
        return len(self.layouts) - self.hidden


class ToPlanes(Lowered):
    """A plain value (N, C, ...) as planes."""

    backward_uses = ()

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> "ToPlanes":
        return cls(inputs=(PLAIN,), layouts=(Layout(shape, PLANES),))

    def forward(self, ctx, in_data, out_data, aux):
        engine.convert.to_planes(in_data[0], out_data[0], *sizes(self.layouts[0].shape))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            engine.convert.from_planes(out_grad[0], in_grad[0], *sizes(self.layouts[0].shape))


class FromPlanes(Lowered):
    """A value in planes as a plain one (N, C, ...)."""

    backward_uses = ()

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> "FromPlanes":
        return cls(inputs=(PLANES,), layouts=(Layout(shape, PLAIN),))

    def forward(self, ctx, in_data, out_data, aux):
        engine.convert.from_planes(in_data[0], out_data[0], *sizes(self.layouts[0].shape))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            engine.convert.to_planes(out_grad[0], in_grad[0], *sizes(self.layouts[0].shape))


def sizes(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return N, C, the pixels of one sample, and the pitch of the planes of a value."""
    n, c, pixels = shape[0], planes.channels(shape), planes.pixels(shape)
    return n, c, pixels // n, planes.pitch(pixels)
