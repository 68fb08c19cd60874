"""One pass over arrays: ``out = f(in, ...)`` element by element, with sums on the way.

``elementwise(body, inputs, outputs, scalars, sums)`` makes an intrinsic from a body that computes one vector. It is
explicit vector code, so that an output may be one of the inputs: LLVM's own vectoriser asks at run time whether
arrays overlap and takes a scalar loop when one is written in place (batch norm backward: 12 times slower).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, types
from symcli.engine.tape import share, word
from symcli.engine.vector import Loop, Vector, i64, when

__all__ = ["Body", "accumulate", "add_to", "elementwise"]

# (vector builder, inputs, scalars) -> (outputs, what is added to the sums)
Body = Callable[[Vector, Sequence[Any], Sequence[Any]], tuple[Sequence[Any], Sequence[Any]]]
CHUNK = 4096  # floats of a block of work: 16 KiB, so that neighbouring passes over it find it in the first cache


def elementwise(body: Body, inputs: int, outputs: int, scalars: int = 0, sums: int = 0, unroll: int = 2) -> Any:
    """Return an intrinsic ``f(count, (addresses of inputs, then of outputs), (scalars), address of sums)``.

    Scalars are float32; a pass without any is given one that it ignores. The sums of ``count`` elements are added to
    float32 numbers at the last address, which is ignored if there are none.
    """

    @intrinsic
    def run(typing_context, count, addresses, numbers, totals):
        signature = types.void(
            types.int64,
            types.UniTuple(types.int64, inputs + outputs),
            types.UniTuple(types.float32, max(scalars, 1)),
            types.int64,
        )

        def generate(context, builder, signature, arguments):
            _Pass(builder, body, inputs, outputs, scalars, sums, unroll).write(arguments)
            return context.get_dummy_value()

        return signature, generate

    return run


class _Pass:
    """The code of one pass: an unrolled loop over whole vectors, single vectors, a masked rest."""

    def __init__(self, builder: Any, body: Body, inputs: int, outputs: int, scalars: int, sums: int, unroll: int):
        self.b, self.body, self.v = builder, body, Vector(builder)
        self.inputs, self.outputs, self.scalars, self.sums, self.unroll = inputs, outputs, scalars, sums, unroll

    def write(self, arguments: Sequence[Any]) -> None:
        b, v = self.b, self.v
        count, addresses, numbers, totals = arguments
        pointers = [v.pointer(b.extract_value(addresses, i)) for i in range(self.inputs + self.outputs)]
        scalars = [v.splat(b.extract_value(numbers, i)) for i in range(self.scalars)]

        def whole(times: int, first: Any) -> Callable[[Any, list[Any]], list[Any]]:
            def step(k: Any, totals: list[Any]) -> list[Any]:
                places = [b.add(b.add(first, k), i64(t * v.lanes)) for t in range(times)]
                loaded = [[v.load(pointer, k) for pointer in pointers[: self.inputs]] for k in places]
                totals = list(totals)
                for t, (place, values) in enumerate(zip(places, loaded, strict=True)):
                    results, parts = self.body(v, values, scalars)
                    for pointer, result in zip(pointers[self.inputs :], results, strict=True):
                        v.store(result, pointer, place)
                    for i, part in enumerate(parts):
                        totals[t * self.sums + i] = b.fadd(totals[t * self.sums + i], part)
                return totals

            return step

        zeros = [v.zero] * (self.sums * self.unroll)
        done, sums = Loop.run(b, count, zeros, whole(self.unroll, i64(0)), v.lanes * self.unroll)
        more, first = Loop.run(b, b.sub(count, done), sums[: self.sums], whole(1, done), v.lanes)
        done, sums = b.add(done, more), [*first, *sums[self.sums :]]
        self._rest(done, b.sub(count, done), pointers, scalars, totals)
        if self.sums:
            self._add_sums(sums, v.pointer(totals))

    def _rest(self, done: Any, rest: Any, pointers: Sequence[Any], scalars: Sequence[Any], totals: Any) -> None:
        b, v = self.b, self.v
        with when(b, b.icmp_signed(">", rest, i64(0))):
            mask = v.first_lanes(rest)
            values = [v.load_masked(pointer, mask, done) for pointer in pointers[: self.inputs]]
            results, parts = self.body(v, values, scalars)
            for pointer, result in zip(pointers[self.inputs :], results, strict=True):
                v.store_masked(result, pointer, mask, done)
            for i, part in enumerate(parts):
                self._add_to(v.pointer(totals), i, v.sum(b.select(mask, part, v.zero)))

    def _add_sums(self, sums: Sequence[Any], totals: Any) -> None:
        for i in range(self.sums):
            total = sums[i]
            for t in range(1, self.unroll):
                total = self.b.fadd(total, sums[t * self.sums + i])
            self._add_to(totals, i, self.v.sum(total))

    def _add_to(self, totals: Any, i: int, number: Any) -> None:
        place = self.v.at(totals, i)
        self.b.store(self.b.fadd(self.b.load(place, align=4), number), place, align=4)


# ---- gradients added up

add_to = elementwise(lambda v, x, s: ([v.b.fadd(x[0], x[1])], []), 2, 1)


@instruction
def _accumulate(p, thread, threads):
    """total += part.  0 part, 1 total, 2 count"""
    part, total, count = word(p, 0), word(p, 1), word(p, 2)
    start, stop = share(count, CHUNK, thread, threads)
    if stop > start:
        add_to(stop - start, (part + 4 * start, total + 4 * start, total + 4 * start), (np.float32(0),), 0)


def accumulate(part: np.ndarray, total: np.ndarray) -> None:
    """total += part, of one shape and float32; in planes too."""
    _accumulate(part, total, part.size)
