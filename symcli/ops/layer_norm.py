"""Normalisations by the mean and deviation of a sample, or of parts of it."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.views import channels, flat, rows
from symcli.params import param
from symcli.shapes import axis_in, text


class Normalisation(Floating, abstract=True):
    """Data, gamma and beta; the base of those that keep a mean and a deviation for backward."""

    arguments = ("data", "gamma", "beta")
    outputs = ("output", "mean", "std")
    automatic = ("gamma", "beta")
    backward_uses = ("data", "gamma", "mean", "std")
    flops_per_element = 8  # mean: 1; variance: 3; difference, two products, sum


class LayerNorm(Normalisation):
    """Normalise along one axis, then scale and shift: output = (data - mean) / std gamma + beta.

    data, output  any shape
    gamma, beta   (C,), the size of axis
    mean, std     data's shape with 1 at axis; hidden without output_mean_var; std = sqrt(variance + eps)

    The variance is the biased one. Gradients of the outputs mean and std are ignored.

    Ba, Kiros and Hinton, 2016. Source: src/operator/nn/layer_norm.cc.
    """

    aliases = ("_npx_layer_norm",)

    axis: int = param(-1, doc="the axis along which data is normalised")
    eps: float = param(1e-5, doc="added to the variance")
    output_mean_var: bool = param(False, doc="show mean and std as outputs")

    def num_visible_outputs(self):
        return 3 if self.output_mean_var else 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        axis = axis_in(self.axis, len(data))
        c, reduced = (data[axis],), (*data[:axis], 1, *data[axis + 1 :])
        return [data, c, c], [data, reduced, reduced]

    def forward(self, ctx, in_data, out_data, aux):
        (data, gamma, beta), (out, mean, std) = in_data, out_data
        x, y = self.lines(ctx, data), self.lines_of(ctx, out)
        kernels.layer_norm.layer_norm(x, gamma, beta, self.eps, flat(mean), flat(std), y)
        self.copy_back(y, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, gamma, _), (_, mean, std), gx = in_data, out_data, in_grad[0]
        g, x, mean, std = self.lines(ctx, out_grad[0]), self.lines(ctx, data), flat(mean), flat(std)
        if gx is not None:
            into = self.lines_of(ctx, gx)
            kernels.layer_norm.layer_norm_grad(g, x, gamma, mean, std, into)
            self.copy_back(into, gx)
        if in_grad[1] is not None or in_grad[2] is not None:
            sums = ctx.scratch((2, *gamma.shape), "float64")
            kernels.layer_norm.layer_norm_sums(g, x, mean, std, sums)
            for i, grad in ((0, in_grad[2]), (1, in_grad[1])):
                if grad is not None:
                    kernels.move.copy(sums[i], grad)

    def lines(self, ctx, array):
        """Array as rows along axis, copied if axis is not the last one."""
        if self.is_last(array):
            return rows(array, array.shape[-1])
        lines = self.lines_of(ctx, array)
        kernels.move.copy(channels(array, self.axis).swapaxes(1, 2), self.folded(lines, array))
        return lines

    def lines_of(self, ctx, array):
        """Rows to write, in array itself if axis is the last one."""
        if self.is_last(array):
            return rows(array, array.shape[-1])
        c = array.shape[self.axis]
        return ctx.scratch((array.size // c, c), array.dtype)

    def copy_back(self, lines, array):
        if not self.is_last(array):
            kernels.move.copy(self.folded(lines, array), channels(array, self.axis).swapaxes(1, 2))

    def folded(self, lines, array):
        before, c, after = channels(array, self.axis).shape
        return lines.reshape(before, after, c)

    def is_last(self, array):
        return self.axis % array.ndim == array.ndim - 1


class Grouped(Normalisation, abstract=True):
    """Normalisation of parts of each sample: of all that shares an entry of gamma."""

    def parts(self, array, gamma):
        """View an array as one sample of batch normalisation: (1, N gamma's size, elements of a part)."""
        return None if array is None else array.reshape(1, array.shape[0] * gamma.size, -1)

    def repeated(self, ctx, array, count):
        """An entry for each part of each sample."""
        whole = ctx.scratch((count // array.size, array.size), array.dtype)
        kernels.move.copy(array.reshape(1, -1), whole)
        return flat(whole)

    def normalise(self, ctx, in_data, out, mean, invstd):
        x, y = (self.parts(array, in_data[1]) for array in (in_data[0], out))
        gamma, beta = (self.repeated(ctx, array, x.shape[1]) for array in in_data[1:])
        kernels.norm.batch_stats(x, self.eps, mean, invstd)
        kernels.norm.normalise(x, mean, invstd, gamma, beta, y)

    def normalise_grad(self, ctx, g, in_data, mean, invstd, in_grad):
        data, gamma, _ = in_data
        g, x, gx = (self.parts(array, gamma) for array in (g, data, in_grad[0]))
        sums = ctx.scratch((2, x.shape[1]), "float64")
        kernels.norm.grad_sums(g, x, mean, invstd, sums)
        if gx is not None:
            kernels.norm.normalise_grad(g, x, mean, invstd, self.repeated(ctx, gamma, x.shape[1]), sums, gx)
        for i, grad in ((0, in_grad[2]), (1, in_grad[1])):
            if grad is not None:
                kernels.reduce.sum_rows(sums[i].reshape(-1, gamma.size), grad)


class GroupNorm(Grouped):
    """Normalise groups of channels, then scale and shift: output = (data - mean) / std gamma + beta.

    data, output  (N, C, ...)     three or more axes
    gamma, beta   (num_groups,)   one for each group, as in MXNet 1.9.1 (the paper has one for each channel)
    mean, std     (N, num_groups)   hidden without output_mean_var; std = sqrt(variance + eps)

    The variance is the biased one. Gradients of the outputs mean and std are ignored.

    Wu and He, 2018. Source: src/operator/nn/group_norm.cc.
    """

    num_groups: int = param(1, ge=1, doc="number of groups; it divides the number of channels")
    eps: float = param(1e-5, doc="added to the variance")
    output_mean_var: bool = param(False, doc="show mean and std as outputs")

    def num_visible_outputs(self):
        return 3 if self.output_mean_var else 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 3:
            raise ShapeError(f"data is {text(data)}; needs 3 or more axes: (samples, channels, ...)")
        if data[1] % self.num_groups:
            raise ShapeError(f"data has {data[1]} channels; num_groups={self.num_groups} does not divide them")
        groups, reduced = (self.num_groups,), (data[0], self.num_groups)
        return [data, groups, groups], [data, reduced, reduced]

    def forward(self, ctx, in_data, out_data, aux):
        out, mean, std = out_data
        invstd = ctx.scratch((std.size,), std.dtype)
        self.normalise(ctx, in_data, out, flat(mean), invstd)
        kernels.elemwise.divide(1, invstd, flat(std))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        _, mean, std = out_data
        invstd = ctx.scratch((std.size,), std.dtype)
        kernels.elemwise.divide(1, flat(std), invstd)
        self.normalise_grad(ctx, out_grad[0], in_data, flat(mean), invstd, in_grad)


class InstanceNorm(Grouped):
    """Normalise each channel of each sample: output = (data - mean) / sqrt(variance + eps) gamma + beta.

    data, output  (N, C, ...)   three or more axes
    gamma, beta   (C,)
    mean, var     (N, C)        hidden; var holds 1 / sqrt(variance + eps)

    The variance is the biased one, in training and prediction alike.

    Ulyanov, Vedaldi and Lempitsky, 2016. Source: src/operator/instance_norm-inl.h.
    """

    outputs = ("output", "mean", "var")
    backward_uses = ("data", "gamma", "mean", "var")

    eps: float = param(1e-3, doc="added to the variance")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 3:
            raise ShapeError(f"data is {text(data)}; needs 3 or more axes: (samples, channels, ...)")
        return [data, data[1:2], data[1:2]], [data, data[:2], data[:2]]

    def forward(self, ctx, in_data, out_data, aux):
        out, mean, invstd = out_data
        self.normalise(ctx, in_data, out, flat(mean), flat(invstd))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        _, mean, invstd = out_data
        self.normalise_grad(ctx, out_grad[0], in_data, flat(mean), flat(invstd), in_grad)
