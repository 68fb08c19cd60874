"""How often numbers lie in each of several ranges."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import param, to_text


class _histogram(Op):
    """How many elements lie between each two edges, the last one's end included; others are not counted.

    data     any shape
    bins     (k + 1,)   the edges, rising; absent with bin_cnt, which makes k equal bins of range
    output0  (k,)       counts, int64
    output1  (k + 1,)   the edges

    Source: src/operator/tensor/histogram.cc.
    """

    arguments = ("data", "bins")
    outputs = ("output0", "output1")
    gradient = "none"

    bin_cnt: int | None = param(None, ge=1, doc="the number of bins; None: bins gives the edges")
    range: tuple[float, ...] | None = param(None, doc="(lower end of the first bin, upper end of the last)")

    def __post_init__(self):
        if self.bin_cnt is not None and (not self.range or len(self.range) != 2 or self.range[0] >= self.range[1]):
            raise ParamError(f"{self.name}: range={to_text(self.range)}; bin_cnt={self.bin_cnt} needs (lower, upper)")

    def list_arguments(self):
        return ["data", "bins"] if self.bin_cnt is None else ["data"]

    def infer_shape(self, in_shape, out_shape):
        if self.bin_cnt is not None:
            return in_shape, [(self.bin_cnt,), (self.bin_cnt + 1,)]
        bins = in_shape[1]
        if bins and (len(bins) != 1 or bins[0] == 1):
            raise ShapeError("bins needs one axis with two edges at least")
        return in_shape, [bins and (max(bins[0] - 1, 0),), bins]

    def infer_type(self, in_type, out_type):
        (known, *_), _ = super().infer_type(in_type, [])
        return [known] * len(in_type), ["int64", known]

    def forward(self, ctx, in_data, out_data, aux):
        counts, edges = out_data
        if self.bin_cnt is None:
            kernels.move.copy(in_data[1], edges)
        else:
            kernels.histogram.edges(*self.range, edges)
        kernels.histogram.counts(flat(in_data[0]), edges, counts)
