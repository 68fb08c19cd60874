"""Rows taken by a mask: their number hangs on the data."""

from symcli.errors import MXNetError
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import merge

__all__: list[str] = []


class _contrib_boolean_mask(Op):
    """Rows of data where index is not 0.

    data    (N, ...)
    index   (N,)   its gradient is 0
    output  (M, ...), M of the N rows

    M hangs on the data, so a graph with it is bound to arrays, by ``bind``: ``simple_bind`` cannot tell its shapes. It
    runs operator by operator. Source: src/operator/contrib/boolean_mask.cc.
    """

    arguments = ("data", "index")
    captured = False
    depends_on_data = True

    axis: int = param(0, doc="the axis that is masked; MXNet knows 0 only")

    def __post_init__(self):
        if self.axis != 0:
            raise MXNetError(f"boolean_mask: axis={self.axis}; MXNet knows axis=0 only: swap the axes before and after")

    def infer_shape(self, in_shape, out_shape):
        data, index = in_shape
        length = merge(data[:1] if data else None, index)
        if data and length:
            data = (*length, *data[1:])
        return [data, length], [(0, *data[1:]) if data else None]

    def infer_type(self, in_type, out_type):
        kind = in_type[0] or out_type[0]
        return [kind, in_type[1]], [kind]
