"""Sorting, the largest and smallest elements, and their places."""

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels
from symcli.params import DType, param
from symcli.shapes import axis_in, prod, text

INDEX_TYPES = ("float16", "float32", "float64", "int32", "int64", "uint8")


class Ordering(Op, abstract=True):
    """Sorts lines along ``axis``, or the flattened data where that is None."""

    def lines(self, array):
        """View data, or an output of its rank, as (before, axis, after)."""
        return array.reshape(1, -1, 1) if self.axis is None else channels(array, self.axis)

    def with_size(self, data, size):
        """The shape of data with another size along the axis."""
        if self.axis is None:
            return (size,)
        axis = axis_in(self.axis, len(data))
        return (*data[:axis], size, *data[axis + 1 :])

    def length(self, data):
        return prod(data) if self.axis is None else data[axis_in(self.axis, len(data))]

    def sorted_places(self, ctx, data, descending):
        x = self.lines(data)
        n, k, m = x.shape
        order = ctx.scratch((n, m, k), "int32")
        kernels.order.argsort(x, descending, ctx.scratch((k,), x.dtype), ctx.scratch((k,), "int32"), order)
        return order

    def write_places(self, order, out):
        out = self.lines(out)
        kernels.move.cast(order.swapaxes(1, 2)[:, : out.shape[1]], out)

    def values_and_places(self, ctx, data, descending, out_data):
        order = self.sorted_places(ctx, data, descending)
        kernels.order.take(self.lines(data), order, self.lines(out_data[0]))
        self.write_places(order, out_data[1])

    def spread(self, g, places, gx):
        kernels.order.put(self.lines(g), self.lines(places), self.lines(gx))


class topk(Ordering):
    """The k largest (or smallest) elements along an axis, in order, or their places.

    data     any shape
    output   data's shape with size k along axis, (k,) for axis=None: places (ret_typ=indices) of dtype;
             ret_typ=mask: data's shape, 1 at the k elements and 0 elsewhere
    output0  ret_typ=value or both: the elements
    output1  ret_typ=both: their places, of dtype

    Of equal elements the first comes first (MXNet leaves their order open), NaN last. The gradient of places and
    mask is 0. Source: src/operator/tensor/ordering_op.cc.
    """

    aliases = ("_npx_topk",)
    outputs = ("output0", "output1", "output")
    backward_uses = ("output1",)

    axis: int | None = param(-1, doc="the axis to sort along; None for the flattened data")
    k: int = param(1, doc="how many elements; all if it is below 1")
    ret_typ: str = param("indices", choices=("both", "indices", "mask", "value"), doc="what the output holds")
    is_ascend: bool = param(False, doc="the smallest first")
    dtype: DType = param("float32", choices=INDEX_TYPES, doc="element type of places")

    @property
    def gives_values(self):
        return self.ret_typ in ("both", "value")

    def list_outputs(self):
        return ["output0", "output1"] if self.gives_values else ["output"]

    def num_visible_outputs(self):
        return 2 if self.ret_typ == "both" else 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        n = self.length(data)
        if n and self.k > n:
            where = "the data" if self.axis is None else f"axis {self.axis}"
            raise ShapeError(f"k={self.k} of the {n} elements of {where} of data {text(data)}; needs k <= {n}")
        chosen = self.with_size(data, self.k if self.k > 0 else n)
        return [data], [data if self.ret_typ == "mask" else chosen] * len(out_shape)

    def infer_type(self, in_type, out_type):
        if self.ret_typ == "indices":
            return in_type, [self.dtype]
        known = merge_dtypes(in_type[0], out_type[0])
        return [known], [known, self.dtype if self.ret_typ == "both" else "int32"][: len(out_type)]

    def forward(self, ctx, in_data, out_data, aux):
        data, descending = in_data[0], not self.is_ascend
        if self.gives_values:
            self.values_and_places(ctx, data, descending, out_data)
            return
        order = self.sorted_places(ctx, data, descending)
        if self.ret_typ == "mask":
            k = order.shape[2]
            kernels.order.mask(order, min(self.k, k) if self.k > 0 else k, self.lines(out_data[0]))
        else:
            self.write_places(order, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if self.gives_values:
            self.spread(out_grad[0], out_data[1], in_grad[0])
        else:
            kernels.move.fill(0, in_grad[0])


class Sort(Ordering, name="sort"):
    """Data sorted along an axis; NaN last.

    data     any shape
    output0  as data; axis=None: one axis

    Source: src/operator/tensor/ordering_op.cc.
    """

    aliases = ("_npi_sort",)
    outputs = ("output0", "output1")  # the second, hidden, holds the places
    backward_uses = ("output1",)

    axis: int | None = param(-1, doc="the axis to sort along; None for the flattened data")
    is_ascend: bool = param(True, doc="the smallest first")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        return in_shape, [data and self.with_size(data, self.length(data))] * 2

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known], [known, "int32"]

    def forward(self, ctx, in_data, out_data, aux):
        self.values_and_places(ctx, in_data[0], not self.is_ascend, out_data)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.spread(out_grad[0], out_data[1], in_grad[0])


class argsort(Ordering):
    """The places that sort data along an axis; those of equal elements in their order, those of NaN last.

    data    any shape
    output  as data; axis=None: one axis

    Source: src/operator/tensor/ordering_op.cc.
    """

    aliases = ("_npi_argsort",)
    gradient = "zero"

    axis: int | None = param(-1, doc="the axis to sort along; None for the flattened data")
    is_ascend: bool = param(True, doc="the smallest first")
    dtype: DType = param("float32", choices=INDEX_TYPES, doc="element type of the output")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        return in_shape, [data and self.with_size(data, self.length(data))]

    def infer_type(self, in_type, out_type):
        return in_type, [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        self.write_places(self.sorted_places(ctx, in_data[0], not self.is_ascend), out_data[0])


class PlaceOfExtreme(Op, abstract=True):
    gradient = "zero"

    axis: int | None = param(None, doc="the axis to search along; None for the flattened data")
    keepdims: bool = param(False, doc="keep the searched axes with size 1")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if self.axis is None:
            return [data], [(1,) * len(data) if self.keepdims else (1,)]
        axis = axis_in(self.axis, len(data))
        return [data], [data[:axis] + ((1,) if self.keepdims else ()) + data[axis + 1 :] or (1,)]

    def forward(self, ctx, in_data, out_data, aux):
        x = in_data[0].reshape(1, -1, 1) if self.axis is None else channels(in_data[0], self.axis)
        self.search(x, out_data[0].reshape(x.shape[0], x.shape[2]))


class argmax(PlaceOfExtreme):
    """The place of the largest element along an axis; of equal ones the first; that of the first NaN if there is one.

    data    any shape
    output  data's shape without axis, of data's type; (1,) if none is left

    Source: src/operator/tensor/broadcast_reduce_op_index.cc.
    """

    def search(self, x, y):
        kernels.order.argmax(x, y)


class argmin(PlaceOfExtreme):
    """The place of the smallest element along an axis; of equal ones the first; that of the first NaN if there is one.

    data    any shape
    output  data's shape without axis, of data's type; (1,) if none is left

    Source: src/operator/tensor/broadcast_reduce_op_index.cc.
    """

    def search(self, x, y):
        kernels.order.argmin(x, y)


class argmax_channel(Op):
    """The place of the largest element along axis 1; of equal ones the first; that of the first NaN if there is one.

    data    (N, C, ...)
    output  (N, ...)

    Source: src/operator/tensor/broadcast_reduce_op_index.cc.
    """

    gradient = "none"

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (samples, channels); or use argmax")
        return [data], [data[:1] + data[2:]]

    def forward(self, ctx, in_data, out_data, aux):
        x = channels(in_data[0], 1)
        kernels.order.argmax(x, out_data[0].reshape(x.shape[0], x.shape[2]))
