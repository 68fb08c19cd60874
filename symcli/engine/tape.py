"""The tape: pairs of (address of an instruction, address of its parameters), and the loop that runs them.

Every thread of a team runs the same tape; after each instruction the threads meet at a barrier that spins. The words
that threads share lie 64 bytes apart in the team's block, so that they are on lines of their own.

``word``, ``words``, ``real``, ``floats``, ``share`` and ``ticket`` are what instructions read their parameters and find
their work with.
"""

from typing import Any

import numpy as np

from symcli.engine.jit import carray, cgutils, compiled, inline, intrinsic, ir, types
from symcli.engine.vector import I64, Loop, Vector, i32, i64

__all__ = [
    "ARRIVED", "BLOCK", "COUNT", "FREE", "GENERATION", "HEADER", "PATIENCE", "SLEEP", "START", "TAPE", "aligned",
    "fetch", "floats", "integers", "limited", "limits", "post", "real", "reals", "run_tape", "share", "ticket",
    "word", "words", "worker",
]  # fmt: skip

HEADER = 8  # words before the parameters; the first is the instruction's ticket counter
BLOCK = 64  # words of a team's block
ARRIVED, GENERATION, SLEEP, PATIENCE, START, TAPE, COUNT = 0, 8, 16, 17, 24, 32, 33  # words in a team's block


def aligned(size: int, dtype: Any) -> np.ndarray:
    """Return zeros that start at a multiple of 64 bytes."""
    memory = np.zeros(size * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -memory.__array_interface__["data"][0] % 64
    return memory[start : start + size * np.dtype(dtype).itemsize].view(dtype)


# ---- what instructions use


@intrinsic
def word(typing_context, parameters, i):
    """Parameter number i as an integer: an address or a count."""

    def generate(context, builder, signature, arguments):
        address = builder.add(arguments[0], builder.mul(arguments[1], i64(8)))
        return builder.load(builder.inttoptr(address, I64.as_pointer()), align=8)

    return types.int64(types.int64, types.int64), generate


@intrinsic(prefer_literal=True)
def words(typing_context, parameters, first, count):
    """Parameters ``first`` to ``first + count - 1`` as a tuple; both numbers are written out where it is called."""
    places = range(first.literal_value, first.literal_value + count.literal_value)

    def generate(context, builder, signature, arguments):
        numbers = []
        for i in places:
            address = builder.add(arguments[0], i64(8 * i))
            numbers.append(builder.load(builder.inttoptr(address, I64.as_pointer()), align=8))
        return context.make_tuple(builder, signature.return_type, numbers)

    return types.UniTuple(types.int64, len(places))(types.int64, first, count), generate


@intrinsic
def real(typing_context, parameters, i):
    """Parameter number i, a number with a fraction, as float32."""

    def generate(context, builder, signature, arguments):
        address = builder.add(arguments[0], builder.mul(arguments[1], i64(8)))
        number = builder.load(builder.inttoptr(address, ir.DoubleType().as_pointer()), align=8)
        return builder.fptrunc(number, ir.FloatType())

    return types.float32(types.int64, types.int64), generate


def _pointer(kind: Any) -> Any:
    @intrinsic
    def pointer(typing_context, address):
        def generate(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), generate

    return pointer


_to_float32, _to_float64, _to_int64 = _pointer(types.float32), _pointer(types.float64), _pointer(types.int64)


@inline
def floats(address, count):
    """The float32 array at an address."""
    return carray(_to_float32(address), count)


@inline
def reals(address, count):
    """The float64 array at an address."""
    return carray(_to_float64(address), count)


@inline
def integers(address, count):
    """The int64 array at an address."""
    return carray(_to_int64(address), count)


@inline
def share(count, step, thread, threads):
    """The range [start, stop) of a thread, of ``count`` things in blocks of ``step``: the same in each run."""
    blocks = (count + step - 1) // step
    return min(count, blocks * thread // threads * step), min(count, blocks * (thread + 1) // threads * step)


@intrinsic
def limited(typing_context, x, limits):
    """x, not beyond the two float32 numbers in a word; NaN passes."""

    def generate(context, builder, signature, arguments):
        one = Vector(builder, 1)
        value = one.limited(one.splat(arguments[0]), arguments[1])
        return builder.extract_element(value, i32(0))

    return types.float32(types.float32, types.int64), generate


def limits(low, high):
    """Return two float32 numbers as one word: what values are not below and not above."""
    return int(np.array([low, high], np.float32).view(np.int64)[0])


FREE = limits(-np.inf, np.inf)


@intrinsic
def fetch(typing_context, address, count):
    """Ask for ``count`` bytes at an address."""

    def generate(context, builder, signature, arguments):
        v = Vector(builder)

        def line(k, _):
            v.prefetch(builder.add(arguments[0], k), locality=3)
            return []

        Loop.run(builder, builder.add(arguments[1], i64(63)), [], line, 64)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def _add(typing_context, address, number):
    """Add to a word of shared memory; returns what it was."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], I64.as_pointer())
        return builder.atomic_rmw("add", pointer, arguments[1], ordering="acq_rel")

    return types.int64(types.int64, types.int64), generate


@inline
def ticket(parameters, blocks, threads):
    """The next block of ``blocks`` that no thread has taken; -1 when there is none. Ask until it is -1.

    The counter is never set back: each run of the instruction draws blocks + threads tickets.
    """
    drawn = _add(parameters - 8 * HEADER, 1) % (blocks + threads)
    return drawn if drawn < blocks else -1


# ---- the loop


@intrinsic
def _call(typing_context, function, parameters, thread, threads):
    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [I64] * 3)
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic
def _sleep(typing_context, function, microseconds):
    """Call the C library's usleep, whose address is given."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32)])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, [builder.trunc(arguments[1], ir.IntType(32))])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def _read(typing_context, address):
    """Read a word that another thread writes."""

    def generate(context, builder, signature, arguments):
        return builder.load_atomic(builder.inttoptr(arguments[0], I64.as_pointer()), ordering="acquire", align=8)

    return types.int64(types.int64), generate


@intrinsic
def _write(typing_context, address, number):
    """Write a word that another thread reads; what was written before is seen by whoever sees it."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], I64.as_pointer())
        builder.store_atomic(arguments[1], pointer, ordering="release", align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def _pause(typing_context):
    """Tell the processor that this is a waiting loop."""

    def generate(context, builder, signature, arguments):
        triple = builder.module.triple
        if triple.startswith(("x86", "i686", "amd64")):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        elif triple.startswith(("aarch64", "arm64")):
            kind = ir.FunctionType(ir.VoidType(), [ir.IntType(32)])
            hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.aarch64.hint")
            builder.call(hint, [ir.Constant(ir.IntType(32), 1)])
        return context.get_dummy_value()

    return types.void(), generate


@compiled(types.void(types.int64, types.int64))
def post(address, number):
    """Write a shared word from Python."""
    _write(address, number)


@compiled(types.void(types.int64, types.int64))
def _barrier(team, threads):
    """Wait until all threads are here.

    Spinning turns into naps of 20 us after PATIENCE pauses. With one foreign busy process on two cores a ResNet-20
    step took 130-160 ms so, 217-250 ms with sched_yield, over 500 ms spinning only; 56-62 ms each on a quiet machine.
    """
    generation = _read(team + 8 * GENERATION)
    if _add(team + 8 * ARRIVED, 1) == threads - 1:
        _write(team + 8 * ARRIVED, 0)
        _write(team + 8 * GENERATION, generation + 1)
        return
    tries = 0
    while _read(team + 8 * GENERATION) == generation:
        tries += 1
        if tries < word(team, PATIENCE) or word(team, SLEEP) == 0:
            _pause()
        else:
            _sleep(word(team, SLEEP), 20)


@compiled(types.void(*[types.int64] * 6))
def run_tape(tape, count, thread, threads, shares, team):
    """Run ``count`` instructions as one of the threads of a team whose block is at ``team``.

    The work of each is divided into ``shares``, which are as many as the threads or more.
    """
    for i in range(count):
        for part in range(thread, shares, threads):
            _call(word(tape, 2 * i), word(tape, 2 * i + 1), part, shares)
        if threads > 1:
            _barrier(team, threads)


@compiled(types.int64(*[types.int64] * 6))
def worker(team, thread, threads, shares, generation, patience):
    """Run each tape that is posted; return the last generation after ``patience`` pauses without one."""
    while True:
        tries = 0
        while _read(team + 8 * START) == generation:
            tries += 1
            if tries > patience:
                return generation
            _pause()
        generation = _read(team + 8 * START)
        run_tape(word(team, TAPE), word(team, COUNT), thread, threads, shares, team)
