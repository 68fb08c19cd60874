"""Matrix products."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import rows, split_at
from symcli.params import param
from symcli.shapes import merge, prod, text


class FullyConnected(Op):
    """Linear transformation: output = data . weight^T + bias.

    data    (N, ...)          read as (N, K), K the product of its other axes
    weight  (num_hidden, K)
    bias    (num_hidden,)     absent with no_bias
    output  (N, num_hidden)   with flatten=False: data's axes, the last one num_hidden

    Source: src/operator/nn/fully_connected.cc.
    """

    arguments = ("data", "weight", "bias")
    aliases = ("_npx_fully_connected", "_sparse_FullyConnected")
    automatic = ("weight", "bias")
    backward_uses = ("data", "weight")

    num_hidden: int = param(ge=1, doc="size of the output's last axis")
    no_bias: bool = param(False, doc="leave the bias out")
    flatten: bool = param(True, doc="join all axes of data but the first")

    def list_arguments(self):
        return ["data", "weight", "bias"][: 2 if self.no_bias else 3]

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if not data:
            return in_shape, out_shape
        if out and (self.flatten or len(data) > 1):
            data = (data[0] or out[0], *data[1:])  # the batch size flows back
        lead, k = (data[:1], prod(data[1:])) if self.flatten else (data[:-1], data[-1])
        shapes = [data, (self.num_hidden, k), (self.num_hidden,)]
        return shapes[: len(in_shape)], [(*lead, self.num_hidden)]

    def forward(self, ctx, in_data, out_data, aux):
        data, weight, *bias = in_data
        out = rows(out_data[0], self.num_hidden)
        kernels.dense.matmul_t(rows(data, weight.shape[1]), weight, out)
        if bias:
            kernels.dense.add_row(bias[0], out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        data, weight = in_data[:2]
        gdata, gweight, *gbias = in_grad
        g, x = rows(out_grad[0], self.num_hidden), rows(data, weight.shape[1])
        if gdata is not None:
            kernels.dense.matmul(g, weight, rows(gdata, weight.shape[1]))
        if gweight is not None:
            kernels.dense.t_matmul(g, x, gweight)
        if gbias and gbias[0] is not None:
            kernels.reduce.sum_rows(g, gbias[0])

    def flops(self, in_shape, out_shape):
        return 2 * prod(out_shape[0]) * in_shape[1][1]


class Product(Op, abstract=True):
    arguments = ("lhs", "rhs")
    backward_uses = ("lhs", "rhs")

    transpose_a: bool = param(False, doc="transpose lhs first")
    transpose_b: bool = param(False, doc="transpose rhs first")
    forward_stype: str | None = param(None, choices=("csr", "default", "row_sparse"),
                                      doc="read and without effect: all arrays are dense")  # fmt: skip

    def summed(self, lhs, rhs, k, other_k):
        if k and other_k and k != other_k:
            raise ShapeError(f"lhs {text(lhs)} sums over {k} entries, rhs {text(rhs)} over {other_k}; needs equal "
                             "sizes; try transpose_a or transpose_b")  # fmt: skip
        return k or other_k

    def forward(self, ctx, in_data, out_data, aux):
        lhs, rhs = self.left(in_data[0]), self.right(in_data[1])
        kernels.dense.matmul(lhs, rhs, self.product(out_data[0], lhs, rhs))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        lhs, rhs = self.left(in_data[0]), self.right(in_data[1])
        g = self.product(out_grad[0], lhs, rhs)
        if in_grad[0] is not None:
            kernels.dense.matmul(g, rhs.swapaxes(-1, -2), self.left(in_grad[0]))
        if in_grad[1] is not None:
            kernels.dense.matmul(lhs.swapaxes(-1, -2), g, self.right(in_grad[1]))


class dot(Product):
    """Product over the last axis of lhs and the first of rhs: output[i, j] = sum over k of lhs[i, k] rhs[k, j].

    lhs     (..., K)   with transpose_a (K, ...)
    rhs     (K, ...)   with transpose_b (..., K)
    output  the other axes of lhs, then those of rhs; (1,) for two vectors

    Source: src/operator/tensor/dot.cc.
    """

    aliases = ("_sparse_dot",)

    def infer_shape(self, in_shape, out_shape):
        lhs, rhs = in_shape
        if not lhs or not rhs:
            return in_shape, out_shape
        if len(lhs) == len(rhs) == 1 and (self.transpose_a or self.transpose_b):
            raise ShapeError(
                f"lhs {text(lhs)} and rhs {text(rhs)} are vectors; they have no transposes: leave these out"
            )
        rest, k = (lhs[1:], lhs[0]) if self.transpose_a else (lhs[:-1], lhs[-1])
        others, other_k = (rhs[:-1], rhs[-1]) if self.transpose_b else (rhs[1:], rhs[0])
        k = self.summed(lhs, rhs, k, other_k)
        lhs = (k, *rest) if self.transpose_a else (*rest, k)
        rhs = (*others, k) if self.transpose_b else (k, *others)
        return [lhs, rhs], [rest + others or (1,)]

    def left(self, array):
        return split_at(array, 1).T if self.transpose_a else rows(array, array.shape[-1])

    def right(self, array):
        return rows(array, array.shape[-1]).T if self.transpose_b else split_at(array, 1)

    def product(self, array, lhs, rhs):
        return array.reshape(lhs.shape[0], rhs.shape[1])

    def flops(self, in_shape, out_shape):
        return 2 * prod(out_shape[0]) * in_shape[0][0 if self.transpose_a else -1]


class batch_dot(Product):
    """Matrix product of each pair in a batch: output[b] = lhs[b] . rhs[b].

    lhs     (..., M, K)   with transpose_a (..., K, M)
    rhs     (..., K, N)   with transpose_b (..., N, K)
    output  (..., M, N)   3 or more axes; all but the last two are the same

    Source: src/operator/tensor/dot.cc.
    """

    aliases = ("_npx_batch_dot",)

    def infer_shape(self, in_shape, out_shape):
        lhs, rhs = in_shape
        if not lhs or not rhs:
            return in_shape, out_shape
        if len(lhs) != len(rhs) or len(lhs) < 3:
            raise ShapeError(f"lhs is {text(lhs)}, rhs {text(rhs)}; needs 3 or more axes, as many of both; try dot")
        m, k = lhs[:-3:-1] if self.transpose_a else lhs[-2:]
        other_k, n = rhs[:-3:-1] if self.transpose_b else rhs[-2:]
        k, batch = self.summed(lhs, rhs, k, other_k), merge(lhs[:-2], rhs[:-2])
        lhs = (*batch, k, m) if self.transpose_a else (*batch, m, k)
        rhs = (*batch, n, k) if self.transpose_b else (*batch, k, n)
        return [lhs, rhs], [(*batch, m, n)]

    def left(self, array):
        return array.swapaxes(-1, -2) if self.transpose_a else array

    def right(self, array):
        return array.swapaxes(-1, -2) if self.transpose_b else array

    def product(self, array, lhs, rhs):
        return array

    def flops(self, in_shape, out_shape):
        return 2 * prod(out_shape[0]) * in_shape[0][-2 if self.transpose_a else -1]
