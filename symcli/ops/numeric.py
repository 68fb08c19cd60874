"""What NumPy and SciPy users know by name: eye, linspace, cumsum, the Khatri-Rao product."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels
from symcli.params import DType, param
from symcli.shapes import axis_in, merge, prod


class _eye(Op):
    """Ones on a diagonal, zeros elsewhere: output[i, i + k] = 1.

    output  (N, M)

    Source: src/operator/tensor/init_op.cc.
    """

    arguments = ()
    gradient = "zero"

    N: int = param(ge=1, doc="number of rows")
    M: int = param(0, ge=0, doc="number of columns; 0: as many as rows")
    k: int = param(0, doc="which diagonal: 0 the main one, positive above, negative below it")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType = param("float32", doc="the output's element type")

    def infer_shape(self, in_shape, out_shape):
        return [], [(self.N, self.M or self.N)]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        out = out_data[0]
        n, m = out.shape
        kernels.move.fill(0, out)
        row, column = max(-self.k, 0), max(self.k, 0)
        count = min(n - row, m - column)
        if count > 0:
            first = row * m + column
            kernels.move.fill(1, out.reshape(-1)[first : first + (count - 1) * (m + 1) + 1 : m + 1])


class _linspace(Op):
    """Numbers in equal steps from start to stop: output[i] = start + i (stop - start) / (num - 1).

    output  (num,)

    Without endpoint the steps are (stop - start) / num, and stop is not reached.

    Source: src/operator/tensor/init_op.cc.
    """

    arguments = ()
    aliases = ("_npi_linspace",)
    gradient = "zero"

    start: float = param(doc="the first number")
    stop: float = param(doc="the last number, or with endpoint=False the one after it")
    num: int = param(ge=1, doc="how many numbers")
    endpoint: bool = param(True, doc="whether stop is the last number")
    ctx: str = param("", doc="the device; kept, not used")
    dtype: DType = param("float32", doc="the output's element type")

    def infer_shape(self, in_shape, out_shape):
        return [], [(self.num,)]

    def infer_type(self, in_type, out_type):
        return [], [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        steps = self.num - 1 if self.endpoint else self.num
        step = (self.stop - self.start) / steps if steps else 0.0
        kernels.move.arange(self.start, step, out_data[0].reshape(-1, 1))


class _np_cumsum(Op):
    """Sums of all elements up to each: output[i] = a[0] + ... + a[i] along an axis.

    a       any shape
    output  a's shape; without axis (all elements of a,), in their order in memory

    Source: src/operator/numpy/np_cumsum.cc.
    """

    arguments = ("a",)
    aliases = ("cumsum",)
    backward_uses = ()

    axis: int | None = param(None, doc="the axis to sum along; None: all elements in a row")
    dtype: DType | None = param(None, doc="element type of the output and of the sums; a's if not given")

    def infer_shape(self, in_shape, out_shape):
        a, out = in_shape[0], out_shape[0]
        if self.axis is None:
            return [a], [out if a is None else merge(out, (prod(a),))]
        a = merge(a, out)
        if a is not None:
            axis_in(self.axis, len(a))
        return [a], [a]

    def infer_type(self, in_type, out_type):
        if self.dtype is None:
            return super().infer_type(in_type, out_type)
        return in_type, [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.numeric.cumsum(*self.lines(in_data[0], out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, ga = self.lines(out_grad[0], in_grad[0])
        kernels.numeric.cumsum(g[:, ::-1], ga[:, ::-1])

    def lines(self, *arrays):
        # (before, axis, after)
        return [array.reshape(1, -1, 1) if self.axis is None else channels(array, self.axis) for array in arrays]


class khatri_rao(Op):
    """The Khatri-Rao product: each column is the Kronecker product of the same column of all matrices.

    output[(i, j, ...), c] = arg0[i, c] arg1[j, c] ...

    arg0, arg1, ...  (M0, C), (M1, C), ...
    output           (M0 M1 ..., C)

    Source: src/operator/contrib/krprod.cc.
    """

    variadic = "num_args"
    gradient = "none"

    num_args: int = param(ge=1, doc="number of matrices")

    def infer_shape(self, in_shape, out_shape):
        columns = 0
        for shape in in_shape:
            if shape is None:
                continue
            if len(shape) != 2:
                raise ShapeError(f"a matrix has {len(shape)} axes; needs 2")
            columns = merge((columns,), (shape[1],))[0]
        rows = 0 if None in in_shape else prod(shape[0] for shape in in_shape)
        return [shape and (shape[0], columns) for shape in in_shape], [(rows, columns)]

    def forward(self, ctx, in_data, out_data, aux):
        out, columns = out_data[0], out_data[0].shape[1]
        made = in_data[0]
        if len(in_data) == 1:
            kernels.move.copy(made, out)
        for i, matrix in enumerate(in_data[1:], 2):
            rows = (made.shape[0], matrix.shape[0])
            target = out if i == len(in_data) else ctx.scratch((rows[0] * rows[1], columns), out.dtype)
            kernels.elemwise.multiply(made.reshape(-1, 1, columns), matrix.reshape(1, -1, columns),
                                      target.reshape(*rows, columns))  # fmt: skip
            made = target
