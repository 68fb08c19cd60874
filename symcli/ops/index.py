"""Operators that read at places named by indices, and the choice between two arrays."""

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels, flat
from symcli.params import DType, param
from symcli.shapes import axis_in, is_known, merge, merge_all, prod, text

NUMBERS = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64")


class Embedding(Op):
    """Rows of a table: output[..., :] = weight[data[...], :].

    data    any shape     indices; those out of range are taken as the nearest row
    weight  (input_dim, output_dim)
    output  (*data's shape, output_dim)

    The gradient of weight adds up the gradients of all places that read a row; that of data is 0, where MXNet
    raises. Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("data", "weight")
    aliases = ("_contrib_SparseEmbedding", "_npx_embedding", "_sparse_Embedding")
    automatic = ("weight",)
    backward_uses = ("data",)

    input_dim: int = param(ge=1, doc="number of rows of the table")
    output_dim: int = param(ge=1, doc="size of a row")
    dtype: DType = param("float32", choices=NUMBERS, doc="element type of a weight whose type nothing tells")
    sparse_grad: bool = param(False, doc="read and without effect: all gradients are dense")

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if data is None and out:
            data = out[:-1]
        return [data, (self.input_dim, self.output_dim)], [data and (*data, self.output_dim)]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[1], out_type[0])
        # Only once data's type is told, so that types given later still come first.
        known = known or (self.dtype if in_type[0] else None)
        return [in_type[0], known], [known]

    def forward(self, ctx, in_data, out_data, aux):
        index, weight = in_data
        out = out_data[0].reshape(1, -1, self.output_dim)
        kernels.index.take(weight.reshape(1, *weight.shape), flat(index), False, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gindex, gweight = in_grad
        if gindex is not None:
            kernels.move.fill(0, gindex)
        if gweight is not None:
            g = out_grad[0].reshape(1, -1, self.output_dim)
            kernels.index.take_grad(g, flat(in_data[0]), False, gweight.reshape(1, *gweight.shape))


class take(Op):
    """Slices of an array: output = a with its axis replaced by the places that indices name.

    a        any shape
    indices  any shape
    output   a's shape with indices' shape in place of axis

    The gradient of indices is 0. Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("a", "indices")
    backward_uses = ("indices",)

    axis: int = param(0, doc="the axis of a that indices count")
    mode: str = param("clip", choices=("clip", "raise", "wrap"),
                      doc="indices out of range: taken as the nearest end, refused, or counted around")  # fmt: skip

    def infer_shape(self, in_shape, out_shape):
        a, indices = in_shape
        if a:
            axis = axis_in(self.axis, len(a))
            out_shape = [None if indices is None else a[:axis] + indices + a[axis + 1 :]]
        return in_shape, out_shape

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known, in_type[1]], [known]

    def slices(self, array, a, indices):
        axis = self.axis % a.ndim
        return array.reshape(prod(a.shape[:axis]), indices.size, prod(a.shape[axis + 1 :]))

    def forward(self, ctx, in_data, out_data, aux):
        a, indices = in_data
        if self.mode == "raise":
            kernels.index.require_in_range(indices, a.shape[self.axis])
        out = self.slices(out_data[0], a, indices)
        kernels.index.take(channels(a, self.axis), flat(indices), self.mode == "wrap", out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (ga, gindices), indices = in_grad, in_data[1]
        if gindices is not None:
            kernels.move.fill(0, gindices)
        if ga is not None:
            g = self.slices(out_grad[0], ga, indices)
            kernels.index.take_grad(g, flat(indices), self.mode == "wrap", channels(ga, self.axis))


class pick(Op):
    """One entry of each line along axis: output[i] = data[i, index[i]].

    data    any shape
    index   data's shape without axis, or with size 1 there
    output  data's shape without axis; with keepdims, size 1 there

    The gradient of index is 0. Source: src/operator/tensor/broadcast_reduce_op_index.cc.
    """

    arguments = ("data", "index")
    aliases = ("choose_element_0index", "_npx_pick")
    backward_uses = ("index",)

    axis: int | None = param(-1, doc="the axis that index counts; MXNet has no None either")
    keepdims: bool = param(False, doc="keep axis, with size 1")
    mode: str = param("clip", choices=("clip", "wrap"),
                      doc="indices out of range: taken as the nearest end, or counted around")  # fmt: skip

    def infer_shape(self, in_shape, out_shape):
        data, index = in_shape
        if self.axis is None:
            raise ShapeError("axis is None; needs an axis; for the whole array flatten it before")
        if not data:
            return in_shape, out_shape
        axis = axis_in(self.axis, len(data))
        kept, dropped = (*data[:axis], 1, *data[axis + 1 :]), data[:axis] + data[axis + 1 :] or (1,)
        wanted = kept if index is not None and len(index) == len(data) else dropped
        return [data, wanted], [kept if self.keepdims else dropped]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known, in_type[1]], [known]

    def forward(self, ctx, in_data, out_data, aux):
        x = channels(in_data[0], self.axis)
        index, out = (array.reshape(x.shape[0], x.shape[2]) for array in (in_data[1], out_data[0]))
        kernels.index.pick(x, index, self.mode == "wrap", out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gx, gindex = channels(in_grad[0], self.axis), in_grad[1]
        if gindex is not None:
            kernels.move.fill(0, gindex)
        if gx is not None:
            g, index = (array.reshape(gx.shape[0], gx.shape[2]) for array in (out_grad[0], in_data[1]))
            kernels.index.pick_grad(g, index, self.mode == "wrap", gx)


class fill_element_0index(Op):
    """One entry of each row replaced: output = lhs, but output[i, rhs[i]] = mhs[i].

    lhs     (n, k)
    mhs     (n,)
    rhs     (n,)    an index out of range replaces nothing
    output  (n, k)

    It has no gradient. Source: src/ndarray/ndarray_function.cc.
    """

    arguments = ("lhs", "mhs", "rhs")
    gradient = "none"
    inplace = {"output": "lhs"}  # noqa: RUF012

    def infer_shape(self, in_shape, out_shape):
        data = merge(in_shape[0], out_shape[0])
        if data and len(data) != 2:
            raise ShapeError(f"lhs is {text(data)}; needs 2 axes: reshape it before")
        return [data, data and data[:1], data and data[:1]], [data]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.index.put(*in_data, out_data[0])


class _onehot_encode(Op):
    """Indices as vectors in an array of the output's shape: output[i, c] = 1 where lhs[i] is c, else 0.

    lhs     (n,)    one out of range has no 1
    rhs     (n, k)  lends its shape only
    output  (n, k)

    It has no gradient; new networks take one_hot. Source: src/ndarray/ndarray_function.cc.
    """

    arguments = ("lhs", "rhs")
    gradient = "none"
    inplace = {"output": "rhs"}  # noqa: RUF012

    def infer_shape(self, in_shape, out_shape):
        data = merge(in_shape[1], out_shape[0])
        if data and len(data) != 2:
            raise ShapeError(f"rhs is {text(data)}; needs 2 axes, rows and classes")
        return [data and data[:1], data], [data]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[1], out_type[0])
        return [in_type[0], known], [known]

    def forward(self, ctx, in_data, out_data, aux):
        number = out_data[0].dtype.type
        kernels.index.one_hot(in_data[0], number(1), number(0), out_data[0])


class one_hot(Op):
    """Indices as vectors: output[..., c] = on_value where indices[...] is c, else off_value.

    indices  any shape      one out of range has no on_value
    output   (*indices' shape, depth)

    Source: src/operator/tensor/indexing_op.cc.
    """

    arguments = ("indices",)
    aliases = ("_npx_one_hot",)
    gradient = "zero"

    depth: int = param(ge=1, doc="size of the output's last axis")
    on_value: float = param(1.0, doc="the value at the index")
    off_value: float = param(0.0, doc="the value elsewhere")
    dtype: DType = param("float32", choices=NUMBERS, doc="element type of the output")

    def infer_shape(self, in_shape, out_shape):
        indices, out = in_shape[0], out_shape[0]
        if indices is None and out:
            indices = out[:-1]
        return [indices], [indices and (*indices, self.depth)]

    def infer_type(self, in_type, out_type):
        return in_type, [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        number = out_data[0].dtype.type
        out = out_data[0].reshape(-1, self.depth)
        kernels.index.one_hot(flat(in_data[0]), number(self.on_value), number(self.off_value), out)


class where(Op):
    """Choice between two arrays: output = x where condition is not 0, else y.

    condition  as x, or one entry for each index of x's first axis
    x, y       one shape
    output     as x

    The gradient of condition is 0. Source: src/operator/tensor/control_flow_op.cc.
    """

    arguments = ("condition", "x", "y")
    aliases = ("_sparse_where",)
    backward_uses = ("condition",)

    def infer_shape(self, in_shape, out_shape):
        condition, x, y = in_shape
        shape = merge_all(x, y, out_shape[0])
        known = condition and shape and is_known(condition) and is_known(shape)
        if known and condition != shape and prod(condition) != shape[0]:
            needed = " or ".join(dict.fromkeys((text(shape), text(shape[:1]))))
            raise ShapeError(f"condition is {text(condition)}; x {text(shape)} needs {needed}")
        return [condition, shape, shape], [shape]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(merge_dtypes(in_type[1], in_type[2]), out_type[0])
        return [in_type[0], known, known], [known]

    def forward(self, ctx, in_data, out_data, aux):
        condition, *sides = in_data
        n = condition.size
        kernels.index.where(flat(condition), *(array.reshape(n, -1) for array in (*sides, out_data[0])))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (gcondition, *sides), condition = in_grad, in_data[0]
        n = condition.size
        if gcondition is not None:
            kernels.move.fill(0, gcondition)
        for grad, chosen in zip(sides, (True, False), strict=True):
            if grad is not None:
                g = out_grad[0].reshape(n, -1)
                kernels.index.where_grad(flat(condition), g, chosen, grad.reshape(n, -1))
