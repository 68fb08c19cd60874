"""Dropout."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import WITHOUT_EFFECT
from symcli.ops.views import flat
from symcli.params import param


class Dropout(Floating):
    """Set elements to 0 with probability p and scale the others: output = data mask, mask 0 or 1 / (1 - p).

    data, output  arrays of one shape
    mask          hidden; data's shape with size 1 on ``axes``, along which elements share their fate

    Without training, output = data, unless mode is always. The mask is a hash of the executor's random
    key and the element's place. p=1 gives NaN in training, as in MXNet: 0 / 0.

    Srivastava et al., 2014. Source: src/operator/nn/dropout.cc.
    """

    outputs = ("output", "mask")
    aliases = ("_npx_dropout",)
    inplace: ClassVar = {"output": "data"}
    backward_uses = ("mask",)
    flops_per_element = 1

    p: float = param(0.5, ge=0, le=1, doc="probability of an element to be set to 0")
    mode: str = param("training", choices=("always", "training"), doc="when elements are dropped")
    axes: tuple[int, ...] = param((), doc="axes along which all elements are kept or dropped together")
    cudnn_off: bool | None = param(False, doc=WITHOUT_EFFECT + "do without cuDNN")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if any(not 0 <= axis < len(data) for axis in self.axes):
            raise ShapeError(f"axes={self.axes} with data of {len(data)} axes; needs numbers from 0 to {len(data) - 1}")
        return [data], [data, tuple(1 if axis in self.axes else size for axis, size in enumerate(data))]

    def forward(self, ctx, in_data, out_data, aux):
        out, mask = out_data
        if self.drops(ctx):
            kernels.dropout.keep_mask(ctx.key, ctx.node, 1 - self.p, flat(mask))
            kernels.elemwise.multiply(in_data[0], mask, out)
        else:
            kernels.move.copy(in_data[0], out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if self.drops(ctx):
            kernels.elemwise.multiply(out_grad[0], out_data[1], in_grad[0])
        else:
            kernels.move.copy(out_grad[0], in_grad[0])

    def drops(self, ctx):
        return self.p > 0 and (ctx.is_train or self.mode == "always")
