"""The first version of BatchNorm, and the one that devices share: both tell the variance as it is."""

from typing import ClassVar

from symcli import kernels
from symcli.ops.floating import check_floating
from symcli.ops.op import WITHOUT_EFFECT, Op
from symcli.ops.views import channels
from symcli.params import param
from symcli.shapes import axis_in


class BatchNorm_v1(Op):
    """The first version of BatchNorm: output = (data - mean) / sqrt(var + eps) gamma + beta.

    data, output            (N, C, ...)
    gamma, beta             (C,)
    moving_mean, moving_var (C,)   auxiliary states
    mean, var               (C,)   hidden without output_mean_var; var is the biased variance, without eps

    As BatchNorm, with the channels on axis 1. Training takes mean and variance of the batch, and each backward
    pass moves the moving ones: moving = momentum moving + (1 - momentum) batch. Prediction, and use_global_stats,
    take the moving ones. Backward after a forward pass of prediction has the batch's formula, unless
    use_global_stats. With fix_gamma, forward writes 1 into gamma, and its gradient is 0.

    Ioffe and Szegedy, 2015. Source: src/operator/batch_norm_v1-inl.h.
    """

    arguments = ("data", "gamma", "beta")
    outputs = ("output", "mean", "var")
    auxiliary_states: ClassVar = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}
    automatic = ("gamma", "beta")
    backward_uses = ("data", "gamma", "mean", "var")
    mutates = ("gamma",)
    flops_per_element = 8  # as BatchNorm

    eps: float = param(1e-3, doc="added to the variance")
    momentum: float = param(0.9, doc="weight of the old moving statistics")
    fix_gamma: bool = param(True, doc="hold gamma at 1")
    use_global_stats: bool = param(False, doc="use the moving statistics in training too")
    output_mean_var: bool = param(False, doc="show mean and var as outputs")

    def num_visible_outputs(self):
        return 3 if self.output_mean_var else 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        c = (data[axis_in(1, len(data))],)
        return [data, c, c, c, c], [data, c, c]

    def infer_type(self, in_type, out_type):
        data = in_type[0]
        if data is None:
            return in_type, out_type
        check_floating(data)
        parameter = "float32" if data == "float16" else data
        return [data, *[parameter] * 4], [data, parameter, parameter]

    def forward(self, ctx, in_data, out_data, aux):
        (data, gamma, beta), (out, mean, var) = in_data, out_data
        x, invstd = channels(data, 1), ctx.scratch(var.shape, var.dtype)
        if ctx.is_train and not self.use_global_stats:
            kernels.norm.batch_stats(x, 0.0, mean, invstd)
            kernels.elemwise.square(invstd, var)
            kernels.elemwise.divide(1, var, var)
        else:
            kernels.move.copy(aux[0], mean)
            kernels.move.copy(aux[1], var)
        kernels.norm.moving_stats(mean, var, self.eps, ctx.scratch(mean.shape, mean.dtype), invstd)
        if self.fix_gamma:
            kernels.move.fill(1, gamma)
        kernels.norm.normalise(x, mean, invstd, gamma, beta, channels(out, 1))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, gamma, _), (_, mean, var) = in_data, out_data
        g, x, gx = (channels(array, 1) for array in (out_grad[0], data, in_grad[0]))
        invstd, sums = ctx.scratch(var.shape, var.dtype), ctx.scratch((2, *mean.shape), "float64")
        kernels.norm.moving_stats(mean, var, self.eps, ctx.scratch(mean.shape, mean.dtype), invstd)
        kernels.norm.grad_sums(g, x, mean, invstd, sums)
        if in_grad[1] is not None and self.fix_gamma:
            kernels.move.fill(0, in_grad[1])
        elif in_grad[1] is not None:
            kernels.move.copy(sums[1], in_grad[1])
        if in_grad[2] is not None:
            kernels.move.copy(sums[0], in_grad[2])
        if gx is not None and self.use_global_stats:
            kernels.norm.scale_channels(g, invstd, gamma, gx)
        elif gx is not None:
            if not ctx.is_train:
                self.count_distance(ctx, x, mean, invstd, sums)
            kernels.norm.normalise_grad(g, x, mean, invstd, gamma, sums, gx)
        if not self.use_global_stats:
            kernels.norm.move_stats(mean, invstd, self.eps, self.momentum, *aux)

    def count_distance(self, ctx, x, mean, invstd, sums):
        """Take into sums[0] that the batch's mean is not the one given: variance is a function of the mean too."""
        away = ctx.scratch((1, mean.size, 1), "float64")
        kernels.reduce.sum(x, away)
        kernels.elemwise.divide(away, x.shape[0] * x.shape[2], away)
        away = away.reshape(-1)
        kernels.elemwise.subtract(away, mean, away)
        kernels.elemwise.multiply(away, invstd, away)
        kernels.elemwise.multiply(away, sums[1], away)
        kernels.elemwise.subtract(sums[0], away, sums[0])


class _contrib_SyncBatchNorm(BatchNorm_v1):
    """BatchNorm over the whole batch: output = (data - mean) / sqrt(var + eps) gamma + beta.

    data, output            (N, C, ...)
    gamma, beta             (C,)
    moving_mean, moving_var (C,)   auxiliary states
    mean, var               (C,)   hidden without output_mean_var; var is the biased variance, without eps

    In MXNet several GPUs put their parts of the batch together; on the CPU the batch is one.

    Zhang et al., 2018. Source: src/operator/contrib/sync_batch_norm.cc.
    """

    ndev: int = param(1, doc=WITHOUT_EFFECT + "how many devices share a batch")
    key: str = param(doc=WITHOUT_EFFECT + "the name of what they share")
