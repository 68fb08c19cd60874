"""Operators that graphs of MXNet programs carry along and that compute little or nothing."""

from symcli import kernels
from symcli.ops.join import MOST
from symcli.ops.op import Op
from symcli.ops.reshape import Reshaping
from symcli.params import DType, param

HALVES = ("float16", "float32")


class _identity_with_attr_like_rhs(Reshaping):
    """The identity of the first input: output = lhs.

    lhs, rhs, output: arrays of one shape and type. The gradient of rhs is 0.

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    arguments = ("lhs", "rhs")
    inplace = {"output": "lhs"}  # noqa: RUF012


class _CrossDeviceCopy(Reshaping):
    """The identity, between devices: output = data.

    data, output: arrays of one shape.

    Source: src/operator/cross_device_copy.cc.
    """


class _copyto(Reshaping):
    """The identity: output = data. Programs call it with the array to copy to as out.

    data, output: arrays of one shape.

    Source: src/ndarray/ndarray.cc.
    """


class cast_storage(Reshaping):
    """The identity: output = data. All arrays are dense, so there is no other storage to cast to.

    data, output: arrays of one shape.

    Source: src/operator/tensor/cast_storage.cc.
    """

    aliases = ("_sparse_cast_storage",)

    stype: str = param(choices=("csr", "default", "row_sparse"), doc="read and without effect: all arrays are dense")


class Recast(Op, abstract=True):
    backward_uses = ()

    def forward(self, ctx, in_data, out_data, aux):
        for array, out in zip(in_data, out_data, strict=True):
            kernels.move.cast(array, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for g, into in zip(out_grad, in_grad, strict=True):
            if into is not None:
                kernels.move.cast(g, into)


class amp_cast(Recast):
    """Data in another floating-point type; data that is neither float16 nor float32 stays as it is.

    data, output: arrays of one shape. The gradient is cast back.

    Source: src/operator/tensor/amp_cast.cc.
    """

    dtype: DType = param(doc="the output's element type")

    def infer_type(self, in_type, out_type):
        known = in_type[0]
        return in_type, [known and (self.dtype if known in HALVES else known)]


class amp_multicast(Recast):
    """Arrays in their widest floating-point type, float16 or float32; arrays of other types stay as they are.

    arg0, arg1, ...        any shapes
    output0, output1, ...  the same shapes

    Gradients are cast back. Source: src/operator/tensor/amp_cast.cc.
    """

    variadic = "num_outputs"

    num_outputs: int = param(ge=1, le=MOST, doc="the number of arrays")
    cast_narrow: bool = param(False, doc="take the narrowest type")

    def list_outputs(self):
        return ["output"] if self.num_outputs == 1 else [f"output{i}" for i in range(self.num_outputs)]

    def infer_shape(self, in_shape, out_shape):
        return out_shape, in_shape

    def infer_type(self, in_type, out_type):
        if None in in_type:
            return in_type, out_type
        chosen = (min if self.cast_narrow else max)([one for one in in_type if one in HALVES], default=None)
        return in_type, [chosen if one in HALVES else one for one in in_type]


class Finite(Op, abstract=True):
    gradient = "none"

    def infer_shape(self, in_shape, out_shape):
        return in_shape, [(1,)]

    def infer_type(self, in_type, out_type):
        return in_type, ["float32"]

    def forward(self, ctx, in_data, out_data, aux):
        if self.init_output:
            kernels.move.fill(1, out_data[0])
        for array in in_data:
            kernels.finite.clear_unless_finite(array, out_data[0])


class all_finite(Finite):
    """Whether an array holds finite numbers only: 1, else 0.

    data    any shape
    output  (1,), float32

    Source: src/operator/contrib/all_finite.cc.
    """

    init_output: bool = param(True, doc="set the output to 1 first; else what it holds stays, or becomes 0")


class multi_all_finite(Finite):
    """Whether several arrays hold finite numbers only: 1, else 0.

    arg0, arg1, ...  any shapes
    output           (1,), float32

    Source: src/operator/contrib/all_finite.cc.
    """

    variadic = "num_arrays"

    num_arrays: int = param(1, ge=1, le=MOST, doc="the number of arrays")
    init_output: bool = param(True, doc="set the output to 1 first; else what it holds stays, or becomes 0")
