"""Reductions over axes: sums, means, extremes, norms."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import DType, param, to_text
from symcli.shapes import axis_in, is_known, prod


def reduced_axes(axis, rank, exclude=False):
    """Return the set of axes to reduce; without ``axis`` all of them, even if they are to be excluded."""
    if not axis:
        return set(range(rank))
    axes = [axis_in(one, rank) for one in axis]
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis={to_text(axis)} names an axis twice in a shape of rank {rank}; name each once")
    return set(range(rank)) - set(axes) if exclude else set(axes)


def reduced_shape(shape, axes, keepdims):
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes) or (1,)


class Reduction(Op, abstract=True):
    """``value(ctx, x, y)`` reduces x to y; ``grad(ctx, g, x, y, out)`` spreads g. y and g keep the rank of x."""

    def reduced(self, rank):
        return reduced_axes(self.axis, rank)

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return in_shape, out_shape
        return in_shape, [reduced_shape(data, self.reduced(len(data)), self.keepdims)] * len(out_shape)

    def flops(self, in_shape, out_shape):
        return prod(in_shape[0])

    def ranked(self, array, shape):
        return None if array is None else array.reshape(reduced_shape(shape, self.reduced(len(shape)), True))

    def forward(self, ctx, in_data, out_data, aux):
        x = in_data[0]
        self.value(ctx, x, *(self.ranked(array, x.shape) for array in out_data))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        shape = in_grad[0].shape
        g, y = ([self.ranked(array, shape) for array in arrays] for arrays in (out_grad, out_data))
        self.grad(ctx, *g, in_data[0], *y, in_grad[0])


class Reduce(Reduction, abstract=True):
    axis: tuple[int, ...] | None = param(None, doc="axes to reduce, negative ones from the end; all by default")
    keepdims: bool = param(False, doc="keep reduced axes with size 1")
    exclude: bool = param(False, doc="reduce the axes that are not in axis")

    def reduced(self, rank):
        return reduced_axes(self.axis, rank, self.exclude)


class Sum(Reduce, name="sum"):
    """Sum over axes: output = Σ data.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    Source: src/operator/tensor/broadcast_reduce_op.h.
    """

    takes_empty = True
    aliases = ("sum_axis", "_sparse_sum")
    backward_uses = ()

    def value(self, ctx, x, y):
        kernels.reduce.sum(x, y)

    def grad(self, ctx, g, x, y, out):
        kernels.move.copy(g, out)


class mean(Reduce):
    """Mean over axes: output = Σ data / n, n the number of elements summed.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left
    """

    takes_empty = True
    aliases = ("_sparse_mean",)
    backward_uses = ()

    def value(self, ctx, x, y):
        kernels.reduce.sum(x, y)
        kernels.elemwise.divide(y, float(x.size // y.size), y)

    def grad(self, ctx, g, x, y, out):
        kernels.elemwise.divide(g, float(out.size // g.size), out)


class Extreme(Reduce, abstract=True):
    backward_uses = ("data", "output")

    def grad(self, ctx, g, x, y, out):
        kernels.elemwise.equal(x, y, out)
        kernels.elemwise.multiply(out, g, out)


class Max(Extreme, name="max"):
    """Maximum over axes; NaN if one is.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    All elements that equal the maximum get its whole gradient.
    """

    aliases = ("max_axis",)

    def value(self, ctx, x, y):
        kernels.reduce.max(x, y)


class Min(Extreme, name="min"):
    """Minimum over axes; NaN if one is.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    All elements that equal the minimum get its whole gradient.
    """

    aliases = ("min_axis",)

    def value(self, ctx, x, y):
        kernels.reduce.min(x, y)


class Prod(Reduce, name="prod"):
    """Product over axes: output = Π data.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    The gradient is output / data, so NaN at zeros of data.
    """

    takes_empty = True
    backward_uses = ("data", "output")

    def value(self, ctx, x, y):
        kernels.reduce.prod(x, y)

    def grad(self, ctx, g, x, y, out):
        kernels.elemwise.divide(y, x, out)
        kernels.elemwise.multiply(out, g, out)


class nansum(Reduce):
    """Sum over axes, NaN counted as 0.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left
    """

    takes_empty = True
    backward_uses = ("data",)

    def value(self, ctx, x, y):
        kernels.reduce.sum(_without_nan(ctx, x, 0), y)

    def grad(self, ctx, g, x, y, out):
        kernels.elemwise.equal(x, x, out)
        kernels.elemwise.multiply(out, g, out)


class nanprod(Prod):
    """Product over axes, NaN counted as 1.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    The gradient is output / data, so NaN at zeros of data; 0 where data is NaN.
    """

    backward_uses = ("data", "output")

    def value(self, ctx, x, y):
        kernels.reduce.prod(_without_nan(ctx, x, 1), y)

    def grad(self, ctx, g, x, y, out):
        super().grad(ctx, g, x, y, out)
        kernels.elemwise.put_where_nan(flat(x), 0, flat(out))


def _without_nan(ctx, x, value):
    kept = ctx.scratch(x.shape, x.dtype)
    kernels.move.copy(x, kept)
    kernels.elemwise.put_where_nan(flat(x), value, flat(kept))
    return kept


class norm(Reduction):
    """Norm over axes: output = sqrt(Σ data²), or Σ |data| with ord=1.

    data    (d1, d2, ...)
    output  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    The gradient of a zero norm is NaN with ord=2. Source: src/operator/tensor/broadcast_reduce_norm_value.cc.
    """

    takes_empty = True
    aliases = ("_sparse_norm",)
    backward_uses = ("data", "output")

    ord: int = param(2, choices=(1, 2), doc="1 for the sum of magnitudes, 2 for the Euclidean norm")
    axis: tuple[int, ...] | None = param(None, doc="axes to reduce, negative ones from the end; all by default")
    out_dtype: DType | None = param(
        None, choices=("float16", "float32", "float64", "int32", "int64", "int8"), doc="type of the output; data's"
    )
    keepdims: bool = param(False, doc="keep reduced axes with size 1")

    def infer_shape(self, in_shape, out_shape):
        # MXNet waits for all sizes here.
        return super().infer_shape(in_shape, out_shape) if is_known(in_shape[0]) else (in_shape, out_shape)

    def infer_type(self, in_type, out_type):
        if self.out_dtype is None:
            return super().infer_type(in_type, out_type)
        return in_type, [self.out_dtype]

    def value(self, ctx, x, y):
        # float64 holds the squares of all float32 numbers.
        part = ctx.scratch(x.shape, "float64")
        if self.ord == 1:
            kernels.elemwise.absolute(x, part)
            kernels.reduce.sum(part, y)
            return
        kernels.move.copy(x, part)
        kernels.elemwise.square(part, part)
        total = ctx.scratch(y.shape, "float64")
        kernels.reduce.sum(part, total)
        kernels.elemwise.sqrt(total, y)

    def grad(self, ctx, g, x, y, out):
        if self.ord == 1:
            kernels.elemwise.sign(flat(x), flat(out))
        else:
            kernels.elemwise.divide(x, y, out)
        kernels.elemwise.multiply(out, g, out)


class moments(Reduction):
    """Mean and variance over axes: mean = Σ data / n, var = Σ (data - mean)² / n.

    data       (d1, d2, ...)
    mean, var  data's axes without the reduced ones, which stay with size 1 under keepdims; (1,) if none is left

    Source: src/operator/nn/moments.cc.
    """

    outputs = ("output0", "output1")
    backward_uses = ("data", "output0")

    axes: tuple[int, ...] | None = param(None, doc="axes to reduce, negative ones from the end; at least one")
    keepdims: bool = param(False, doc="keep reduced axes with size 1")

    def reduced(self, rank):
        if not self.axes:
            raise ShapeError(f"axes is empty; name the axes to reduce: axes={to_text(tuple(range(rank)))} for all")
        return reduced_axes(self.axes, rank)

    def value(self, ctx, x, mean, var):
        n = float(x.size // mean.size)
        kernels.reduce.sum(x, mean)
        kernels.elemwise.divide(mean, n, mean)
        part = ctx.scratch(x.shape, x.dtype)
        kernels.elemwise.subtract(x, mean, part)
        kernels.elemwise.square(part, part)
        kernels.reduce.sum(part, var)
        kernels.elemwise.divide(var, n, var)

    def grad(self, ctx, gmean, gvar, x, mean, var, out):
        n = float(out.size // gmean.size)
        kernels.elemwise.subtract(x, mean, out)
        kernels.elemwise.multiply(out, gvar, out)
        kernels.elemwise.multiply(out, 2.0, out)
        kernels.elemwise.add(out, gmean, out)
        kernels.elemwise.divide(out, n, out)
