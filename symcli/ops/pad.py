"""Padding."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import text


class Pad(Op):
    """Data with a border.

    data    any shape; (N, C, H, W) or (N, C, D, H, W) in MXNet, which leaves N and C as they are
    output  data's shape plus the border

    Source: src/operator/pad.cc.
    """

    aliases = ("pad",)
    backward_uses = ()

    mode: str = param(choices=("constant", "edge", "reflect"), doc="what the border holds: a value, the outermost "
                      "element, or the elements before it backwards")  # fmt: skip
    pad_width: tuple[int, ...] = param(ge=0, doc="elements before and after, axis by axis")
    constant_value: float = param(0.0, doc="the value of a constant border")

    def _borders(self):
        return list(zip(self.pad_width[::2], self.pad_width[1::2], strict=False))

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        if len(self.pad_width) != 2 * len(data):
            raise ShapeError(f"pad_width has {len(self.pad_width)} entries; data {text(data)} needs {2 * len(data)}")
        for axis, (size, border) in enumerate(zip(data, self._borders(), strict=True)):
            if self.mode == "reflect" and size and max(border) >= size:
                raise ShapeError(f"a border of {max(border)} cannot reflect the {size} elements of axis {axis}; "
                                 f"needs {size - 1} at most")  # fmt: skip
        return [data], [tuple(size and size + a + b for size, (a, b) in zip(data, self._borders(), strict=True))]

    def _inner(self, out):
        return out[tuple(slice(a, n - b) for n, (a, b) in zip(out.shape, self._borders(), strict=True))]

    def _pairs(self, out):
        """Return each border with the view it repeats, axis by axis; later ones hold what earlier ones filled."""
        pairs = []
        for axis, (a, b) in enumerate(self._borders()):
            end = out.shape[axis] - b
            if self.mode == "reflect":
                parts = [(slice(a), _backwards(2 * a, a)), (slice(end, None), _backwards(end - 2, b))]
            else:
                parts = [(slice(a), slice(a, a + 1)), (slice(end, None), slice(end - 1, end))]
            lead = (slice(None),) * axis
            pairs += [(out[(*lead, border)], out[(*lead, source)]) for border, source in parts]
        return [(border, source) for border, source in pairs if border.size]

    def forward(self, ctx, in_data, out_data, aux):
        out = out_data[0]
        if self.mode == "constant":
            kernels.move.fill(self.constant_value, out)
        kernels.move.copy(in_data[0], self._inner(out))
        if self.mode != "constant":
            for border, source in self._pairs(out):
                kernels.move.copy(source, border)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        whole = out_grad[0]
        if self.mode != "constant":
            whole = ctx.scratch(whole.shape, whole.dtype)
            kernels.move.copy(out_grad[0], whole)
            for border, source in self._pairs(whole)[::-1]:
                if self.mode == "edge":
                    total = ctx.scratch(source.shape, whole.dtype)
                    kernels.move.sum_to(border, total)
                    border = total
                kernels.elemwise.add(source, border, source)
        kernels.move.copy(self._inner(whole), in_grad[0])


def _backwards(first, count):
    """Return the slice of so many elements from the first one down."""
    return slice(first, first - count if first >= count else None, -1)
