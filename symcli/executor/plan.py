"""The plan of an executor's memory: one arena for all values and gradients on their way, forward and backward together.

A program and its backward pass are built over *placeholders*, arrays without memory. Their lifetimes are counted over
the whole sequence of a step, forward and then backward: from the operator that writes first to the one that reads
last. Then each is given a place in one block, the largest first, in the smallest gap among those that live at the
same time (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, "greedy by size").
Scratch of an operator takes the gaps that are left while it runs.

What lies outside: variables and their gradients, outputs, and what is kept from step to step.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symcli.engine.planes import GUARD
from symcli.executor.memory import Block, Pool, SharedBlock
from symcli.executor.program import Backward, Program, Step

__all__ = ["Arena", "Placeholders", "Span", "assign", "plan"]

_LINE = 64  # bytes; every place starts at a multiple
_LEAST_SPARE = 1 << 26  # bytes after the planned ones, for scratch that no gap takes; untouched memory costs nothing


class Span(NamedTuple):
    """How much is needed, and from which position of the sequence to which, both included."""

    size: int
    first: int
    last: int


def assign(spans: Sequence[Span]) -> list[int]:
    """Return an offset for each span, such that those that live at one time do not overlap."""
    count = len(spans)
    offsets = [0] * count
    sizes, firsts, lasts = (np.array([getattr(span, name) for span in spans], np.int64) for name in Span._fields)
    placed = np.zeros(count, np.int64)  # the spans that have an offset, and where they start and end
    starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for done, i in enumerate(sorted(range(count), key=lambda i: (-spans[i].size, spans[i].first))):
        others = placed[:done]
        meets = (firsts[others] <= lasts[i]) & (lasts[others] >= firsts[i])
        offsets[i] = _gap(starts[:done][meets], ends[:done][meets], int(sizes[i]))
        placed[done], starts[done], ends[done] = i, offsets[i], offsets[i] + sizes[i]
    return offsets


def _gap(starts: np.ndarray, ends: np.ndarray, size: int) -> int:
    """Return where the smallest gap of at least ``size`` begins; after everything if there is none."""
    if not starts.size:
        return 0
    order = np.argsort(starts, kind="stable")
    starts, after = starts[order], np.maximum.accumulate(ends[order])
    before = np.concatenate(([0], after[:-1]))
    widths = starts - before
    fitting = np.flatnonzero(widths >= size)
    return int(before[fitting[np.argmin(widths[fitting])]] if fitting.size else after[-1])


class Placeholders:
    """Arrays of a shape and a type without memory of their own: what a plan is made of. Lent, but never lent again."""

    def __init__(self) -> None:
        self.arrays: dict[int, np.ndarray] = {}

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        made = np.broadcast_to(np.empty((), dtype), shape)
        self.arrays[id(made)] = made
        return made

    def give_back(self, array: np.ndarray) -> None:
        """A placeholder is never another one."""


class Arena:
    """Planned memory, and scratch in what is free of it at a position of the sequence.

    Attributes
    ----------
    planned : bytes of values and gradients.
    used : bytes up to the end of the last scratch as well, so far.
    block : the memory, which other executors may use between the steps of this one.
    recomputes : whether values that are gone can be computed again by another forward pass.
    """

    def __init__(self, spans: Sequence[Span], shared: SharedBlock, recomputes: bool):
        self._spans, self._offsets = spans, assign(spans)
        ends = [offset + span.size for offset, span in zip(self._offsets, spans, strict=True)]
        self.planned = self.used = max(ends, default=0)
        self.recomputes = recomputes
        self.block: Block = shared.take(self.planned + max(_LEAST_SPARE, self.planned // 2))
        self._extent = [*zip(self._offsets, ends, strict=True)]
        self._busy: list[tuple[int, int]] = []
        self._lent: dict[int, tuple[int, int]] = {}
        self._more = Pool()

    def array(self, i: int, like: np.ndarray) -> np.ndarray:
        """Return the memory of span number i, in the form of an array."""
        return self.block.array(self._offsets[i], like.shape, like.dtype)

    def enter(self, position: int) -> None:
        """Let scratch keep away from what lives at a position."""
        self._busy = [extent for span, extent in zip(self._spans, self._extent, strict=True)
                      if span.first <= position <= span.last]  # fmt: skip

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Return scratch that is the caller's until it gives it back."""
        size = _bytes(shape, dtype)
        starts, ends = (np.array(side, np.int64) for side in zip(*self._busy, strict=True)) if self._busy else (
            np.empty(0, np.int64), np.empty(0, np.int64))  # fmt: skip
        start = _gap(starts, ends, size)
        if start + size > self.block.size:
            return self._more.take(shape, dtype)
        self.used = max(self.used, start + size)
        made = self.block.array(start, shape, dtype)
        self._busy.append((start, start + size))
        self._lent[id(made)] = (start, start + size)
        return made

    def give_back(self, array: np.ndarray) -> None:
        """Return scratch taken from here."""
        extent = self._lent.pop(id(array), None)
        if extent is None:
            self._more.give_back(array)
        else:
            self._busy.remove(extent)


def plan(program: Program, backward: Backward | None, placeholders: Placeholders, shared: SharedBlock) -> Arena:
    """Give every placeholder of a program and its backward pass a place in an arena.

    Parameters
    ----------
    backward : of the most heads whose gradients there can be, so that it reads all that any backward pass reads.
    shared : the block that executors over the same variables take turns in.
    """
    recomputes = all(step.op.captured and not (step.op.states_move_in_forward and step.aux) for step in program.steps)
    spans = _lifetimes(program, backward, placeholders.arrays, recomputes)
    owners = _in_place(program, spans, placeholders.arrays)
    kept = [key for key in spans if owners[key] == key]
    arena = Arena([spans[key] for key in kept], shared, recomputes)
    number = {key: i for i, key in enumerate(kept)}
    real = {key: arena.array(number[owners[key]], placeholders.arrays[key]) for key in spans}
    program.replace(real)
    if backward is not None:
        backward.replace(real)
    return arena


def _lifetimes(program: Program, backward: Backward | None, known: Mapping[int, np.ndarray],
               recomputes: bool) -> dict[int, Span]:  # fmt: skip
    """Return the span of each placeholder, by its id; values that cannot be computed again live to the end."""
    spans: dict[int, Span] = {}

    def seen(position: int, *arrays: np.ndarray | None) -> None:
        for array in arrays:
            if array is not None and id(array) in known:
                first = spans[id(array)].first if id(array) in spans else position
                spans[id(array)] = Span(_bytes(array.shape, array.dtype), first, position)

    for position, step in enumerate(program.steps):
        seen(position, *step.in_data, *step.out_data)
    if backward is None:
        return spans
    values = list(spans)
    backward.visit(seen)
    if not recomputes:
        end = 2 * len(program.steps)
        spans |= {key: spans[key]._replace(last=end) for key in values}
    return spans


def _in_place(program: Program, spans: dict[int, Span], known: Mapping[int, np.ndarray]) -> dict[int, int]:
    """Let outputs take the memory of arguments that are not needed any more, where operators say that they may.

    Returns the id of the placeholder whose memory each one has, and extends the spans of those.
    """
    owners = {key: key for key in spans}
    for position, step in enumerate(program.steps):
        for output, argument in _declared(step):
            given, made = owners.get(id(argument)), id(output)
            if given is None or made not in spans or owners[made] != made:
                continue
            if spans[given].last == position and spans[given].size == spans[made].size:
                owners[made] = given
                spans[given] = spans[given]._replace(last=spans[made].last)
    return owners


def _declared(step: Step) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the outputs of an operator that may take an argument's memory, with the argument."""
    arguments = dict(zip(step.op.list_arguments(), step.in_data, strict=True))
    outputs = dict(zip(step.op.list_outputs(), step.out_data, strict=True))
    pairs = [(outputs.get(output), arguments.get(argument)) for output, argument in step.op.inplace.items()]
    return [(output, argument) for output, argument in pairs if output is not None and argument is not None]


def _bytes(shape: tuple[int, ...], dtype: Any) -> int:
    return -(-math.prod(shape) * np.dtype(dtype).itemsize // _LINE) * _LINE
