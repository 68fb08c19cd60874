"""Attention of several heads over projections that lie interleaved in one array.

A head's queries, keys and values stand side by side: the last axis of ``queries_keys_values`` is (heads, 3, D), that of
``keys_values`` (heads, 2, D), that of ``queries`` (heads, D). Maps of attention are (N heads, queries, keys).
"""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import prod, text


class Attention(Op, abstract=True):
    kinds: ClassVar[dict[str, int]]  # of each input of projections, the first among them, how many kinds it interleaves

    heads: int = param(ge=1, doc="the number of heads")

    def parts(self, array, kinds):
        """View an array (L, N, heads kinds D) as one of (N, heads, L, D) for each kind; None gives None."""
        if array is None:
            return [None] * kinds
        split = array.reshape(*array.shape[:2], self.heads, kinds, -1)
        return [split[:, :, :, kind].transpose(1, 2, 0, 3) for kind in range(kinds)]

    def maps(self, array):
        return array.reshape(-1, self.heads, *array.shape[1:])

    def check(self, name, shape):
        """Raise ShapeError where no such projections can be."""
        each = self.heads * self.kinds[name]
        if len(shape) != 3:
            raise ShapeError(f"{name} is {text(shape)}; needs 3 axes (length, N, {each} D)")
        if shape[2] % each:
            raise ShapeError(f"{name} is {text(shape)}; needs a last size that {each} divides: "
                             f"{self.heads} heads times {self.kinds[name]}; try another number of heads")  # fmt: skip

    def flops(self, in_shape, out_shape):
        maps = in_shape[1] if "attention" in self.arguments else out_shape[0]
        return 2 * prod(maps) * (in_shape[0][2] // (self.heads * self.kinds[self.arguments[0]]))


class Scores(Attention, abstract=True):
    """Queries times keys over the root of D."""

    def forward(self, ctx, in_data, out_data, aux):
        q, k = self.pair(in_data)
        kernels.dense.matmul(q, k.swapaxes(-1, -2), self.maps(out_data[0]))
        kernels.elemwise.divide(out_data[0], q.shape[-1] ** 0.5, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (q, k), (gq, gk) = self.pair(in_data), self.pair(in_grad)
        scaled = ctx.scratch(out_grad[0].shape, out_grad[0].dtype)
        kernels.elemwise.divide(out_grad[0], q.shape[-1] ** 0.5, scaled)
        for name, array in zip(self.arguments, in_grad, strict=True):
            if array is not None and self.kinds[name] > 1:
                kernels.move.fill(0, array)
        if gq is not None:
            kernels.dense.matmul(self.maps(scaled), k, gq)
        if gk is not None:
            kernels.dense.matmul(self.maps(scaled).swapaxes(-1, -2), q, gk)


class Context(Attention, abstract=True):
    """Maps of attention times values."""

    def infer_shape(self, in_shape, out_shape):
        projections, maps = in_shape
        if not projections:
            return in_shape, out_shape
        name = self.arguments[0]
        kinds = self.kinds[name]
        self.check(name, projections)
        keys, n, size = projections
        if maps and len(maps) != 3:
            raise ShapeError(f"attention is {text(maps)}; needs 3 axes (N heads, queries, keys)")
        queries = keys if kinds == 3 else maps[1] if maps else 0
        return [projections, (n * self.heads, queries, keys)], [(queries, n, size // kinds)]

    def forward(self, ctx, in_data, out_data, aux):
        v, (out,) = self.values(in_data[0]), self.parts(out_data[0], 1)
        kernels.dense.matmul(self.maps(in_data[1]), v, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        v, (g,) = self.values(in_data[0]), self.parts(out_grad[0], 1)
        if in_grad[0] is not None:
            kernels.move.fill(0, in_grad[0])
            kernels.dense.matmul(self.maps(in_data[1]).swapaxes(-1, -2), g, self.values(in_grad[0]))
        if in_grad[1] is not None:
            kernels.dense.matmul(g, v.swapaxes(-1, -2), self.maps(in_grad[1]))

    def values(self, projections):
        return self.parts(projections, self.kinds[self.arguments[0]])[-1]


class _contrib_interleaved_matmul_selfatt_qk(Scores):
    """Scores of self-attention, queries . keys^T / sqrt(D) for each head.

    queries_keys_values  (L, N, heads 3 D)
    output               (N heads, L, L)

    Source: src/operator/contrib/transformer.cc.
    """

    arguments = ("queries_keys_values",)
    backward_uses = ("queries_keys_values",)
    kinds: ClassVar = {"queries_keys_values": 3}

    def infer_shape(self, in_shape, out_shape):
        if not in_shape[0]:
            return in_shape, out_shape
        self.check("queries_keys_values", in_shape[0])
        length, n, _ = in_shape[0]
        return in_shape, [(n * self.heads, length, length)]

    def pair(self, arrays):
        return self.parts(arrays[0], 3)[:2]


class _contrib_interleaved_matmul_selfatt_valatt(Context):
    """What self-attention gives, attention . values for each head.

    queries_keys_values  (L, N, heads 3 D)
    attention            (N heads, L, L)
    output               (L, N, heads D)

    Source: src/operator/contrib/transformer.cc.
    """

    arguments = ("queries_keys_values", "attention")
    backward_uses = ("queries_keys_values", "attention")
    kinds: ClassVar = {"queries_keys_values": 3}


class _contrib_interleaved_matmul_encdec_qk(Scores):
    """Scores of a decoder's queries and an encoder's keys, queries . keys^T / sqrt(D) for each head.

    queries      (Q, N, heads D)
    keys_values  (K, N, heads 2 D)
    output       (N heads, Q, K)

    Source: src/operator/contrib/transformer.cc.
    """

    arguments = ("queries", "keys_values")
    backward_uses = ("queries", "keys_values")
    kinds: ClassVar = {"queries": 1, "keys_values": 2}

    def infer_shape(self, in_shape, out_shape):
        queries, others = in_shape
        for name, shape in zip(self.arguments, in_shape, strict=True):
            if shape:
                self.check(name, shape)
        if not queries or not others:
            return in_shape, out_shape
        if 2 * queries[2] != others[2] and queries[2] and others[2]:
            raise ShapeError(f"queries is {text(queries)}, keys_values {text(others)}; needs a last size of "
                             f"{2 * queries[2]} in keys_values")  # fmt: skip
        n = queries[1] or others[1]
        return [(queries[0], n, queries[2]), (others[0], n, others[2])], [(n * self.heads, queries[0], others[0])]

    def pair(self, arrays):
        return self.parts(arrays[0], 1)[0], self.parts(arrays[1], 2)[0]


class _contrib_interleaved_matmul_encdec_valatt(Context):
    """What attention of a decoder to an encoder gives, attention . values for each head.

    keys_values  (K, N, heads 2 D)
    attention    (N heads, Q, K)
    output       (Q, N, heads D)

    Source: src/operator/contrib/transformer.cc.
    """

    arguments = ("keys_values", "attention")
    backward_uses = ("keys_values", "attention")
    kinds: ClassVar = {"keys_values": 2}
