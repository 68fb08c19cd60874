"""Operators that read or write at places which several indices name together."""

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels, flat, split_at
from symcli.params import param
from symcli.shapes import axis_in, merge, text


def places(ctx, indices, sizes):
    """Describe the numbers of the entries that columns of indices (m, ...) name in an array of ``sizes``."""
    columns = split_at(indices, 1)
    place = ctx.scratch(columns.shape[1:], "int64")
    kernels.move.fill(0, place)
    for axis, (index, size) in enumerate(zip(columns, sizes, strict=False)):
        kernels.gather.require_in_range(index, size, axis)
        kernels.gather.join_index(index, size, True, place)
    return place


def take_rows(array, place, out):
    """Describe out[i] = array[place[i]]; array (k, m), out (n, m)."""
    kernels.index.take(array.reshape(1, *array.shape), place, False, out.reshape(1, *out.shape))


class gather_nd(Op):
    """Entries of an array: output[y] = data[indices[0, y], ..., indices[M - 1, y]], y any number of axes.

    data     (X0, ..., XN)
    indices  (M, *Y)           M <= N + 1; negative ones count from the end
    output   (*Y, XM, ..., XN)

    The gradient of data adds up the gradients of all places that read an entry; that of indices is 0.
    Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("data", "indices")
    aliases = ("_npi_gather_nd", "_npx_gather_nd")
    backward_uses = ("indices",)

    def infer_shape(self, in_shape, out_shape):
        data, indices = in_shape
        if not data or not indices:
            return in_shape, out_shape
        if len(indices) < 2 or indices[0] > len(data):
            raise ShapeError(f"indices are {text(indices)}, data {text(data)}; needs indices of 2 or more axes, "
                             f"the first of which is at most {len(data)}")  # fmt: skip
        return in_shape, [indices[1:] + data[indices[0] :] if indices[0] else None]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known, in_type[1]], [known]

    def forward(self, ctx, in_data, out_data, aux):
        data, indices = in_data
        place = places(ctx, indices, data.shape)
        take_rows(split_at(data, len(indices)), place, split_at(out_data[0], indices.ndim - 1))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (gdata, gindices), indices = in_grad, in_data[1]
        if gindices is not None:
            kernels.move.fill(0, gindices)
        if gdata is not None:
            g, into = split_at(out_grad[0], indices.ndim - 1), split_at(gdata, len(indices))
            place = places(ctx, indices, gdata.shape)
            kernels.index.take_grad(g.reshape(1, *g.shape), place, False, into.reshape(1, *into.shape))


class Scatter(Op, abstract=True):
    def check(self, data, indices):
        if indices and (len(indices) < 2 or indices[0] > len(self.shape)):
            raise ShapeError(f"indices are {text(indices)}, shape {text(self.shape)}; needs indices of 2 or more axes, "
                             f"the first of which is at most {len(self.shape)}")  # fmt: skip
        if indices and indices[0]:
            return merge(data, indices[1:] + self.shape[indices[0] :])
        return data

    def infer_type(self, in_type, out_type):
        known = out_type[0]
        for one in in_type[:-1]:
            known = merge_dtypes(known, one)
        return [*[known] * (len(in_type) - 1), in_type[-1]], [known]

    def put(self, ctx, data, indices, out):
        place = places(ctx, indices, self.shape)
        kernels.gather.put_rows(split_at(data, indices.ndim - 1), place, split_at(out, len(indices)))


class scatter_nd(Scatter):
    """Zeros with entries set: output[indices[0, y], ..., indices[M - 1, y]] = data[y], y any number of axes.

    data     (*Y, XM, ..., XN)
    indices  (M, *Y)           negative ones count from the end
    output   shape, (X0, ..., XN); the last one counts where indices are equal

    The gradient of indices is 0. Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("data", "indices")
    backward_uses = ("indices",)

    shape: tuple[int, ...] = param(ge=1, doc="the output's shape")

    def infer_shape(self, in_shape, out_shape):
        data, indices = in_shape
        return [self.check(data, indices), indices], [self.shape]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(0, out_data[0])
        self.put(ctx, *in_data, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (gdata, gindices), indices = in_grad, in_data[1]
        if gindices is not None:
            kernels.move.fill(0, gindices)
        if gdata is not None:
            place = places(ctx, indices, self.shape)
            take_rows(split_at(out_grad[0], len(indices)), place, split_at(gdata, indices.ndim - 1))


class _scatter_set_nd(Scatter):
    """An array with entries set: output = lhs, but output[indices[0, y], ..., indices[M - 1, y]] = rhs[y].

    lhs, output  shape, (X0, ..., XN)
    rhs          (*Y, XM, ..., XN)
    indices      (M, *Y)           negative ones count from the end

    Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("lhs", "rhs", "indices")
    aliases = ("_npi_scatter_set_nd",)
    inplace = {"output": "lhs"}  # noqa: RUF012
    gradient = "none"

    shape: tuple[int, ...] = param(ge=1, doc="the output's shape")

    def infer_shape(self, in_shape, out_shape):
        rhs, indices = in_shape[1:]
        return [self.shape, self.check(rhs, indices), indices], [self.shape]

    def forward(self, ctx, in_data, out_data, aux):
        lhs, rhs, indices = in_data
        kernels.move.copy(lhs, out_data[0])
        self.put(ctx, rhs, indices, out_data[0])


class batch_take(Op):
    """One entry of each row: output[i] = a[i, indices[i]].

    a                (N, K)
    indices, output  (N,)   indices int32; those out of range are taken as the nearest end

    Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("a", "indices")
    gradient = "none"

    def infer_shape(self, in_shape, out_shape):
        a, indices = in_shape[0], merge(in_shape[1], out_shape[0])
        if a and len(a) != 2:
            raise ShapeError(f"a is {text(a)}; needs 2 axes; for more there is pick")
        if a and indices is None:
            indices = a[:1]
        return [a, indices], [indices]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known, "int32"], [known]

    def forward(self, ctx, in_data, out_data, aux):
        a, indices = in_data
        columns = (array.reshape(len(a), 1) for array in (indices, out_data[0]))
        index, out = columns
        kernels.index.pick(channels(a, 1), index, False, out)


class MultiIndex(Op, abstract=True):
    gradient = "zero"

    shape: tuple[int, ...] | None = param(None, doc="the shape of the array that is indexed; its first size may be -1")

    def sizes(self):
        if not self.shape:
            raise ShapeError("shape is missing; needs that of the array which is indexed")
        return self.shape


class _ravel_multi_index(MultiIndex):
    """Numbers of entries from their indices: output[i] = data[0, i] * shape[1] * ... + data[1, i] * ... + ...

    data    (rank of shape, N)   fractions are cut off
    output  (N,)

    Source: src/operator/tensor/ravel.cc.
    """

    aliases = ("ravel_multi_index",)

    def infer_shape(self, in_shape, out_shape):
        data, rank = in_shape[0], len(self.sizes())
        if data and len(data) != 2:
            raise ShapeError(f"data is {text(data)}; needs 2 axes: ({rank}, N)")
        n = out_shape[0][0] if out_shape[0] else 0
        n = data[1] or n if data else n
        return [(rank, n)], [(n,)]

    def forward(self, ctx, in_data, out_data, aux):
        place = ctx.scratch(out_data[0].shape, "int64")
        kernels.move.fill(0, place)
        for index, size in zip(in_data[0], self.shape, strict=True):
            kernels.gather.join_index(index, size, False, place)
        kernels.move.cast(place, out_data[0])


class _unravel_index(MultiIndex):
    """Indices of entries from their numbers, the inverse of ravel_multi_index.

    data    any shape   fractions are cut off
    output  (rank of shape, *data's shape)

    Source: src/operator/tensor/ravel.cc.
    """

    aliases = ("unravel_index",)

    def infer_shape(self, in_shape, out_shape):
        data, rank = in_shape[0], len(self.sizes())
        if data is None and out_shape[0]:
            data = out_shape[0][1:]
        return [data], [data and (rank, *data)]

    def forward(self, ctx, in_data, out_data, aux):
        place, columns = ctx.scratch((in_data[0].size,), "int64"), split_at(out_data[0], 1)
        kernels.move.cast(flat(in_data[0]), place)
        for axis in reversed(range(1, len(self.shape))):
            kernels.gather.split_index(self.shape[axis], place, columns[axis])
        kernels.move.cast(place, columns[0])


class _contrib_index_array(Op):
    """The indices of each entry: output[i, j, ..., a] = the a-th of i, j, ...

    data    any shape
    output  (*data's shape, rank of data), int64; with axes, the last size is their number

    Source: src/operator/contrib/index_array.cc.
    """

    gradient = "zero"

    axes: tuple[int, ...] | None = param(None, doc="the axes whose indices are given; None: all")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        return in_shape, [data and (*data, len(self.chosen(len(data))))]

    def infer_type(self, in_type, out_type):
        return in_type, ["int64"]

    def chosen(self, rank):
        return range(rank) if self.axes is None else [axis_in(axis, rank) for axis in self.axes]

    def forward(self, ctx, in_data, out_data, aux):
        for place, axis in enumerate(self.chosen(in_data[0].ndim)):
            shape = channels(in_data[0], axis).shape
            kernels.gather.count(out_data[0].reshape(*shape, -1)[..., place])


class _contrib_index_copy(Op):
    """Rows written into a copy: output = old_tensor, but output[index_vector[i]] = new_tensor[i].

    old_tensor, output  (N, ...)
    index_vector        (K,)       negative ones count from the end
    new_tensor          (K, ...)   the last row counts where indices are equal

    Source: src/operator/contrib/index_copy.cc.
    """

    arguments = ("old_tensor", "index_vector", "new_tensor")
    inplace = {"output": "old_tensor"}  # noqa: RUF012
    backward_uses = ("index_vector",)

    def infer_shape(self, in_shape, out_shape):
        old, index, new = in_shape
        old = merge(old, out_shape[0])
        if index and len(index) != 1:
            raise ShapeError(f"index_vector is {text(index)}; needs one axis")
        if old and new and len(old) != len(new):
            raise ShapeError(f"old_tensor is {text(old)}, new_tensor {text(new)}; needs as many axes of both")
        k = (index and index[0]) or (new and new[0]) or 0
        if old:
            new = (k, *old[1:])
        return [old, index and (k,), new], [old]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(merge_dtypes(in_type[0], in_type[2]), out_type[0])
        return [known, in_type[1], known], [known]

    def forward(self, ctx, in_data, out_data, aux):
        old, index, new = in_data
        kernels.move.copy(old, out_data[0])
        place = places(ctx, index.reshape(1, -1), old.shape)
        kernels.gather.put_rows(split_at(new, 1), place, split_at(out_data[0], 1))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, (gold, gindex, gnew) = out_grad[0], in_grad
        place = places(ctx, in_data[1].reshape(1, -1), g.shape)
        if gold is not None:
            kernels.move.copy(g, gold)
            kernels.gather.clear_rows(place, split_at(gold, 1))
        if gindex is not None:
            kernels.move.fill(0, gindex)
        if gnew is not None:
            take_rows(split_at(g, 1), place, split_at(gnew, 1))
