"""What ``ImageRecordIter`` does to each image (``src/io/image_aug_default.cc`` and ``iter_normalize.h``)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli.data.transforms import GREY, LARGEST, Draws, resized
from symcli.errors import DataError
from symcli.params import FilePath, Parameters, param

__all__ = ["Augmentation", "Normalization", "in_lightness"]

Array = np.ndarray

# How colours of ImageNet's pictures vary together, in the scale of 0 to 255 (Krizhevsky et al., 2012).
_VARIATION = np.array([55.46, 4.794, 1.148]) * np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)


class Augmentation(Parameters):
    """An image (H, W, C), uint8, brought to the size of the data, with random changes before and after."""

    resize: int = param(-1, le=LARGEST, doc="bring the shorter side to this length first; -1 does not")
    rand_crop: bool = param(False, doc="cut a random part; else the middle")
    random_resized_crop: bool = param(False, doc="cut a part of random area and proportions, and resize it")
    max_rotate_angle: int = param(0, ge=0, le=360, doc="turn by a random whole number of degrees up to this")
    max_aspect_ratio: float = param(0.0, doc="change width over height by a random factor up to this, or by up to this "
                                    "share without min_aspect_ratio")  # fmt: skip
    min_aspect_ratio: float | None = param(None, doc="the smallest factor of width over height")
    max_shear_ratio: float = param(0.0, doc="shear by a random share up to this")
    max_crop_size: int = param(-1, doc="cut a square of random size up to this, and resize it; -1 does not")
    min_crop_size: int = param(-1, doc="the smallest such square")
    max_random_scale: float = param(1.0, doc="resize by a random factor up to this")
    min_random_scale: float = param(1.0, doc="the smallest such factor")
    max_random_area: float = param(1.0, gt=0, doc="the largest share of the image that random_resized_crop cuts")
    min_random_area: float = param(1.0, gt=0, doc="the smallest share")
    max_img_size: float = param(1e10, doc="the largest width and height after turning and scaling")
    min_img_size: float = param(0.0, doc="the smallest width and height after turning and scaling")
    brightness: float = param(0.0, ge=0, doc="how far the brightness varies")
    contrast: float = param(0.0, ge=0, doc="how far the contrast varies")
    saturation: float = param(0.0, ge=0, doc="how far the saturation varies")
    pca_noise: float = param(0.0, ge=0, doc="the deviation of noise along the directions in which colours vary")
    random_h: int = param(0, ge=0, doc="how far the hue varies, of 180")
    random_s: int = param(0, ge=0, doc="how far the saturation varies, of 255")
    random_l: int = param(0, ge=0, doc="how far the lightness varies, of 255")
    rotate: int = param(-1, doc="turn by this angle in degrees; -1 does not")
    fill_value: int = param(255, ge=0, le=255, doc="the value of pixels that were not there")
    inter_method: int = param(1, choices=(0, 1, 2, 3, 4, 9, 10), doc="how sizes are changed: 0 the nearest pixel, 1 "
                              "linear, 2 cubic, 3 area, 4 Lanczos, 9 by the sizes, 10 at random")  # fmt: skip
    pad: int = param(0, ge=0, le=LARGEST, doc="how many pixels are put around the image before it is cut")

    def __call__(self, image: Array, shape: Sequence[int], draw: Draws) -> Array:
        """Return an image of a shape (channels, height, width), still with the channels last."""
        height, width = shape[1:]
        if self.resize > 0:
            rows, columns = image.shape[:2]
            size = (self.resize, self.resize * rows // columns) if rows > columns else (
                self.resize * columns // rows, self.resize)  # fmt: skip
            image = self._resized(image, size, draw)
        if self._warps:
            image = self._warped(image, draw)
        if self.pad:
            around = (self.pad, self.pad)
            image = np.pad(image, (around, around, (0, 0)), constant_values=self.fill_value)
        if self.random_resized_crop:
            image = self._resized(self._random_part(image, draw), (width, height), draw)
        elif max(self.max_crop_size, self.min_crop_size) > 0:
            side = int(draw.integers(max(self.min_crop_size, 1), self.max_crop_size + 1))
            image = self._resized(self._part(image, side, side, draw), (width, height), draw)
        else:
            image = self._part(self._large_enough(image, height, width, draw), height, width, draw)
        return self._coloured(image, draw)

    def _resized(self, image: Array, size: tuple[int, int], draw: Draws) -> Array:
        interp = self.inter_method
        if interp == 9:
            larger = [new > old for new, old in zip(size, image.shape[1::-1], strict=True)]
            smaller = [new < old for new, old in zip(size, image.shape[1::-1], strict=True)]
            interp = 2 if all(larger) else 3 if all(smaller) else 1
        return resized(image, size, int(draw.integers(0, 5)) if interp == 10 else interp)

    def _large_enough(self, image: Array, height: int, width: int, draw: Draws) -> Array:
        rows, columns = image.shape[:2]
        if rows < height:
            image = self._resized(image, (int(height / rows * columns), height), draw)
        rows, columns = image.shape[:2]
        return self._resized(image, (width, int(width / columns * rows)), draw) if columns < width else image

    def _part(self, image: Array, height: int, width: int, draw: Draws) -> Array:
        rows, columns = image.shape[0] - height, image.shape[1] - width
        if rows < 0 or columns < 0:
            raise DataError(f"the image is {image.shape[1]} x {image.shape[0]}, smaller than the part {width} x "
                            f"{height} that is cut out; resize it first, or cut less")  # fmt: skip
        top, left = (int(draw.integers(0, rows + 1)), int(draw.integers(0, columns + 1))) if self.rand_crop else (
            rows // 2, columns // 2)  # fmt: skip
        return image[top : top + height, left : left + width]

    def _random_part(self, image: Array, draw: Draws) -> Array:
        rows, columns = image.shape[:2]
        least, most = self._aspects()
        for _ in range(10):
            area = draw.uniform(self.min_random_area, self.max_random_area) * rows * columns
            ratio = np.exp(draw.uniform(np.log(least), np.log(most)))
            width, height = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
            if 0 < width <= columns and 0 < height <= rows:
                top, left = int(draw.integers(0, rows - height + 1)), int(draw.integers(0, columns - width + 1))
                return image[top : top + height, left : left + width]
        side = min(rows, columns)
        top, left = (rows - side) // 2, (columns - side) // 2
        return image[top : top + side, left : left + side]

    def _aspects(self) -> tuple[float, float]:
        if self.min_aspect_ratio is not None:
            return self.min_aspect_ratio, self.max_aspect_ratio
        return max(1 - self.max_aspect_ratio, 1e-3), 1 + self.max_aspect_ratio

    # ---- turning, shearing, scaling

    @property
    def _warps(self) -> bool:
        aspect = not self.random_resized_crop and (self.min_aspect_ratio is not None or self.max_aspect_ratio)
        return bool(self.max_rotate_angle or self.max_shear_ratio or self.rotate > 0 or aspect
                    or (self.min_random_scale, self.max_random_scale) != (1, 1)
                    or (self.min_img_size, self.max_img_size) != (0, 1e10))  # fmt: skip

    def _warped(self, image: Array, draw: Draws) -> Array:
        from PIL import Image

        shear = draw.uniform(-self.max_shear_ratio, self.max_shear_ratio)
        angle = int(draw.integers(-self.max_rotate_angle, self.max_rotate_angle + 1))
        angle = np.deg2rad(self.rotate if self.rotate > 0 else angle)
        scale = draw.uniform(self.min_random_scale, self.max_random_scale)
        ratio = 1.0 if self.random_resized_crop else draw.uniform(*self._aspects())
        across = 2 * scale / (1 + ratio)
        along = ratio * across
        cos, sin = np.cos(angle), np.sin(angle)
        matrix = np.array([[across * cos - shear * sin * along, across * sin + shear * cos * along],
                           [-sin * along, cos * along]])  # fmt: skip
        old = np.array(image.shape[1::-1])
        new = np.clip(scale * old, self.min_img_size, self.max_img_size).astype(int)
        shift = (np.clip(scale * old, self.min_img_size, self.max_img_size) - matrix @ old) / 2
        back = np.linalg.inv(matrix)
        # OpenCV counts places from the middle of the first pixel, Pillow from its corner; the border of one pixel lets
        # the edge be blended as OpenCV does.
        origin = back @ (-shift - 0.5) + 0.5 + 1
        numbers = (back[0, 0], back[0, 1], origin[0], back[1, 0], back[1, 1], origin[1])
        border = np.pad(image, ((1, 1), (1, 1), (0, 0)), constant_values=self.fill_value)
        ways = Image.Resampling
        way = {0: ways.NEAREST, 2: ways.BICUBIC, 4: ways.BICUBIC}.get(self.inter_method, ways.BILINEAR)
        planes = [
            Image.fromarray(border[:, :, i]).transform((new[0], new[1]), Image.Transform.AFFINE, numbers, way,
                                                       fillcolor=self.fill_value)
            for i in range(image.shape[2])
        ]  # fmt: skip
        return np.stack([np.asarray(one) for one in planes], 2)

    # ---- colours

    def _coloured(self, image: Array, draw: Draws) -> Array:
        if image.shape[2] != 3:
            return image
        if self.random_h or self.random_s or self.random_l:
            image = in_lightness(image, [int(draw.integers(-width, width + 1))
                                          for width in (self.random_h, self.random_l, self.random_s)])  # fmt: skip
        if not (self.brightness or self.contrast or self.saturation or self.pca_noise):
            return image
        values = image.astype(np.float32)
        for kind in draw.permutation(3):
            factor = np.float32(1 + draw.uniform(-1, 1) * (self.brightness, self.contrast, self.saturation)[kind])
            grey: Any = np.float32(0)
            if kind == 1:
                grey = np.float32((values @ GREY).mean())
            elif kind == 2:
                grey = (values @ GREY)[:, :, None]
            values = np.clip(values * factor + grey * (1 - factor), 0, 255)
        if self.pca_noise:
            values = values + (_VARIATION @ draw.normal(0, self.pca_noise, 3)).astype(np.float32)
        return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def in_lightness(image: Array, added: Sequence[int]) -> Array:
    """Return an image with numbers added to hue (of 180), lightness and saturation (of 255)."""
    values = image / np.float32(255)
    most, least = values.max(2), values.min(2)
    width, total = most - least, most + least
    safe = np.where(width > 0, width, 1)
    r, g, b = np.moveaxis(values, 2, 0)
    hue = np.select([most == r, most == g], [(g - b) / safe, 2 + (b - r) / safe], 4 + (r - g) / safe) / 6 % 1
    saturation = width / np.maximum(np.where(total < 1, total, 2 - total), 1e-6)
    hue = np.clip(hue * 180 + added[0], 0, 180) / 180
    lightness = np.clip(total / 2 * 255 + added[1], 0, 255) / 255
    saturation = np.clip(saturation * 255 + added[2], 0, 255) / 255
    amplitude = saturation * np.minimum(lightness, 1 - lightness)
    steps = [(n + hue * 12) % 12 for n in (0, 8, 4)]
    made = [lightness - amplitude * np.clip(np.minimum(k - 3, 9 - k), -1, 1) for k in steps]
    return np.rint(np.stack(made, 2) * 255).astype(np.uint8)


class Normalization(Parameters):
    """(data - mean) / std * scale, mirrored if asked; data (C, H, W) in floats."""

    mirror: bool = param(False, doc="mirror every image left to right")
    rand_mirror: bool = param(False, doc="mirror half of the images")
    mean_img: FilePath = param(FilePath(""), doc="a .params file with an array mean_img (C, H, W), subtracted first")
    mean_r: float = param(0.0, doc="the mean of red, or of grey")
    mean_g: float = param(0.0, doc="the mean of green")
    mean_b: float = param(0.0, doc="the mean of blue")
    mean_a: float = param(0.0, doc="the mean of transparency")
    std_r: float = param(1.0, gt=0, doc="the deviation of red, or of grey")
    std_g: float = param(1.0, gt=0, doc="the deviation of green")
    std_b: float = param(1.0, gt=0, doc="the deviation of blue")
    std_a: float = param(1.0, gt=0, doc="the deviation of transparency")
    scale: float = param(1.0, doc="a factor of everything")
    max_random_contrast: float = param(0.0, ge=0, doc="how far a factor of the data varies around 1")
    max_random_illumination: float = param(0.0, ge=0, doc="how far a number that is added varies around 0")

    def drawn(self, draw: Draws) -> tuple[bool, float, float]:
        """Return whether an image is mirrored, its contrast, and its illumination."""
        flip = self.mirror or (self.rand_mirror and draw.random() < 0.5)
        contrast = 1 + draw.uniform(-1, 1) * self.max_random_contrast if self.max_random_contrast else 1.0
        more = draw.uniform(-1, 1) * self.max_random_illumination if self.max_random_illumination else 0.0
        return bool(flip), contrast, more

    def over(self, data: Array, changes: Sequence[tuple[bool, float, float]], mean_img: Array | None = None) -> None:
        """Normalise images (N, C, H, W) in place, which are mirrored already, each by its changes.

        Whole numbers stay as they are, as in MXNet.
        """
        if data.dtype.kind != "f":
            return
        mean, std = (np.array(numbers[: data.shape[1]], data.dtype).reshape(-1, 1, 1) for numbers in (
            (self.mean_r, self.mean_g, self.mean_b, self.mean_a), (self.std_r, self.std_g, self.std_b, self.std_a)
        ))  # fmt: skip
        if mean_img is not None:
            flips = [flip for flip, _, _ in changes]
            data -= np.stack([mean_img[:, :, ::-1] if flip else mean_img for flip in flips])
        elif mean.any():
            data -= mean
        for column, function, idle in ((1, np.multiply, 1.0), (2, np.add, 0.0)):
            factors = np.array([change[column] for change in changes], data.dtype)
            if (factors != idle).any():
                function(data, factors.reshape(-1, 1, 1, 1), out=data)
        if self.scale != 1:
            data *= data.dtype.type(self.scale)
        if (std != 1).any():
            data /= std
