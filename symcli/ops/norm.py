"""Batch normalisation."""

from typing import ClassVar

from symcli import kernels
from symcli.ops.floating import check_floating
from symcli.ops.op import WITHOUT_EFFECT, Op
from symcli.ops.views import channels, flat
from symcli.params import param
from symcli.shapes import axis_in


class BatchNorm(Op):
    """Normalise each channel, then scale and shift: output = (data - mean) / sqrt(var + eps) gamma + beta.

    data, output            (N, C, ...), or C at another axis
    gamma, beta             (C,)
    moving_mean, moving_var (C,)   auxiliary states
    mean, var               (C,)   hidden without output_mean_var; var holds 1 / sqrt(variance + eps)

    Training takes mean and (biased) variance of the batch, and each backward pass moves the moving ones
    towards them: moving = momentum moving + (1 - momentum) batch. Prediction, and training with
    use_global_stats, takes the moving ones and leaves them alone. With fix_gamma, forward writes 1 into
    gamma itself, and its gradient is 0. Gradients of the outputs mean and var are ignored. The parameters
    of float16 data are float32.

    Ioffe and Szegedy, 2015. Source: src/operator/nn/batch_norm.cc.
    """

    arguments = ("data", "gamma", "beta")
    outputs = ("output", "mean", "var")
    auxiliary_states: ClassVar = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}
    aliases = ("_npx_batch_norm",)
    automatic = ("gamma", "beta")
    backward_uses: ClassVar[tuple[str, ...]] = ("data", "gamma", "mean", "var")
    states_move_in_forward = False
    mutates = ("gamma",)
    flops_per_element = 8  # mean: 1; variance: 3; difference, two products, sum

    eps: float = param(1e-3, doc="added to the variance")
    momentum: float = param(0.9, doc="weight of the old moving statistics")
    fix_gamma: bool = param(True, doc="hold gamma at 1")
    use_global_stats: bool = param(False, doc="use the moving statistics in training too")
    output_mean_var: bool = param(False, doc="show mean and var as outputs")
    axis: int = param(1, doc="the axis of the channels")
    cudnn_off: bool = param(False, doc=WITHOUT_EFFECT + "do without cuDNN")
    min_calib_range: float | None = param(None, doc=WITHOUT_EFFECT + "lower end of the output when quantized")
    max_calib_range: float | None = param(None, doc=WITHOUT_EFFECT + "upper end of the output when quantized")

    def writes(self):
        return self.mutates if self.fix_gamma else ()

    def num_visible_outputs(self):
        return 3 if self.output_mean_var else 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        c = (data[axis_in(self.axis, len(data))],)
        return [data, c, c, c, c], [data, c, c]

    def infer_type(self, in_type, out_type):
        data = in_type[0]
        if data is None:
            return in_type, out_type
        check_floating(data)
        parameter = "float32" if data == "float16" else data
        return [data, *[parameter] * 4], [data, parameter, parameter]

    def forward(self, ctx, in_data, out_data, aux):
        (data, gamma, beta), (out, mean, invstd) = in_data, out_data
        x = channels(data, self.axis)
        if self.uses_batch(ctx):
            kernels.norm.batch_stats(x, self.eps, mean, invstd)
        else:
            kernels.norm.moving_stats(*aux, self.eps, mean, invstd)
        if self.fix_gamma:
            kernels.move.fill(1, gamma)
        kernels.norm.normalise(x, mean, invstd, gamma, beta, channels(out, self.axis))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, gamma, _), (_, mean, invstd) = in_data, out_data
        g, x, gx = (channels(array, self.axis) for array in (out_grad[0], data, in_grad[0]))
        sums = ctx.scratch((2, *mean.shape), "float64")
        kernels.norm.grad_sums(g, x, mean, invstd, sums)
        if gx is not None and self.uses_batch(ctx):
            kernels.norm.normalise_grad(g, x, mean, invstd, gamma, sums, gx)
        elif gx is not None:
            kernels.norm.scale_channels(g, invstd, gamma, gx)
        if in_grad[1] is not None and self.fix_gamma:
            kernels.move.fill(0, in_grad[1])
        elif in_grad[1] is not None:
            kernels.move.copy(sums[1], in_grad[1])
        if in_grad[2] is not None:
            kernels.move.copy(sums[0], in_grad[2])
        if self.uses_batch(ctx):  # here, not in forward: MXNet 1.9.1
            kernels.norm.move_stats(mean, invstd, self.eps, self.momentum, *aux)

    def uses_batch(self, ctx):
        return ctx.is_train and not self.use_global_stats


class _contrib_BatchNormWithReLU(BatchNorm):
    """BatchNorm, then relu: output = max(0, (data - mean) / sqrt(var + eps) gamma + beta).

    data, output            (N, C, ...), or C at another axis
    gamma, beta             (C,)
    moving_mean, moving_var (C,)   auxiliary states
    mean, var               (C,)   hidden without output_mean_var; var holds 1 / sqrt(variance + eps)

    All else is as in BatchNorm. Source: src/operator/contrib/batch_norm_relu.cc.
    """

    backward_uses = ("data", "gamma", "mean", "var", "output")

    def forward(self, ctx, in_data, out_data, aux):
        super().forward(ctx, in_data, out_data, aux)
        kernels.elemwise.relu(flat(out_data[0]), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g = ctx.scratch(out_grad[0].shape, out_grad[0].dtype)
        kernels.elemwise.relu_grad(flat(out_grad[0]), flat(out_data[0]), flat(g))
        super().backward(ctx, [g, *out_grad[1:]], in_data, out_data, in_grad, aux)
