"""Operators that keep all elements in their order and only name their axes anew."""

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import param, to_text
from symcli.shapes import axis_in, is_known, prod, text


class Reshaping(Op, abstract=True):
    inplace = {"output": "data"}  # noqa: RUF012
    backward_uses = ()

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(flat(in_data[0]), flat(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            kernels.move.copy(flat(out_grad[0]), flat(in_grad[0]))
        for grad in in_grad[1:]:  # of an input that lends its shape only
            if grad is not None:
                kernels.move.fill(0, grad)


class Reshape(Reshaping):
    """Data in another shape: output.ravel() = data.ravel().

    data    any shape
    output  shape, its codes read from left to right beside data's axes:
            0         the size of data's axis at this place
            -1        what the other sizes leave; once
            -2        all axes of data that are left
            -3        the product of data's next two sizes
            -4, a, b  data's next size split into a and b, one of which may be -1

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("reshape",)

    shape: tuple[int, ...] = param((), ge=-4, doc="the output's shape, codes included")
    reverse: bool = param(False, doc="read shape and data from the right; a split is then written b, a, -4")
    target_shape: tuple[int, ...] = param((), ge=0, doc="old form of shape: 0 is what the other sizes leave; once")
    keep_highest: bool = param(False, doc="with target_shape: the first size is data's, whatever is written there")

    def infer_shape(self, in_shape, out_shape):
        data, told = in_shape[0], out_shape[0]
        if data is None or not (self.shape or self.target_shape):
            return [data], [None]
        if not self.shape:
            out = self._target(data)
        elif self.reverse:
            out = self._decoded(self.shape[::-1], data[::-1])[::-1]
        else:
            out = self._decoded(self.shape, data)
        whole = out if is_known(out) else told
        return [_completed(data, whole) if is_known(whole) else data], [out]

    def _target(self, data):
        out = [data[0], *self.target_shape[1:]] if self.keep_highest else list(self.target_shape)
        free = [i for i, size in enumerate(out) if not size and not (self.keep_highest and i == 0)]
        if len(free) > 1:
            raise ShapeError(f"target_shape={to_text(self.target_shape)} leaves {len(free)} sizes open; one may be 0")
        if free and is_known(data):
            out[free[0]] = _rest(data, prod(size for size in out if size))
        return tuple(out)

    def _decoded(self, codes, data):
        """Return the shape that codes, read from left to right, make of data's."""
        out = []
        free = None
        rest, sizes = iter(codes), iter(data)
        for code in rest:
            if code == -1:
                if free is not None:
                    raise ShapeError(f"shape={to_text(self.shape)} leaves two sizes open; one may be -1")
                free = len(out)
                out.append(1)
                next(sizes, None)
            elif code == -2:
                out += sizes
            elif code == -3:
                out.append(self._next(sizes) * self._next(sizes))
            elif code == -4:
                out += self._split(self._next(sizes), next(rest, 0), next(rest, 0))
            elif code == 0:
                out.append(self._next(sizes))
            else:
                out.append(code)
                next(sizes, None)
        if free is not None:
            out[free] = _rest(data, prod(out)) if is_known(data) else 0
        return tuple(out)

    def _next(self, sizes):
        size = next(sizes, None)
        if size is None:
            raise ShapeError(f"shape={to_text(self.shape)} asks for more axes than data has")
        return size

    def _split(self, size, a, b):
        if not a or not b or min(a, b) < -1 or a == b == -1:
            raise ShapeError(f"shape={to_text(self.shape)}: -4 needs two sizes after it, one of which may be -1")
        known = b if a == -1 else a
        if size and (size % known or (min(a, b) > 0 and a * b != size)):
            raise ShapeError(f"shape={to_text(self.shape)}: the size {size} does not split into {a} and {b}")
        return (size // b, b) if a == -1 else (a, size // a) if b == -1 else (a, b)


def _rest(data, used):
    """Return how often ``used`` elements go into data."""
    if not used or prod(data) % used:
        raise ShapeError(f"data has {prod(data)} elements; needs a multiple of {used} for this shape")
    return prod(data) // used


def _completed(data, out):
    """Return data's shape with its one unknown size worked out from a known output."""
    unknown = [i for i, size in enumerate(data) if not size]
    used = prod(size for size in data if size)
    if len(unknown) > 1:
        return data
    if prod(out) % used or (not unknown and prod(out) != used):
        raise ShapeError(f"data {text(data)} cannot take the shape {text(out)}: {prod(out)} elements")
    return tuple(size or prod(out) // used for size in data)


class Flatten(Reshaping):
    """Data as a matrix: one row a sample.

    data    (N, d1, d2, ...)
    output  (N, d1 * d2 * ...)

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("flatten", "_npx_batch_flatten")

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if not data:
            return [data], [None]
        # MXNet waits for all sizes; so does nobody who leaves the batch size open.
        return [(data[0] or (out[0] if out else 0), *data[1:])], [(data[0], prod(data[1:]))]


class expand_dims(Reshaping):
    """Data with one more axis, of size 1.

    data    any shape
    output  data's shape with a 1 put in at axis

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("_npi_expand_dims",)

    axis: int = param(doc="the new axis; negative ones count from the end of the output")

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if data is None and out is None:
            return [None], [None]
        axis = axis_in(self.axis, len(out) if data is None else len(data) + 1)
        if data is None:
            data = out[:axis] + out[axis + 1 :]
        elif out is not None and len(out) == len(data) + 1:
            data = tuple(a or b for a, b in zip(data, out[:axis] + out[axis + 1 :], strict=True))
        return [data], [(*data[:axis], 1, *data[axis:])]


class squeeze(Reshaping):
    """Data without axes of size 1.

    data    any shape
    output  data's shape without the axes; without all axes of size 1 if none are given

    Source: src/operator/tensor/matrix_op.cc.
    """

    axis: tuple[int, ...] | None = param(None, doc="the axes to leave out, each of size 1; None: all there are")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None or (self.axis is None and not is_known(data)):
            return [data], [None]
        if self.axis is None:
            axes = {i for i, size in enumerate(data) if size == 1}
        else:
            axes = {axis_in(axis, len(data)) for axis in self.axis}
        wrong = [i for i in sorted(axes) if data[i] > 1]
        if wrong:
            raise ShapeError(f"axis {wrong[0]} of data {text(data)} has size {data[wrong[0]]}; only 1 can be left out")
        if any(not data[i] for i in axes):
            return [data], [None]
        return [data], [tuple(size for i, size in enumerate(data) if i not in axes) or (1,)]


class reshape_like(Reshaping):
    """The left operand in the shape of the right one, or with a range of its axes replaced by one of the right's.

    lhs     any shape
    rhs     any shape; only its shape is read, its gradient is 0
    output  lhs.shape[:lhs_begin] + rhs.shape[rhs_begin:rhs_end] + lhs.shape[lhs_end:]

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    arguments = ("lhs", "rhs")
    aliases = ("_npx_reshape_like",)
    inplace = {"output": "lhs"}  # noqa: RUF012

    lhs_begin: int | None = param(None, doc="first axis of lhs to replace; None: 0")
    lhs_end: int | None = param(None, doc="axis of lhs after the last one to replace; None: its rank")
    rhs_begin: int | None = param(None, doc="first axis of rhs to take; None: 0")
    rhs_end: int | None = param(None, doc="axis of rhs after the last one to take; None: its rank")

    def infer_shape(self, in_shape, out_shape):
        lhs, rhs = in_shape
        if lhs is None or rhs is None:
            return in_shape, [None]
        a, b = _axes("lhs", self.lhs_begin, self.lhs_end, len(lhs))
        c, d = _axes("rhs", self.rhs_begin, self.rhs_end, len(rhs))
        out = lhs[:a] + rhs[c:d] + lhs[b:]
        if is_known(lhs) and is_known(out) and prod(lhs) != prod(out):
            raise ShapeError(f"lhs {text(lhs)} cannot take the shape {text(out)}: {prod(out)} elements")
        return in_shape, [out]

    def infer_type(self, in_type, out_type):
        lhs = merge_dtypes(in_type[0], out_type[0])
        return [lhs, in_type[1]], [lhs]


def _axes(side, begin, end, rank):
    """Return a range of axes counted from the front."""
    first = 0 if begin is None else begin + rank * (begin < 0)
    last = rank if end is None else end + rank * (end < 0)
    if not 0 <= first < last <= rank:
        raise ShapeError(f"{side}_begin={begin}, {side}_end={end} is no range of the {rank} axes of {side}")
    return first, last
