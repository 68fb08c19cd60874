"""Images made larger or smaller, cut out, or folded into their channels and columns."""

import struct

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.conv import Window, spatial
from symcli.ops.floating import Floating
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import merge, prod, text, window


def check_images(name, shape):
    """Raise ``ShapeError`` for an input of a known rank other than 4."""
    if shape and len(shape) != 4:
        raise ShapeError(f"{name} has {len(shape)} axes {text(shape)}; needs 4: batch, channels, height, width")


def stacked(array):
    """View images (n, c, h, w) as (n * c, h, w)."""
    return array.reshape(-1, *array.shape[2:])


class Resizing(Floating, abstract=True):
    """Every channel of every image by itself: ``resize(images, made)`` and ``resize_grad(heads, grads)``."""

    backward_uses = ()

    def infer_shape(self, in_shape, out_shape):
        for name, shape in zip(self.list_arguments(), in_shape, strict=True):
            check_images(name, shape)
        if None in in_shape:
            return in_shape, out_shape
        return in_shape, [(*in_shape[0][:2], *self.sizes(*(shape[2:] for shape in in_shape)))]

    def forward(self, ctx, in_data, out_data, aux):
        self.resize(stacked(in_data[0]), stacked(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            self.resize_grad(stacked(out_grad[0]), stacked(in_grad[0]))
        for grad in in_grad[1:]:  # of an input that lends its shape only
            if grad is not None:
                kernels.move.fill(0, grad)


class _contrib_BilinearResize2D(Resizing):
    """Images brought to another size, interpolated between the four pixels around.

    data    (N, C, H, W)
    like    (..., ..., H', W')  with mode=like only: its size is taken, its gradient is 0
    output  (N, C, H', W')      by mode, H' is
            size          height, or floor(scale_height H) if that is given
            odd_scale     floor(scale_height H) for even H, floor(scale_height (H - 1)) + 1 for odd H
            like          that of like
            to_even_down, to_even_up, to_odd_down, to_odd_up
                          the next even or odd number down or up, H itself included

    Row i is at (H - 1) / (H' - 1) i of data; without align_corners at H / H' (i + 1/2) - 1/2, but not below 0.
    One single row is at 0.

    Source: src/operator/contrib/bilinear_resize.cc.
    """

    arguments = ("data", "like")

    height: int = param(1, ge=1, doc="height of the output; with mode=size")
    width: int = param(1, ge=1, doc="width of the output; with mode=size")
    scale_height: float | None = param(None, doc="how many times higher; with mode=size or odd_scale")
    scale_width: float | None = param(None, doc="how many times wider; given together with scale_height")
    mode: str = param("size", choices=("like", "odd_scale", "size", "to_even_down", "to_even_up", "to_odd_down",
                                       "to_odd_up"), doc="how the size of the output is found")  # fmt: skip
    align_corners: bool = param(True, doc="keep the middles of the corner pixels in place, not the corners themselves")

    def __post_init__(self):
        scaled = self.scale_height is not None or self.mode == "odd_scale"
        if scaled and (self.scale_width is None or self.scale_height is None):
            raise ParamError(f"{self.name}: mode={self.mode} with scale_height={self.scale_height}, "
                             f"scale_width={self.scale_width}; needs both of them")  # fmt: skip

    def list_arguments(self):
        return ["data", "like"][: 2 if self.mode == "like" else 1]

    def sizes(self, image, like=None):
        if like is not None:
            return like
        found = []
        for size, given, scale in zip(image, (self.height, self.width), (self.scale_height, self.scale_width),
                                      strict=True):  # fmt: skip
            if self.mode == "size" and self.scale_height is None:
                found.append(given)
            elif not size:
                found.append(0)
            elif self.mode in ("size", "odd_scale"):
                odd = size % 2 if self.mode == "odd_scale" else 0
                found.append(int(float32(float32(scale) * (size - odd))) + odd)
            else:
                parity, way = self.mode.split("_")[1:]
                step = (size % 2) != (parity == "odd")
                found.append(size + (step if way == "up" else -step))
            if size and found[-1] < 1:
                raise ShapeError(f"an image of {text(image)} is left with nothing by mode={self.mode}; "
                                 "needs a larger scale or image")  # fmt: skip
        return tuple(found)

    def resize(self, images, made):
        kernels.resize.bilinear(images, self.align_corners, made)

    def resize_grad(self, heads, grads):
        kernels.resize.bilinear_grad(heads, self.align_corners, grads)


def float32(number):
    """Return a number rounded to float32, in which MXNet scales sizes."""
    return struct.unpack("f", struct.pack("f", number))[0]


class _contrib_AdaptiveAvgPooling2D(Resizing):
    """The means of H' x W' windows that cover an image evenly: rows floor(i H / H') to ceil((i + 1) H / H') - 1.

    data    (N, C, H, W)
    output  (N, C, H', W')

    Source: src/operator/contrib/adaptive_avg_pooling.cc.
    """

    output_size: tuple[int, ...] = param((), ge=1, doc="(height, width) of the output, or one number for both; "
                                         "1 if not given")  # fmt: skip

    def __post_init__(self):
        if len(self.output_size) > 2:
            raise ParamError(f"{self.name}: output_size={to_text(self.output_size)}; needs one number or two")

    def sizes(self, image):
        return (self.output_size * 2)[:2] or (1, 1)

    def resize(self, images, made):
        kernels.resize.adaptive_mean(images, made)

    def resize_grad(self, heads, grads):
        kernels.resize.adaptive_mean_grad(heads, grads)


class Crop(Floating):
    """A part of an image.

    arg0    (N, C, H, W)
    arg1    (..., ..., H', W')  with num_args=2: its size is taken, its gradient is 0
    output  (N, C, H', W')      from arg1, or h_w

    Source: src/operator/crop.cc.
    """

    variadic = "num_args"
    backward_uses = ()

    num_args: int = param(ge=1, le=2, doc="1: the size is h_w; 2: it is that of the second input")
    offset: tuple[int, ...] = param((0, 0), ge=0, doc="(y, x) of the part's first element")
    h_w: tuple[int, ...] = param((0, 0), ge=0, doc="(height, width) of the part, with num_args=1")
    center_crop: bool = param(False, doc="take the part from the middle, whatever offset says")

    def __post_init__(self):
        for key in ("offset", "h_w"):
            if len(getattr(self, key)) != 2:
                raise ParamError(f"{self.name}: {key}={to_text(getattr(self, key))}; needs two numbers")
        if self.num_args == 1 and 0 in self.h_w:
            raise ParamError(f"{self.name}: h_w={to_text(self.h_w)} with one input; needs (height, width), "
                             "or a second input of that size")  # fmt: skip

    def infer_shape(self, in_shape, out_shape):
        for name, shape in zip(self.list_arguments(), in_shape, strict=True):
            check_images(name, shape)
        if None in in_shape:
            return in_shape, out_shape
        data, size = in_shape[0], in_shape[1][2:] if len(in_shape) > 1 else self.h_w
        for axis, (whole, part) in enumerate(zip(data[2:], size, strict=True)):
            first = 0 if self.center_crop else self.offset[axis]
            if whole and first + part > whole:
                raise ShapeError(f"a part of {text(size)} from offset {to_text(self.offset)} is not inside an image of "
                                 f"{text(data[2:])}; needs a smaller part or offset")  # fmt: skip
        return in_shape, [(*data[:2], *size)]

    def part(self, image, shape):
        (h, w), (rows, columns) = shape[2:], image.shape[2:]
        y, x = ((rows - h) // 2, (columns - w) // 2) if self.center_crop else self.offset
        return image[:, :, y : y + h, x : x + w]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(self.part(in_data[0], out_data[0].shape), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for i, grad in enumerate(in_grad):
            if grad is not None:
                kernels.move.fill(0, grad)
                if i == 0:
                    kernels.move.copy(out_grad[0], self.part(grad, out_grad[0].shape))


class Columns(Window, abstract=True):
    """Images (N, C, image axes) and the columns of their windows (N, C product(kernel), windows)."""

    backward_uses = ()
    layout = None

    def numbers(self):
        padded = [(1, 1, 1, 0)] * (3 - len(self.kernel)) + self.windows()
        return [number for numbers in zip(*padded, strict=True) for number in numbers]

    def counts(self, image):
        return [window(size, k, s, d, p) for size, (k, s, d, p) in zip(image, self.windows(), strict=True)]

    def pairs(self, images, columns):
        # image by image, as the kernels see them
        counts = self.counts(images.shape[2:])
        for i in range(len(images)):
            yield spatial(images[i : i + 1]), columns[i].reshape(-1, 1, *(1,) * (3 - len(counts)), *counts)

    def to_columns(self, images, columns):
        for image, column in self.pairs(images, columns):
            kernels.conv.im2col(image, *self.numbers(), column)

    def to_images(self, columns, images):
        for image, column in self.pairs(images, columns):
            kernels.conv.col2im(column, *self.numbers(), image)


class im2col(Columns):
    """The windows that a convolution sees, each laid out as a column; elements outside of the image are 0.

    data    (N, C, H, W)                    (N, C, W) or (N, C, D, H, W) with 1 or 3 kernel sizes
    output  (N, C product(kernel), H' W')   H' = floor((H + 2 pad - dilate (k - 1) - 1) / stride) + 1

    MXNet computes two image axes only.

    Source: src/operator/nn/im2col.cc.
    """

    kernel: tuple[int, ...] = param(ge=1, doc="window size: (w), (h, w) or (d, h, w)")
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows; 1 if not given")
    dilate: tuple[int, ...] = param((), ge=1, doc="steps between the elements of a window; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="zeros put around the image on both sides; 0 if not given")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        self.check_rank(len(data), len(self.kernel) + 2)
        return [data], [(data[0], data[1] * prod(self.kernel), prod(self.counts(data[2:])))]

    def forward(self, ctx, in_data, out_data, aux):
        self.to_columns(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.to_images(out_grad[0], in_grad[0])


class col2im(Columns):
    """Columns put back to where im2col took them from; elements that lie in several windows are added up.

    data    (N, C product(kernel), H' W')   H' = floor((H + 2 pad - dilate (k - 1) - 1) / stride) + 1
    output  (N, C, H, W)                    H and W from output_size; so for 1 or 3 kernel sizes

    MXNet computes two image axes only.

    Source: src/operator/nn/im2col.cc.
    """

    output_size: tuple[int, ...] = param(ge=1, doc="size of the image: (w), (h, w) or (d, h, w)")
    kernel: tuple[int, ...] = param(ge=1, doc="window size: (w), (h, w) or (d, h, w)")
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows; 1 if not given")
    dilate: tuple[int, ...] = param((), ge=1, doc="steps between the elements of a window; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="zeros around the image on both sides; 0 if not given")

    def __post_init__(self):
        super().__post_init__()
        if len(self.output_size) != len(self.kernel):
            raise ParamError(f"{self.name}: output_size={to_text(self.output_size)} has {len(self.output_size)} "
                             f"numbers; kernel={to_text(self.kernel)} needs {len(self.kernel)}")  # fmt: skip

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) != 3:
            raise ShapeError(f"data has {len(data)} axes; needs 3: batch, columns, windows")
        if data[1] % prod(self.kernel):
            raise ShapeError(f"data has columns of {data[1]}; needs a multiple of the {prod(self.kernel)} elements "
                             f"of kernel={to_text(self.kernel)}")  # fmt: skip
        data = (*data[:2], merge(data[2:], (prod(self.counts(self.output_size)),))[0])
        return [data], [(data[0], data[1] // prod(self.kernel), *self.output_size)]

    def forward(self, ctx, in_data, out_data, aux):
        self.to_images(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.to_columns(out_grad[0], in_grad[0])


class Blocks(Op, abstract=True):
    """Channels and squares of pixels exchanged: views of both in the same order, copied."""

    backward_uses = ()

    block_size: int = param(ge=1, doc="the side of the squares")

    def infer_shape(self, in_shape, out_shape):
        check_images("data", in_shape[0])
        return in_shape, out_shape if not in_shape[0] else [self.folded(in_shape[0])]

    def deep(self, array):
        # (n, b b c, h, w) as (n, c, h, b, w, b)
        n, c, h, w = array.shape
        b = self.block_size
        return array.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)

    def wide(self, array):
        # (n, c, h b, w b) as (n, c, h, b, w, b)
        n, c, h, w = array.shape
        b = self.block_size
        return array.reshape(n, c, h // b, b, w // b, b)


class depth_to_space(Blocks):
    """Channels laid out as squares: output[n, c, b y + i, b x + j] = data[n, (b i + j) C / b² + c, y, x], b block_size.

    data    (N, C, H, W)        b² divides C
    output  (N, C / b², b H, b W)

    Source: src/operator/tensor/matrix_op.cc.
    """

    def folded(self, data):
        (n, c, h, w), b = data, self.block_size
        if c % (b * b):
            raise ShapeError(f"data has {c} channels; needs a multiple of block_size²: {b * b}")
        return n, c // (b * b), h * b, w * b

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(self.deep(in_data[0]), self.wide(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.copy(self.wide(out_grad[0]), self.deep(in_grad[0]))


class space_to_depth(Blocks):
    """Squares laid out as channels, the reverse of depth_to_space:
    output[n, (b i + j) C + c, y, x] = data[n, c, b y + i, b x + j], b block_size.

    data    (N, C, H, W)          b divides H and W
    output  (N, b² C, H / b, W / b)

    Source: src/operator/tensor/matrix_op.cc.
    """

    def folded(self, data):
        (n, c, h, w), b = data, self.block_size
        if h % b or w % b:
            raise ShapeError(f"data has images of {text((h, w))}; block_size={b} must divide both sizes")
        return n, c * b * b, h // b, w // b

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(self.wide(in_data[0]), self.deep(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.copy(self.deep(out_grad[0]), self.wide(in_grad[0]))
