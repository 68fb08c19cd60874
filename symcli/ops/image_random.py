"""Random changes of an image (height, width, channels): turned, darker, paler, of other colours.

The random numbers are a hash of the executor's random key and the node. The gradients that MXNet declares for
these are copies of the heads; so they are here. uint8 is cut off at 0 and 255 after each change.
"""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.image import DIRECTIONS, SIZES, Image, check_image, to_bytes
from symcli.params import param

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


class RandomImage(Image, abstract=True):
    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        check_image(data, (3,))
        if data and data[2] not in (0, 1, 3):
            raise ShapeError(f"data has {data[2]} channels; needs 1 or 3")
        return super().infer_shape(in_shape, out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        made = out if out.dtype.kind == "f" else ctx.scratch(out.shape, "float32")
        kernels.move.copy(data, made)
        self.change(ctx, made.reshape(-1, made.shape[2]), made is not out)
        if made is not out:
            to_bytes(made, out)


def numbers(ctx, values, dtype="float64"):
    """Constants as an array that kernels can read."""
    array = ctx.scratch((len(values),), dtype)
    for i, value in enumerate(values):
        kernels.move.fill(value, array[i : i + 1])
    return array


class Adjusted(RandomImage, abstract=True):
    """``changes()`` lists (kind, least amount, largest amount) of each change."""

    def change(self, ctx, y, whole):
        changes = self.changes()
        if changes:
            kinds, low, high = zip(*changes, strict=True)
            constants = numbers(ctx, kinds, "int64"), numbers(ctx, low), numbers(ctx, high)
            kernels.colour.adjust(ctx.key, ctx.node, *constants, len(changes) > 1, whole, y)


class OneChange(Adjusted, abstract=True):
    kind = BRIGHTNESS

    min_factor: float = param(ge=0, doc="the lower bound of the factor")
    max_factor: float = param(ge=0, doc="the upper bound of the factor, which is not reached")

    def __post_init__(self):
        if self.min_factor > self.max_factor:
            raise ParamError(f"{self.name}: min_factor={self.min_factor:g} is above max_factor={self.max_factor:g}")

    def changes(self):
        return [(self.kind, self.min_factor, self.max_factor)]


class _image_random_brightness(OneChange):
    """An image times a random factor, uniform in [min_factor, max_factor).

    data, output: (H, W, C), C 1 or 3

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_brightness",)


class _image_random_contrast(OneChange):
    """An image's distance from its mean grey times a random factor, uniform in [min_factor, max_factor).

    data, output: (H, W, C), C 1 or 3; grey is 0.299 red + 0.587 green + 0.114 blue

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_contrast",)
    kind = CONTRAST


class _image_random_saturation(OneChange):
    """Each pixel's distance from a grey times a random factor, uniform in [min_factor, max_factor).

    data, output: (H, W, C); C 1 stays as it is

    The grey is 0.114 blue, as in MXNet 1.9.1, which overwrites the parts of red and green.

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_saturation",)
    kind = SATURATION


class _image_random_hue(OneChange):
    """Colours turned by a random part of the colour circle, uniform in [min_factor, max_factor).

    data, output: (H, W, C), 0 to 255; C 1 stays as it is

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_hue",)
    kind = HUE


class _image_random_color_jitter(Adjusted):
    """Brightness, contrast, saturation and hue changed by random amounts, in random order.

    data, output: (H, W, C), 0 to 255, C 1 or 3

    The factors are uniform in [max(0, 1 - x), 1 + x), the part of the colour circle in [-hue, hue); 0 leaves one out.

    Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_color_jitter",)

    brightness: float = param(ge=0, doc="how far the factor of brightness is from 1 at most")
    contrast: float = param(ge=0, doc="how far the factor of contrast is from 1 at most")
    saturation: float = param(ge=0, doc="how far the factor of saturation is from 1 at most")
    hue: float = param(ge=0, doc="the largest part of the colour circle")

    def changes(self):
        factors = ((BRIGHTNESS, self.brightness), (CONTRAST, self.contrast), (SATURATION, self.saturation))
        found = [(kind, max(0, 1 - x), 1 + x) for kind, x in factors if x > 0]
        return found + ([(HUE, -self.hue, self.hue)] if self.hue > 0 else [])


class _image_random_lighting(RandomImage):
    """The light of a colour image changed by random amounts along the main directions of ImageNet's colours.

    data, output: (H, W, C); C 1 stays as it is. The amounts are those of _image_adjust_lighting, normally distributed.

    Krizhevsky et al., 2012. Source: src/operator/image/image_random-inl.h.
    """

    aliases = ("_npx__image_random_lighting",)

    alpha_std: float = param(0.05, ge=0, doc="the standard deviation of the amounts")

    def change(self, ctx, y, whole):
        if y.shape[1] == 3:
            directions = numbers(ctx, [number for row in DIRECTIONS for number in row]).reshape(3, 3)
            kernels.colour.light(ctx.key, ctx.node, self.alpha_std, directions, numbers(ctx, SIZES), y)


class RandomFlip(Image, abstract=True):
    turned: ClassVar[tuple[slice, ...]] = (slice(None), slice(None, None, -1))

    def infer_shape(self, in_shape, out_shape):
        check_image(in_shape[0], (3,))
        return super().infer_shape(in_shape, out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        data = in_data[0]
        kernels.colour.either(ctx.key, ctx.node, data, data[self.turned], out_data[0])


class _image_random_flip_left_right(RandomFlip):
    """An image as it is or as in a mirror, each with probability 1/2.

    data, output: (H, W, C)

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_random_flip_left_right",)


class _image_random_flip_top_bottom(RandomFlip):
    """An image as it is or upside down, each with probability 1/2.

    data, output: (H, W, C)

    Source: src/operator/image/image_random.cc.
    """

    aliases = ("_npx__image_random_flip_top_bottom",)
    turned = (slice(None, None, -1),)
