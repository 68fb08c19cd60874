"""Constants: arrays that hang on parameters, or on the shape of an input alone."""

import math

from symcli import kernels
from symcli.dtypes import NAMES, is_float
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import DType, param
from symcli.shapes import axis_in, merge, prod


class Filled(Op, abstract=True):
    arguments = ()
    gradient = "zero"

    shape: tuple[int, ...] = param((), ge=0, doc="the output's shape; 0 is a size that the graph tells")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType = param("float32", doc="the output's element type")

    def infer_shape(self, in_shape, out_shape):
        return [], [merge(self.shape or None, out_shape[0])]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(self._value(), out_data[0])


class _zeros(Filled):
    """Zeros.

    output  shape

    Source: src/operator/tensor/init_op.cc.
    """

    def _value(self):
        return 0


class _zeros_without_dtype(_zeros):
    """Zeros in the element type that the graph needs.

    output  shape

    Source: src/operator/tensor/init_op.cc.
    """

    dtype: int = param(-1, ge=-1, le=7,  # type: ignore[assignment]
                       doc="the number of the output's element type; -1: what the graph tells")  # fmt: skip

    def infer_type(self, in_type, out_type):
        return [], [out_type[0] if self.dtype < 0 else NAMES[self.dtype]]


class _ones(Filled):
    """Ones.

    output  shape

    Source: src/operator/tensor/init_op.cc.
    """

    def _value(self):
        return 1


class _full(Filled):
    """One value everywhere.

    output  shape

    Source: src/operator/tensor/init_op.cc.
    """

    aliases = ("_npi_full",)

    value: float = param(doc="the value of all elements")

    def _value(self):
        return self.value


class _arange(Op):
    """Numbers in equal steps: output[i] = start + (i // repeat) * step.

    output  (ceil((stop - start) / step) * repeat,)

    Without stop the numbers go from 0 to start; with infer_range they go on as long as the graph needs.
    Source: src/operator/tensor/init_op.cc.
    """

    arguments = ()
    gradient = "zero"

    start: float = param(doc="the first number; the end if stop is not given")
    stop: float | None = param(None, doc="the end, which is not reached")
    step: float = param(1.0, doc="the distance of two numbers; not 0")
    repeat: int = param(1, ge=1, doc="how often each number comes")
    infer_range: bool = param(False, doc="without stop: start at start, the length is told by the graph")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType = param("float32", doc="the output's element type")

    def _range(self):
        if self.stop is None and not self.infer_range:
            return 0.0, self.start
        return self.start, self.stop

    def infer_shape(self, in_shape, out_shape):
        start, stop = self._range()
        if stop is None:
            return [], [None]
        if not self.step or (stop - start) / self.step <= 0:
            raise ShapeError(f"no numbers lie from {start:g} to {stop:g} in steps of {self.step:g}; "
                             "step has to lead from the one to the other")  # fmt: skip
        return [], [(math.ceil((stop - start) / self.step) * self.repeat,)]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        start, step = self._range()[0], self.step
        if not is_float(self.dtype):  # MXNet counts in the output's type
            start, step = int(start), int(step)
        kernels.move.arange(start, step, out_data[0].reshape(-1, self.repeat))


class zeros_like(Op):
    """Zeros in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    aliases = ("_sparse_zeros_like",)
    gradient = "zero"

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(0, out_data[0])


class ones_like(Op):
    """Ones in the shape and element type of data.

    data, output: arrays of one shape.

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    gradient = "zero"

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(1, out_data[0])


class _contrib_arange_like(Op):
    """Numbers in equal steps, as many as data has elements, or as one of its axes is long.

    data    any shape
    output  data's shape; (data.shape[axis],) with an axis; output[i] = start + (i // repeat) * step

    In float16 and in integers, fractions of start and step are cut off.

    Source: src/operator/tensor/init_op.cc.
    """

    aliases = ("_npx_arange_like",)
    gradient = "zero"

    start: float = param(0.0, doc="the first number")
    step: float = param(1.0, doc="the distance of two numbers")
    repeat: int = param(1, ge=1, doc="how often each number comes")
    ctx: str = param("", doc="the device; kept, not used")
    axis: int | None = param(None, doc="the axis whose length counts; None: all elements")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None or self.axis is None:
            return [data], [data]
        return [data], [(data[axis_in(self.axis, len(data))],)]

    def forward(self, ctx, in_data, out_data, aux):
        out, start, step = flat(out_data[0]), self.start, self.step
        if out.dtype.name not in ("float32", "float64"):  # MXNet counts in whole numbers then
            start, step = int(start), int(step)
        whole = len(out) // self.repeat * self.repeat
        kernels.move.arange(start, step, out[:whole].reshape(-1, self.repeat))
        if whole < len(out):
            kernels.move.arange(start + whole // self.repeat * step, step, out[whole:].reshape(1, -1))


class shape_array(Op):
    """The shape of data.

    data    any shape
    output  (rank of data,), int64

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    takes_empty = True
    aliases = ("_npx_shape_array",)
    gradient = "zero"

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        return [data], [None if data is None else (len(data),)]

    def infer_type(self, in_type, out_type):
        return in_type, ["int64"]

    def forward(self, ctx, in_data, out_data, aux):
        for i, size in enumerate(in_data[0].shape):
            kernels.move.fill(size, out_data[0][i : i + 1])


class size_array(Op):
    """The number of elements of data.

    data    any shape
    output  (1,), int64

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    takes_empty = True
    gradient = "zero"

    def infer_shape(self, in_shape, out_shape):
        return in_shape, [(1,)]

    def infer_type(self, in_type, out_type):
        return in_type, ["int64"]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(prod(in_data[0].shape), out_data[0])
