"""Matrix products: FullyConnected and its relations."""

from symcli import kernels
from symcli.ops.op import Op
from symcli.ops.views import rows
from symcli.params import param
from symcli.shapes import prod


class FullyConnected(Op):
    """Linear transformation: output = data . weight^T + bias.

    data    (N, ...)          read as (N, K), K the product of its other axes
    weight  (num_hidden, K)
    bias    (num_hidden,)     absent with no_bias
    output  (N, num_hidden)   with flatten=False: data's axes, the last one num_hidden

    Source: src/operator/nn/fully_connected.cc.
    """

    arguments = ("data", "weight", "bias")
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
        if out:
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
