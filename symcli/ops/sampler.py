"""Images sampled at the points of a grid: the parts of a spatial transformer (Jaderberg et al., 2015)."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import WITHOUT_EFFECT
from symcli.params import param, to_text
from symcli.shapes import merge


def check_target(op):
    """Raise ``ParamError`` unless target_shape is (height, width)."""
    if len(op.target_shape) != 2 or 0 in op.target_shape:
        raise ParamError(f"{op.name}: target_shape={to_text(op.target_shape)}; needs (height, width) of the output")


class GridGenerator(Floating):
    """The points at which BilinearSampler looks: x in channel 0, y in channel 1, from -1 to 1 across the image.

    affine: the points of an even grid, moved by the matrix that data holds: (x', y') = data . (x, y, 1).

    data    (N, 6)     the rows of a 2 x 3 matrix
    output  (N, 2, H, W) of target_shape (H, W)

    warp: every pixel's own place, moved by data pixels.

    data    (N, 2, H, W)
    output  (N, 2, H, W)

    A target of one row or column has no even grid: NaN (affine), or a division by zero (warp).

    Source: src/operator/grid_generator-inl.h.
    """

    outputs = ("output", "grid_dst")
    backward_uses = ("grid_dst",)

    transform_type: str = param(choices=("affine", "warp"), doc="what data holds: matrices, or shifts in pixels")
    target_shape: tuple[int, ...] = param((0, 0), ge=0, doc="(height, width) of the grid; affine only")

    def __post_init__(self):
        if self.transform_type == "affine":
            check_target(self)

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if self.transform_type == "affine":
            if data and len(data) != 2:
                raise ShapeError(f"data has {len(data)} axes; needs 2 with transform_type=affine: (batch, 6)")
            h, w = self.target_shape
            n = (data and data[0]) or (out_shape[0] and out_shape[0][0]) or 0
            return [(n, 6)], [(n, 2, h, w), (3, h * w)]
        if not data:
            return in_shape, out_shape
        if len(data) != 4:
            raise ShapeError(f"data has {len(data)} axes; needs 4 with transform_type=warp: (batch, 2, height, width)")
        data = merge(data, (0, 2, 0, 0))
        return [data], [data, (2, *data[2:])]

    def forward(self, ctx, in_data, out_data, aux):
        data, (out, points) = in_data[0], out_data
        if self.transform_type == "affine":
            kernels.sampler.even_grid(*self.target_shape, points)
            kernels.dense.matmul(data.reshape(-1, 3), points, out.reshape(-1, points.shape[1]))
        else:
            kernels.sampler.places(points)
            kernels.elemwise.add(data, points, out)
            for channel, half in halves(out):
                kernels.elemwise.divide(channel, half, channel)
                kernels.elemwise.subtract(channel, 1, channel)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, points, gdata = out_grad[0], out_data[1], in_grad[0]
        if self.transform_type == "affine":
            kernels.dense.matmul_t(g.reshape(-1, points.shape[1]), points, gdata.reshape(-1, 3))
        else:
            for (channel, half), (heads, _) in zip(halves(gdata), halves(g), strict=True):
                kernels.elemwise.divide(heads, half, channel)


def halves(grid):
    """Return each channel of a grid (n, 2, h, w), x and y, with half the distance of the first and last pixel."""
    _, _, h, w = grid.shape
    return [(grid[:, 0], (w - 1) / 2), (grid[:, 1], (h - 1) / 2)]


class BilinearSampler(Floating):
    """Images sampled at the points of a grid, interpolated between the four pixels around; outside they are 0.

    output[n, c, i, j] = data[n, c] at x = (grid[n, 0, i, j] + 1) (W - 1) / 2, y = (grid[n, 1, i, j] + 1) (H - 1) / 2

    data    (N, C, H, W)
    grid    (N, 2, H', W')
    output  (N, C, H', W')

    Source: src/operator/bilinear_sampler.cc.
    """

    arguments = ("data", "grid")
    outputs = ("output", "tmp")
    backward_uses = ("data", "grid")

    cudnn_off: bool | None = param(None, doc=WITHOUT_EFFECT + "do without cuDNN")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data, grid = in_shape
        for name, shape in (("data", data), ("grid", grid)):
            if shape and len(shape) != 4:
                raise ShapeError(f"{name} has {len(shape)} axes; needs 4: batch, channels, height, width")
        if not data or not grid:
            return in_shape, out_shape
        n, _, h, w = merge(grid, (data[0], 2, 0, 0))
        return [(n, *data[1:]), (n, 2, h, w)], [(n, data[1], h, w), (n, h, w, 2)]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.sampler.sample(*in_data, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, grid), (gdata, ggrid) = in_data, in_grad
        if gdata is not None:
            kernels.sampler.sample_data_grad(out_grad[0], grid, gdata)
        if ggrid is not None:
            kernels.sampler.sample_grid_grad(out_grad[0], data, grid, ggrid)


class SpatialTransformer(Floating):
    """Images seen through affine maps: GridGenerator and BilinearSampler in one.

    data    (N, C, H, W)
    loc     (N, 6)         the rows of the 2 x 3 matrix of each image
    output  (N, C, H', W') of target_shape (H', W')

    Source: src/operator/spatial_transformer.cc.
    """

    arguments = ("data", "loc")
    outputs = ("output", "grid_dst", "grid_src")
    backward_uses = ("data", "grid_dst", "grid_src")

    target_shape: tuple[int, ...] = param((0, 0), ge=0, doc="(height, width) of the output")
    transform_type: str = param(choices=("affine",), doc="the kind of map")
    sampler_type: str = param(choices=("bilinear",), doc="how the elements between are found")
    cudnn_off: bool | None = param(None, doc=WITHOUT_EFFECT + "do without cuDNN")

    def __post_init__(self):
        check_target(self)

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data, loc = in_shape
        if not data:
            return in_shape, out_shape
        if len(data) != 4:
            raise ShapeError(f"data has {len(data)} axes; needs 4: batch, channels, height, width")
        if loc and len(loc) != 2:
            raise ShapeError(f"loc has {len(loc)} axes; needs 2: (batch, 6)")
        n = merge((data[0],), loc and loc[:1])[0]
        h, w = self.target_shape
        return [(n, *data[1:]), (n, 6)], [(n, data[1], h, w), (3, h * w), (n, 2, h, w)]

    def forward(self, ctx, in_data, out_data, aux):
        (data, loc), (out, points, grid) = in_data, out_data
        kernels.sampler.even_grid(*self.target_shape, points)
        kernels.dense.matmul(loc.reshape(-1, 3), points, grid.reshape(-1, points.shape[1]))
        kernels.sampler.sample(data, grid, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        data, (_, points, grid), (gdata, gloc) = in_data[0], out_data, in_grad
        if gdata is not None:
            kernels.sampler.sample_data_grad(out_grad[0], grid, gdata)
        if gloc is not None:
            ggrid = ctx.scratch(grid.shape, grid.dtype)
            kernels.sampler.sample_grid_grad(out_grad[0], data, grid, ggrid)
            kernels.dense.matmul_t(ggrid.reshape(-1, points.shape[1]), points, gloc.reshape(-1, 3))
