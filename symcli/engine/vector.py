"""The builder of vector code: a thin layer over llvmlite's IR builder for one number of lanes.

Generators are ``@intrinsic`` functions whose code generators use a ``Vector``. All addresses are int64 bytes, all
elements float32, all vector accesses aligned to 4 bytes. ``Loop.run`` writes a counted loop whose carried values are
phi nodes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from symcli.engine.jit import FUSED, LANES, cgutils, ir

__all__ = ["F32", "I1", "I32", "I64", "Loop", "Vector", "i32", "i64", "when"]

F32, I64, I32, I1 = ir.FloatType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)


def i64(value: int) -> Any:
    """Return a constant of 64 bits."""
    return ir.Constant(I64, value)


def i32(value: int) -> Any:
    """Return a constant of 32 bits."""
    return ir.Constant(I32, value)


class Vector:
    """Vector code for a number of lanes.

    Attributes
    ----------
    b : the IR builder.
    lanes : float32 numbers in a vector.
    type, mask_type, int_type : <lanes x float>, <lanes x i1>, <lanes x i32>.
    zero, undefined : vectors.
    """

    def __init__(self, builder: Any, lanes: int = LANES):
        self.b, self.lanes = builder, lanes
        self.type, self.mask_type = ir.VectorType(F32, lanes), ir.VectorType(I1, lanes)
        self.int_type = ir.VectorType(I32, lanes)
        self.undefined, self.zero = ir.Constant(self.type, ir.Undefined), self.constant(0.0)

    # ---- constants and addresses

    def constant(self, value: float) -> Any:
        """All lanes one number."""
        return ir.Constant(self.type, [float(value)] * self.lanes)

    def integers(self, value: int) -> Any:
        """All lanes one int32."""
        return ir.Constant(self.int_type, [value] * self.lanes)

    def pointer(self, address: Any, kind: Any = F32) -> Any:
        """An int64 address as a pointer."""
        return self.b.inttoptr(address, kind.as_pointer())

    def at(self, pointer: Any, index: Any) -> Any:
        """The pointer ``index`` elements on; an int or an i64 value."""
        if isinstance(index, int):
            return pointer if index == 0 else self.b.gep(pointer, [i64(index)])
        return self.b.gep(pointer, [index])

    # ---- memory

    def load(self, pointer: Any, index: Any = 0) -> Any:
        """The vector from a float pointer, ``index`` floats on."""
        return self.b.load(self.b.bitcast(self.at(pointer, index), self.type.as_pointer()), align=4)

    def store(self, value: Any, pointer: Any, index: Any = 0) -> None:
        self.b.store(value, self.b.bitcast(self.at(pointer, index), self.type.as_pointer()), align=4)

    def load_masked(self, pointer: Any, mask: Any, index: Any = 0) -> Any:
        """The lanes of a mask; 0 in the others, whose memory is not touched."""
        at = self.b.bitcast(self.at(pointer, index), self.type.as_pointer())
        load = self.declared("llvm.masked.load.v{}f32.p0", self.type, [at.type, self.mask_type, self.type])
        return self.b.call(load, [at, mask, self.zero])

    def store_masked(self, value: Any, pointer: Any, mask: Any, index: Any = 0) -> None:
        at = self.b.bitcast(self.at(pointer, index), self.type.as_pointer())
        store = self.declared("llvm.masked.store.v{}f32.p0", ir.VoidType(), [self.type, at.type, self.mask_type])
        self.b.call(store, [value, at, mask])

    def broadcast(self, pointer: Any, index: Any = 0) -> Any:
        """One float from memory in all lanes."""
        return self.splat(self.b.load(self.at(pointer, index), align=4))

    def prefetch(self, address: Any, write: bool = False, locality: int = 2) -> None:
        """Ask for the cache line at an int64 address."""
        pointer = self.b.inttoptr(address, ir.IntType(8).as_pointer())
        ask = cgutils.get_or_insert_function(
            self.b.module, ir.FunctionType(ir.VoidType(), [pointer.type, I32, I32, I32]), "llvm.prefetch.p0"
        )
        self.b.call(ask, [pointer, i32(int(write)), i32(locality), i32(1)])

    # ---- lanes

    def splat(self, number: Any) -> Any:
        """One float, int32 or i1 in all lanes."""
        kind = ir.VectorType(number.type, self.lanes)
        one = self.b.insert_element(ir.Constant(kind, ir.Undefined), number, i32(0))
        return self.b.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(self.int_type, [0] * self.lanes))

    def shuffle(self, x: Any, y: Any, lanes: Sequence[int]) -> Any:
        """The named lanes of x and y joined; those of y count from ``lanes`` on."""
        return self.b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(lanes)), list(lanes)))

    def even_odd(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The even and the odd ones of 2 x lanes consecutive numbers."""
        return self.shuffle(x, y, range(0, 2 * self.lanes, 2)), self.shuffle(x, y, range(1, 2 * self.lanes, 2))

    def interleave(self, even: Any, odd: Any) -> tuple[Any, Any]:
        """The inverse of ``even_odd``."""
        order = [i // 2 + (self.lanes if i % 2 else 0) for i in range(2 * self.lanes)]
        return self.shuffle(even, odd, order[: self.lanes]), self.shuffle(even, odd, order[self.lanes :])

    def first_lanes(self, count: Any) -> Any:
        """The mask: lane < count, an i64 of any size."""
        number = self.b.trunc(count, I32)
        many = self.splat(number)
        return self.b.icmp_signed("<", ir.Constant(self.int_type, list(range(self.lanes))), many)

    def mask_at(self, address: Any) -> Any:
        """The mask whose bits are stored at an int64 address, lane 0 the lowest bit."""
        bits = self.b.load(self.pointer(address, ir.IntType(max(8, self.lanes))), align=max(1, self.lanes // 8))
        if self.lanes < 8:
            bits = self.b.trunc(bits, ir.IntType(self.lanes))
        return self.b.bitcast(bits, self.mask_type)

    def sum(self, x: Any) -> Any:
        """The sum of the lanes, a float."""
        return self.folded(x, self.b.fadd)

    def folded(self, x: Any, join: Callable[[Any, Any], Any]) -> Any:
        """The lanes joined by halves to one float."""
        width = self.lanes
        while width > 1:
            half = width // 2
            x = join(self.shuffle(x, x, range(half)), self.shuffle(x, x, range(half, width)))
            width = half
        return self.b.extract_element(x, i32(0))

    # ---- arithmetic

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        """x y + z, rounded once where the processor can."""
        name = "llvm.fma.v{}f32" if FUSED else "llvm.fmuladd.v{}f32"
        return self.b.call(self.declared(name, self.type, [self.type] * 3), [x, y, z])

    def unary(self, name: str, x: Any) -> Any:
        """An LLVM function of one number: ``fabs``, ``rint``, ``floor``, ``sqrt``, …"""
        return self.b.call(self.declared(f"llvm.{name}.v{{}}f32", self.type, [self.type]), [x])

    def copysign(self, x: Any, sign: Any) -> Any:
        return self.b.call(self.declared("llvm.copysign.v{}f32", self.type, [self.type] * 2), [x, sign])

    def max(self, x: Any, y: Any) -> Any:
        """The larger one; y where either is NaN."""
        return self.b.select(self.b.fcmp_ordered(">", x, y), x, y)

    def min(self, x: Any, y: Any) -> Any:
        """The smaller one; y where either is NaN."""
        return self.b.select(self.b.fcmp_ordered("<", x, y), x, y)

    def limited(self, x: Any, limits: Any) -> Any:
        """x, but not below the first nor above the second of the two float32 numbers in an i64; NaN passes."""
        pair = self.b.bitcast(limits, ir.VectorType(F32, 2))
        low, high = (self.splat(self.b.extract_element(pair, i32(i))) for i in range(2))
        x = self.b.select(self.b.fcmp_ordered("<", x, low), low, x)
        return self.b.select(self.b.fcmp_ordered(">", x, high), high, x)

    def declared(self, name: str, result: Any, arguments: Sequence[Any]) -> Any:
        """An LLVM intrinsic by name; ``{}`` stands for the lanes."""
        kind = ir.FunctionType(result, list(arguments))
        return cgutils.get_or_insert_function(self.b.module, kind, name.format(self.lanes))


class Loop:
    """``for k in range(0, count - step + 1, step)`` with carried values."""

    @staticmethod
    def run(builder: Any, count: Any, carried: Sequence[Any],
            body: Callable[[Any, list[Any]], Sequence[Any]], step: int = 1) -> tuple[Any, list[Any]]:  # fmt: skip
        """Write the loop.

        ``body(k, values)`` returns the next values. Returned are the k at which the loop ended, which is
        count // step * step, and the values then.
        """
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("loop.end")
        builder.cbranch(builder.icmp_signed(">=", count, i64(step)), loop, after)
        builder.position_at_end(loop)
        k = builder.phi(I64)
        k.add_incoming(i64(0), before)
        phis = []
        for value in carried:
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            phis.append(phi)
        following = list(body(k, phis))
        next_k = builder.add(k, i64(step))
        last = builder.block
        k.add_incoming(next_k, last)
        for phi, value in zip(phis, following, strict=True):
            phi.add_incoming(value, last)
        builder.cbranch(builder.icmp_signed("<=", builder.add(next_k, i64(step)), count), loop, after)
        builder.position_at_end(after)
        results = []
        for value, new in zip([i64(0), *carried], [next_k, *following], strict=True):
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            phi.add_incoming(new, last)
            results.append(phi)
        return results[0], results[1:]


@contextmanager
def when(builder: Any, condition: Any) -> Iterator[None]:
    """Write code that runs only if a condition (i1) holds; it may store, but hand out no value."""
    inside, after = builder.append_basic_block("when"), builder.append_basic_block("when.end")
    builder.cbranch(condition, inside, after)
    builder.position_at_end(inside)
    yield
    builder.branch(after)
    builder.position_at_end(after)
