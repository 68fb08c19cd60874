"""Images (height, width, channels) on their way into a network: resized, cut, turned, normalised.

The gradients that MXNet declares for these are copies of the heads in the order of memory, whatever
forward does; so they are here.
"""

from symcli import kernels
from symcli.dtypes import is_float
from symcli.errors import DTypeError, ParamError, ShapeError
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import param, to_text
from symcli.shapes import text

# Eigenvectors (a column each) and square roots of the eigenvalues of the colours of ImageNet's pixels, 0 to 255.
DIRECTIONS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
SIZES = (55.46, 4.794, 1.148)


def check_image(data, ranks=(3, 4)):
    """Raise ``ShapeError`` for data of a known rank that is no image, or batch of images."""
    if data and len(data) not in ranks:
        batch = " or 4: batch before these" if 4 in ranks else ""
        raise ShapeError(f"data has {len(data)} axes {text(data)}; needs 3: height, width, channels{batch}")


class Image(Op, abstract=True):
    backward_uses = ()

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.copy(flat(out_grad[0]), flat(in_grad[0]))


class _image_to_tensor(Image):
    """An image as networks take it, channels first, from 0 to 1: output[c, y, x] = data[y, x, c] / 255.

    data    (H, W, C), (N, H, W, C)
    output  (C, H, W), (N, C, H, W), float32

    The gradient is the head's elements in the order of memory, as in MXNet.

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_to_tensor",)

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        check_image(data)
        return in_shape, [data and (*data[:-3], data[-1], *data[-3:-1])]

    def infer_type(self, in_type, out_type):
        return in_type, ["float32"]

    def forward(self, ctx, in_data, out_data, aux):
        last = in_data[0].ndim - 1
        order = (*range(last - 2), last, last - 2, last - 1)
        kernels.elemwise.divide(in_data[0].transpose(order), 255.0, out_data[0])


class _image_normalize(Op):
    """Each channel minus its mean, over its standard deviation: output[c] = (data[c] - mean[c]) / std[c].

    data    (C, H, W), (N, C, H, W), C 1 or 3
    output  as data

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_normalize",)
    backward_uses = ()

    mean: tuple[float, ...] = param((0.0, 0.0, 0.0, 0.0), doc="the mean of each channel, or one for all")
    std: tuple[float, ...] = param((1.0, 1.0, 1.0, 1.0), doc="the standard deviation of each channel, or one for all")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0] or out_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) not in (3, 4) or data[-3] not in (0, 1, 3):
            raise ShapeError(f"data is {text(data)}; needs (channels, height, width), a batch axis before it or not, "
                             "with 1 or 3 channels")  # fmt: skip
        for key in ("mean", "std"):
            if data[-3] and len(getattr(self, key)) not in (1, data[-3]):
                raise ShapeError(f"{key}={to_text(getattr(self, key))} has {len(getattr(self, key))} numbers; data has "
                                 f"{data[-3]} channels: give as many, or one")  # fmt: skip
        return super().infer_shape(in_shape, out_shape)

    def per_channel(self, *arrays):
        # (mean, std, the channel's part of each array)
        for c in range(arrays[0].shape[-3]):
            yield (self.mean[min(c, len(self.mean) - 1)], self.std[min(c, len(self.std) - 1)],
                   *(array[..., c, :, :] for array in arrays))  # fmt: skip

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        made = out if out.dtype.kind == "f" else ctx.scratch(out.shape, "float32")
        for mean, std, x, y in self.per_channel(data, made):
            kernels.elemwise.subtract(x, mean, y)
            kernels.elemwise.divide(y, std, y)
        if made is not out:
            kernels.move.cast(made, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for _, std, g, gx in self.per_channel(out_grad[0], in_grad[0]):
            kernels.elemwise.divide(g, std, gx)


class _image_crop(Op):
    """A part of an image: output[i, j] = data[y + i, x + j].

    data    (H, W, C), (N, H, W, C)
    output  (height, width, C), (N, height, width, C)

    Source: src/operator/image/crop.cc.
    """

    aliases = ("_npx__image_crop",)
    backward_uses = ()

    x: int = param(ge=0, doc="the part's first column")
    y: int = param(ge=0, doc="the part's first row")
    width: int = param(ge=1, doc="the part's number of columns")
    height: int = param(ge=1, doc="the part's number of rows")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        check_image(data)
        if not data:
            return in_shape, out_shape
        h, w = data[-3:-1]
        if (h and self.y + self.height > h) or (w and self.x + self.width > w):
            raise ShapeError(f"the part of {self.height} rows from {self.y} and {self.width} columns from {self.x} is "
                             f"not inside an image of {text((h, w))}")  # fmt: skip
        return in_shape, [(*data[:-3], self.height, self.width, data[-1])]

    def part(self, image):
        return image[..., self.y : self.y + self.height, self.x : self.x + self.width, :]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(self.part(in_data[0]), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.fill(0, in_grad[0])
        kernels.move.copy(out_grad[0], self.part(in_grad[0]))


class Flip(Image, abstract=True):
    def infer_shape(self, in_shape, out_shape):
        check_image(in_shape[0], (3,))
        return super().infer_shape(in_shape, out_shape)


class _image_flip_left_right(Flip):
    """An image as in a mirror: output[y, x] = data[y, W - 1 - x].

    data, output: (H, W, C)

    The gradient is the head as it is, not turned back, as in MXNet.

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_flip_left_right",)

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0][:, ::-1], out_data[0])


class _image_flip_top_bottom(Flip):
    """An image upside down: output[y] = data[H - 1 - y].

    data, output: (H, W, C)

    The gradient is the head as it is, not turned back, as in MXNet.

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_flip_top_bottom",)

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0][::-1], out_data[0])


class _image_adjust_lighting(Image):
    """The light of a colour image changed along the main directions of ImageNet's colours (Krizhevsky et al., 2012):

    output[y, x, c] = data[y, x, c] + sum over k of direction[c, k] size[k] alpha[k]

    data, output: (H, W, 3); an image of one channel stays as it is. uint8 is cut off at 0 and 255.

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_adjust_lighting",)

    alpha: tuple[float, ...] = param(doc="three numbers, how far to go along each direction")

    def __post_init__(self):
        if len(self.alpha) != 3:
            raise ParamError(f"{self.name}: alpha={to_text(self.alpha)} has {len(self.alpha)} numbers; needs 3")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        check_image(data, (3,))
        if data and data[2] not in (0, 1, 3):
            raise ShapeError(f"data has {data[2]} channels; needs 1 or 3")
        return super().infer_shape(in_shape, out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        if data.shape[2] == 1:
            return kernels.move.copy(data, out)
        made = out if out.dtype.kind == "f" else ctx.scratch(out.shape, "float32")
        for c, row in enumerate(DIRECTIONS):
            step = sum(part * size * alpha for part, size, alpha in zip(row, SIZES, self.alpha, strict=True))
            kernels.elemwise.add(data[:, :, c], step, made[:, :, c])
        if made is not out:
            to_bytes(made, out)


def to_bytes(made, out):
    """Write numbers into uint8, cut off at 0 and 255."""
    kernels.elemwise.clip(flat(made), 0, 255, flat(made))
    kernels.move.cast(made, out)


class _image_resize(Op):
    """An image brought to another size, as OpenCV does it.

    data    (H, W, C), (N, H, W, C)    float32, float64 or uint8
    output  (H', W', C), (N, H', W', C)

    Pixel i of n out of size pixels lies at (i + 1/2) size / n - 1/2. Pixels outside of the image are those at
    its edge. Results for uint8 are rounded; OpenCV's arithmetic of 11 bits may differ by 1.

    Source: src/operator/image/resize.cc.
    """

    aliases = ("_npx__image_resize",)
    gradient = "none"

    size: tuple[int, ...] = param(ge=1, doc="(width, height), or one number for both")
    keep_ratio: bool = param(False, doc="with one number: make it the size of the shorter side, and keep the ratio")
    interp: int = param(1, choices=(0, 1, 2, 3, 4), doc="0: the nearest pixel; 1: linear, from 2 x 2 pixels; 2: cubic, "
                        "from 4 x 4; 3: the mean of the area; 4: Lanczos, from 8 x 8")  # fmt: skip

    def __post_init__(self):
        if len(self.size) not in (1, 2):
            raise ParamError(f"{self.name}: size={to_text(self.size)}; needs (width, height) or one number")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        check_image(data)
        if not data:
            return in_shape, out_shape
        h, w = data[-3:-1]
        side = self.size[0]
        if len(self.size) == 2:
            sizes = (self.size[1], side)
        elif not self.keep_ratio:
            sizes = (side, side)
        elif h and w:
            sizes = (h * side // w, side) if h > w else (side, w * side // h)
        else:
            sizes = (0, 0)
        return in_shape, [(*data[:-3], *sizes, data[-1])]

    def infer_type(self, in_type, out_type):
        data = in_type[0]
        if data is not None and not (is_float(data) and data != "float16") and data != "uint8":
            raise DTypeError(f"data is {data}; needs float32, float64 or uint8: put Cast before it")
        return super().infer_type(in_type, out_type)

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        (h, w, c), (rows, columns) = data.shape[-3:], out.shape[-3:-1]
        interp = 5 if self.interp == 3 and (rows > h or columns > w) else self.interp
        floating = "float32" if out.dtype.kind == "u" else out.dtype
        wide = ctx.scratch((data.size // (w * c), columns, c), floating)
        kernels.image.resample(data.reshape(-1, w, c), interp, wide)
        made = out if floating == out.dtype else ctx.scratch(out.shape, floating)
        kernels.image.resample(wide.reshape(-1, h, columns * c), interp, made.reshape(-1, rows, columns * c))
        if made is not out:
            kernels.elemwise.round_away(flat(made), flat(made))
            to_bytes(made, out)
