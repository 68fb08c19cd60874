"""Register tiles of matrix products.

``outer`` adds up outer products: C[i, lanes] = sum over k of A(i, k) B[k, lanes], A's entries broadcast, B's rows
read in place. ``dot`` takes 4 x 4 products of rows, lanes along k, for two matrices whose rows are contiguous in k.
Neither packs: measured on one core of 265 GFLOP/s peak, 12x2 and 6x4 tiles reach 220-266 GFLOP/s at the sizes of
fully connected layers.

Strides are counted in floats. Rows and columns beyond m and n are computed from the last row or what follows, and not
stored.
"""

from collections.abc import Sequence
from typing import Any

from symcli.engine.jit import REGISTERS, intrinsic, ir, types
from symcli.engine.vector import I64, Loop, Vector, i64, when

__all__ = ["ROWS", "VECTORS", "dot", "dot_lanes", "outer", "summed_lanes"]

ROWS, VECTORS = 6, 4 if REGISTERS == 32 else 2  # the largest tile: accumulators and a row of B fill the registers

_UNROLL = 2  # steps of k


def row_pointers(v: Vector, address: Any, stride: Any, rows: int, valid: Any) -> list[Any]:
    """Pointers to ``rows`` rows; those beyond ``valid`` are the last valid one."""
    pointers = []
    for i in range(rows):
        row = v.b.select(v.b.icmp_signed("<", i64(i), valid), i64(i), v.b.sub(valid, i64(1)))
        pointers.append(v.pointer(v.b.add(address, v.b.mul(v.b.mul(row, stride), i64(4)))))
    return pointers


def store_tile(v: Vector, tile: Sequence[Sequence[Any]], c: Any, ldc: Any, m: Any, n: Any, add: Any) -> None:
    """C[i, :n] = tile[i], or += where ``add`` (i1), for i < m. ``c`` is a float pointer."""
    b = v.b
    parts = [(Vector(b, value.type.count), j * v.lanes) for j, value in enumerate(tile[0])]
    masks = [part.first_lanes(b.sub(n, i64(at))) for part, at in parts]
    for i, row in enumerate(tile):
        with when(b, b.icmp_signed("<", i64(i), m)):
            pointer = v.at(c, b.mul(ldc, i64(i)))
            with b.if_else(add) as (adding, writing):
                with adding:
                    for (part, at), mask, value in zip(parts, masks, row, strict=True):
                        old = part.load_masked(pointer, mask, at)
                        part.store_masked(b.fadd(old, value), pointer, mask, at)
                with writing:
                    for (part, at), mask, value in zip(parts, masks, row, strict=True):
                        part.store_masked(value, pointer, mask, at)


@intrinsic(prefer_literal=True)
def outer(typing_context, rows, vectors, masked, k, a, ais, aks, b, ldb, c, ldc, m, n, add):
    """C = sum over k of A(i, k) B[k, :], A(i, k) at a + 4 (i ais + k aks); rows x (vectors * lanes) at address c.

    With ``masked``, n columns of B are read; without, all that the tile is wide. Where it is 2, the last vector is half
    as wide as the others (16 lanes only). Where ``ais`` is written out as 1, A is packed: all rows of the tile can be
    read, and their addresses are one.
    """
    height, width, packed = rows.literal_value, vectors.literal_value, isinstance(ais, types.IntegerLiteral)

    def generate(context, builder, signature, arguments):
        _, _, _, k, a, ais, aks, b, ldb, c, ldc, m, n, add = arguments
        v = Vector(builder)
        lines = [v.at(v.pointer(a), i) for i in range(height)] if packed else row_pointers(v, a, ais, height, m)
        parts = [v] * width
        if masked.literal_value == 2:
            parts[-1] = Vector(builder, v.lanes // 2)

        def write(masks):
            def columns(row):
                if masks is None:
                    return [v.load(row, j * v.lanes) for j in range(width)]
                return [part.load_masked(row, masks[j], j * v.lanes) for j, part in enumerate(parts)]

            def steps(count):
                def body(_, carried):
                    at, row, *tile = carried
                    for _ in range(count):
                        values = columns(row)
                        for i in range(height):
                            number = builder.load(v.at(lines[i], at), align=4)
                            for j, part in enumerate(parts):
                                tile[i * width + j] = part.fma(part.splat(number), values[j], tile[i * width + j])
                        at, row = builder.add(at, aks), builder.gep(row, [ldb])
                    return [at, row, *tile]

                return body

            carried = [i64(0), v.pointer(b), *[part.zero for part in parts] * height]
            done, carried = Loop.run(builder, k, carried, steps(_UNROLL), _UNROLL)
            _, carried = Loop.run(builder, builder.sub(k, done), carried, steps(1))
            tile = [carried[2 + i * width : 2 + (i + 1) * width] for i in range(height)]
            store_tile(v, tile, v.pointer(c), ldc, m, n, builder.icmp_signed("!=", add, i64(0)))

        masks = [part.first_lanes(builder.sub(n, i64(j * v.lanes))) for j, part in enumerate(parts)]
        if masked.literal_value and v.lanes < 16:  # masks are not for nothing there
            with builder.if_else(builder.icmp_signed(">=", n, i64(width * v.lanes))) as (whole, part):
                with whole:
                    write(None)
                with part:
                    write(masks)
        else:
            write(masks if masked.literal_value else None)
        return context.get_dummy_value()

    return types.void(rows, vectors, masked, *[types.int64] * 11), generate


def summed_lanes(v: Vector, values: Sequence[Any]) -> Any:
    """The sums of as many vectors as there are lanes, as one vector in their order: a tree of shuffles and additions.

    15 additions for 16 vectors, against 16 sums of lanes of 4 additions each.
    """
    segment, values = v.lanes, list(values)
    while len(values) > 1:
        half = len(values) // 2
        low = [s + k for s in range(0, v.lanes, segment) for k in range(segment // 2)]
        order = []
        for s in range(0, len(low), segment // 2):
            order += low[s : s + segment // 2] + [k + v.lanes for k in low[s : s + segment // 2]]
        high = [k + segment // 2 for k in order]
        values = [
            v.b.fadd(v.shuffle(values[i], values[i + half], order), v.shuffle(values[i], values[i + half], high))
            for i in range(half)
        ]
        segment //= 2
    return values[0]


@intrinsic
def dot_lanes(typing_context, k, a, b, ldb, c, add):
    """C[j] = sum over k of A[k] B[j, k], as many j as there are lanes.

    The weights of one sample are read once, from beyond the caches: the rows of the next tile are asked for meanwhile.
    """

    def generate(context, builder, signature, arguments):
        k, a, b, ldb, c, add = arguments
        v = Vector(builder)
        left, lines = v.pointer(a), [v.pointer(b)]
        for _ in range(v.lanes - 1):
            lines.append(builder.gep(lines[-1], [ldb]))
        ahead = builder.mul(ldb, i64(v.lanes))

        def products(load, at, sums):
            row = load(left, at)
            return [v.fma(row, load(line, at), total) for line, total in zip(lines, sums, strict=True)]

        def body(at, sums):
            for line in lines:
                v.prefetch(builder.ptrtoint(builder.gep(line, [builder.add(at, ahead)]), I64), locality=3)
            return products(v.load, at, sums)

        done, sums = Loop.run(builder, k, [v.zero] * v.lanes, body, v.lanes)
        rest = builder.sub(k, done)
        done = builder.select(builder.icmp_signed(">", rest, i64(0)), done, i64(0))  # no address beyond the rows
        mask = v.first_lanes(rest)
        total = summed_lanes(v, products(lambda line, at: v.load_masked(line, mask, at), done, sums))
        target = v.pointer(c)
        old = builder.select(v.splat(builder.icmp_signed("!=", add, i64(0))), v.load(target), v.zero)
        v.store(builder.fadd(old, total), target)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), generate


@intrinsic
def dot(typing_context, k, a, lda, b, ldb, c, ldc, m, n, add):
    """C[i, j] = sum over k of A[i, k] B[j, k]: a tile of 4 x 4 at address c."""

    def generate(context, builder, signature, arguments):
        k, a, lda, b, ldb, c, ldc, m, n, add = arguments
        v = Vector(builder)
        left, right = row_pointers(v, a, lda, 4, m), row_pointers(v, b, ldb, 4, n)

        def products(load, at, sums):
            columns, sums = [load(line, at) for line in right], list(sums)
            for i in range(4):
                row = load(left[i], at)
                for j in range(4):
                    sums[4 * i + j] = v.fma(row, columns[j], sums[4 * i + j])
            return sums

        done, sums = Loop.run(builder, k, [v.zero] * 16, lambda at, sums: products(v.load, at, sums), v.lanes)
        rest = builder.sub(k, done)
        before, inside, after = builder.block, builder.append_basic_block("rest"), builder.append_basic_block("sums")
        builder.cbranch(builder.icmp_signed(">", rest, i64(0)), inside, after)
        builder.position_at_end(inside)
        mask = v.first_lanes(rest)
        more = products(lambda line, at: v.load_masked(line, mask, at), done, sums)
        builder.branch(after)
        builder.position_at_end(after)
        total = []
        for without, with_rest in zip(sums, more, strict=True):
            phi = builder.phi(v.type)
            phi.add_incoming(without, before)
            phi.add_incoming(with_rest, inside)
            total.append(phi)
        joined = [summed_lanes(v, total[i : i + v.lanes]) for i in range(0, 16, v.lanes)]
        per_vector, four = v.lanes // 4, Vector(builder, 4)
        tile = []
        for i in range(4):
            first = 4 * (i % per_vector)
            whole = joined[i // per_vector]
            lanes = ir.Constant(four.int_type, list(range(first, first + 4)))
            tile.append([builder.shuffle_vector(whole, ir.Constant(whole.type, ir.Undefined), lanes)])
        store_tile(four, tile, v.pointer(c), ldc, m, n, builder.icmp_signed("!=", add, i64(0)))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 10), generate
