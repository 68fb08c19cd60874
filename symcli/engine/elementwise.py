"""One pass over arrays: ``out = f(in, ...)`` element by element, with sums on the way.

``elementwise(body, inputs, outputs, scalars, sums)`` makes an intrinsic from a body that computes one vector. It is
explicit vector code, so that an output may be one of the inputs: LLVM's own vectoriser asks at run time whether
arrays overlap and takes a scalar loop when one is written in place (batch norm backward: 12 times slower).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.tape import floats, real, share, word
from symcli.engine.vector import F32, Loop, Vector, i64

__all__ = [
    "Body", "Pass", "accumulate", "add_row", "add_to", "by_name", "combine", "elementwise", "fill", "filled",
    "multiply", "scale", "sum_rows",
]  # fmt: skip

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
            count, addresses, numbers, totals = arguments
            places = [builder.extract_value(addresses, i) for i in range(inputs + outputs)]
            given = [builder.extract_value(numbers, i) for i in range(scalars)]
            found = Pass(builder, body, sums, unroll).write(count, places[:inputs], places[inputs:], given)
            pointer = builder.inttoptr(totals, F32.as_pointer())
            for i, total in enumerate(found):
                place = builder.gep(pointer, [i64(i)])
                builder.store(builder.fadd(builder.load(place, align=4), total), place, align=4)
            return context.get_dummy_value()

        return signature, generate

    return run


def by_name(formulas: Mapping[str, tuple[Body, int, int, int]], unroll: int = 1) -> Any:
    """Return an intrinsic ``f(name, count, (addresses), (scalars))`` of several passes, as ``elementwise`` makes one.

    For instructions that a loop makes, one for each name: what a function closes over is part of its key in the cache
    of compiled code, and an intrinsic there would be another one in each process.

    Parameters
    ----------
    formulas : name -> (body, inputs, outputs, scalars).
    """

    @intrinsic(prefer_literal=True)
    def run(typing_context, name, count, addresses, numbers):
        body, inputs, outputs, scalars = formulas[name.literal_value]
        signature = types.void(
            name,
            types.int64,
            types.UniTuple(types.int64, inputs + outputs),
            types.UniTuple(types.float32, max(scalars, 1)),
        )

        def generate(context, builder, signature, arguments):
            _, count, addresses, numbers = arguments
            places = [builder.extract_value(addresses, i) for i in range(inputs + outputs)]
            given = [builder.extract_value(numbers, i) for i in range(scalars)]
            Pass(builder, body, 0, unroll).write(count, places[:inputs], places[inputs:], given)
            return context.get_dummy_value()

        return signature, generate

    return run


class Pass:
    """The code of one pass: an unrolled loop over whole vectors, single vectors, a masked rest."""

    def __init__(self, builder: Any, body: Body, sums: int = 0, unroll: int = 2):
        self.b, self.body, self.v, self.sums, self.unroll = builder, body, Vector(builder), sums, unroll

    def write(self, count: Any, inputs: Sequence[Any], outputs: Sequence[Any], scalars: Sequence[Any]) -> list[Any]:
        """Write the pass over ``count`` numbers at addresses; return the sums, as floats."""
        b, v = self.b, self.v
        sources, targets = [v.pointer(one) for one in inputs], [v.pointer(one) for one in outputs]
        numbers = [v.splat(one) for one in scalars]

        def whole(times: int, first: Any) -> Callable[[Any, list[Any]], list[Any]]:
            def step(k: Any, totals: list[Any]) -> list[Any]:
                places = [b.add(b.add(first, k), i64(t * v.lanes)) for t in range(times)]
                loaded = [[v.load(source, place) for source in sources] for place in places]
                totals = list(totals)
                for t, (place, values) in enumerate(zip(places, loaded, strict=True)):
                    results, parts = self.body(v, values, numbers)
                    for target, result in zip(targets, results, strict=True):
                        v.store(result, target, place)
                    for i, part in enumerate(parts):
                        totals[t * self.sums + i] = b.fadd(totals[t * self.sums + i], part)
                return totals

            return step

        zeros = [v.zero] * (self.sums * self.unroll)
        done, sums = Loop.run(b, count, zeros, whole(self.unroll, i64(0)), v.lanes * self.unroll)
        more, first = Loop.run(b, b.sub(count, done), sums[: self.sums], whole(1, done), v.lanes)
        sums[: self.sums] = first
        totals = [self._joined(sums[i :: self.sums]) for i in range(self.sums)]
        return self._rest(b.add(done, more), count, sources, targets, numbers, totals)

    def _joined(self, sums: Sequence[Any]) -> Any:
        total = sums[0]
        for one in sums[1:]:
            total = self.b.fadd(total, one)
        return total

    def _rest(self, done: Any, count: Any, sources: Sequence[Any], targets: Sequence[Any], numbers: Sequence[Any],
              totals: Sequence[Any]) -> list[Any]:  # fmt: skip
        b, v = self.b, self.v
        before, rest = b.block, b.sub(count, done)
        inside, after = b.append_basic_block("rest"), b.append_basic_block("rest.end")
        b.cbranch(b.icmp_signed(">", rest, i64(0)), inside, after)
        b.position_at_end(inside)
        mask = v.first_lanes(rest)
        results, parts = self.body(v, [v.load_masked(source, mask, done) for source in sources], numbers)
        for target, result in zip(targets, results, strict=True):
            v.store_masked(result, target, mask, done)
        more = [b.fadd(total, b.select(mask, part, v.zero)) for total, part in zip(totals, parts, strict=True)]
        last = b.block
        b.branch(after)
        b.position_at_end(after)
        phis = [b.phi(v.type) for _ in totals]
        for phi, without, with_rest in zip(phis, totals, more, strict=True):
            phi.add_incoming(without, before)
            phi.add_incoming(with_rest, last)
        return [v.sum(phi) for phi in phis]


# ---- gradients added up

_scaled = elementwise(lambda v, x, s: ([v.b.fadd(v.b.fmul(s[0], x[0]), s[1])], []), 1, 1, 2)
_add_scaled = elementwise(lambda v, x, s: ([v.b.fadd(x[1], v.b.fadd(v.b.fmul(s[0], x[0]), s[1]))], []), 2, 1, 2)
_combined = elementwise(lambda v, x, s: ([v.b.fadd(x[0], v.b.fmul(s[0], x[1]))], []), 2, 1, 1)
_product = elementwise(lambda v, x, s: ([v.b.fmul(x[0], x[1])], []), 2, 1)
_add_product = elementwise(lambda v, x, s: ([v.fma(x[0], x[1], x[2])], []), 3, 1)
add_to = elementwise(lambda v, x, s: ([v.b.fadd(x[0], x[1])], []), 2, 1)
filled = elementwise(lambda v, x, s: ([s[0]], []), 0, 1, 1)  # a plain loop was 8 times slower: LLVM leaves it scalar


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


@instruction
def fill(p, thread, threads):
    """y = a.  0 y, 1 a, 2 count"""
    start, stop = share(word(p, 2), CHUNK, thread, threads)
    filled(stop - start, (word(p, 0) + 4 * start,), (real(p, 1),), 0)


@instruction
def scale(p, thread, threads):
    """y = a x + b, or with add y += a x + b.  0 x, 1 y, 2 a, 3 b, 4 add, 5 count; nothing if y is x unchanged"""
    x, y, a, b, count = word(p, 0), word(p, 1), real(p, 2), real(p, 3), word(p, 5)
    start, stop = share(count, CHUNK, thread, threads)
    if stop > start and not (x == y and a == 1 and b == 0 and word(p, 4) == 0):
        at = 4 * start
        if word(p, 4) != 0:
            _add_scaled(stop - start, (x + at, y + at, y + at), (a, b), 0)
        else:
            _scaled(stop - start, (x + at, y + at), (a, b), 0)


@instruction
def combine(p, thread, threads):
    """y = a + s b.  0 a, 1 b, 2 y, 3 s, 4 count"""
    start, stop = share(word(p, 4), CHUNK, thread, threads)
    if stop > start:
        at = 4 * start
        _combined(stop - start, (word(p, 0) + at, word(p, 1) + at, word(p, 2) + at), (real(p, 3),), 0)


@instruction
def multiply(p, thread, threads):
    """y = a b, or with add y += a b.  0 a, 1 b, 2 y, 3 add, 4 count"""
    a, b, y = word(p, 0), word(p, 1), word(p, 2)
    start, stop = share(word(p, 4), CHUNK, thread, threads)
    if stop > start:
        at = 4 * start
        if word(p, 3) != 0:
            _add_product(stop - start, (a + at, b + at, y + at, y + at), (np.float32(0),), 0)
        else:
            _product(stop - start, (a + at, b + at, y + at), (np.float32(0),), 0)


# ---- a row and all rows of a plain array (n, count): biases of layers with few samples


@instruction
def add_row(p, thread, threads):
    """y[i] += row.  0 row (count,), 1 y (n, count), 2 n, 3 count"""
    row, y, n, count = word(p, 0), word(p, 1), word(p, 2), word(p, 3)
    start, stop = share(count, CHUNK, thread, threads)
    if stop > start:
        for i in range(n):
            at = y + 4 * (i * count + start)
            add_to(stop - start, (row + 4 * start, at, at), (np.float32(0),), 0)


_copy_to = elementwise(lambda v, x, s: ([x[0]], []), 1, 1)


@instruction
def sum_rows(p, thread, threads):
    """total = the sum of all g[i].  0 g (n, count), 1 total (count,), 2 n, 3 count, 4 whether to add to total"""
    g, total, n, count = word(p, 0), word(p, 1), word(p, 2), word(p, 3)
    start, stop = share(count, LANES, thread, threads)
    if stop > start:
        first, size, at = 0, stop - start, total + 4 * start
        if word(p, 4) == 0:
            _copy_to(size, (g + 4 * start, at), (np.float32(0),), 0)
            first = 1
        for i in range(first, n):
            add_to(size, (g + 4 * (i * count + start), at, at), (np.float32(0),), 0)
