"""Reading, resizing and cutting images (``python/mxnet/image/image.py``).

An image is an NDArray (height, width, channels), red first, uint8 as it is read. Sizes are (width, height). Random
choices are drawn from Python's ``random`` and ``numpy.random``, as in MXNet, since programs seed those.
"""

import os
import random
import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.images import decoded
from symcli.errors import DataError, ParamError
from symcli.ndarray import NDArray

__all__ = [
    "center_crop", "color_normalize", "copyMakeBorder", "fixed_crop", "imdecode", "imread", "imresize", "imrotate",
    "interpolation", "random_crop", "random_rotate", "random_size_crop", "resize_short", "scale_down",
]  # fmt: skip

Size = tuple[int, int]
Box = tuple[int, int, int, int]

_BORDERS = ("constant", "edge", "symmetric", "wrap", "reflect")  # by OpenCV's numbers, under NumPy's names


def imdecode(buf: Any, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """Return the image of an image file's bytes.

    Parameters
    ----------
    buf : bytes, or an array of them.
    flag : 1 for colour (H, W, 3), 0 for grey (H, W, 1).
    to_rgb : red first; else blue first, as OpenCV has it.
    out : takes the image.

    Raises
    ------
    ValueError
        If ``buf`` is a text.
    DataError
        If the bytes are no image that can be read.
    """
    return _image(_bytes(buf), "imdecode", flag, to_rgb, out)


def imread(filename: str | os.PathLike[str], flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """Return the image of a file; see ``imdecode``."""
    path = os.fspath(filename)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", path) from None
    return _image(data, path, flag, to_rgb, out)


def _bytes(buf: Any) -> bytes:
    if isinstance(buf, NDArray):
        buf = buf.asnumpy()
    if not isinstance(buf, bytes | bytearray | memoryview | np.ndarray):
        raise ValueError(
            f"imdecode: buf is a {type(buf).__name__}; needs the bytes of an image file: open it with 'rb'"
        )
    return buf.astype(np.uint8, copy=False).tobytes() if isinstance(buf, np.ndarray) else bytes(buf)


def _image(data: bytes, what: str, flag: int, to_rgb: bool, out: NDArray | None) -> NDArray:
    if flag not in (0, 1):
        raise ParamError(f"{what}: flag={flag!r}; needs 1 for colour or 0 for grey")
    pixels = decoded(data, what, "RGB" if flag else "L")
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    elif not to_rgb:
        pixels = pixels[:, :, ::-1]
    if out is None:
        return nd.array(pixels, dtype="uint8")
    out[:] = pixels
    return out


def imresize(src: NDArray, w: int, h: int, interp: int = 1, out: NDArray | None = None) -> NDArray:
    """Return an image in another size.

    ``interp``: 0 nearest, 1 bilinear, 2 bicubic, 3 area, 4 Lanczos; 9 bicubic to enlarge, area to shrink and
    bilinear otherwise; 10 one of the first five at random.
    """
    chosen = interpolation(interp, (src.shape[0], src.shape[1], h, w))
    return nd.image.resize(src, size=(int(w), int(h)), interp=chosen, out=out)


def interpolation(interp: int, sizes: Sequence[int] = ()) -> int:
    """Return the way to interpolate, 0 to 4; 9 is decided by ``sizes``: old height and width, new height and width.

    Raises
    ------
    ParamError
        If there is no such way.
    """
    if interp == 9:
        if not sizes:
            return 2
        old_h, old_w, new_h, new_w = sizes
        if new_h > old_h and new_w > old_w:
            return 2
        return 3 if new_h < old_h and new_w < old_w else 1
    if interp == 10:
        return random.randint(0, 4)
    if interp not in range(5):
        raise ParamError(f"interp={interp!r} is no way to interpolate; ways: 0 nearest, 1 bilinear, 2 bicubic, 3 area, "
                         "4 Lanczos, 9 by the sizes, 10 at random")  # fmt: skip
    return int(interp)


def scale_down(src_size: Size, size: Size) -> Size:
    """Return a size made smaller, with its proportions, until it fits into an image's."""
    w, h = map(float, size)
    source_w, source_h = src_size
    if source_h < h:
        w, h = w * source_h / h, source_h
    if source_w < w:
        w, h = source_w, h * source_w / w
    return int(w), int(h)


def copyMakeBorder(src: NDArray, top: int, bot: int, left: int, right: int, type: int = 0, value: float = 0.0,
                   values: Sequence[float] = (), out: NDArray | None = None) -> NDArray:  # fmt: skip
    """Return an image with a border.

    ``type``: 0 of one colour (``values``, or ``value``), 1 the edge, 2 mirrored, 3 the other side, 4 mirrored without
    the edge itself. These are OpenCV's numbers; MXNet's documentation lists other ones.
    """
    if type not in range(len(_BORDERS)):
        raise ParamError(f"copyMakeBorder: type={type!r} is no border; borders: 0 to {len(_BORDERS) - 1}")
    around = ((top, bot), (left, right), (0, 0))
    pixels = np.pad(src.asnumpy(), around, _BORDERS[type])  # type: ignore[call-overload]
    if type == 0:
        inside = np.zeros(pixels.shape[:2], bool)
        inside[top : top + src.shape[0], left : left + src.shape[1]] = True
        colour = np.resize(np.asarray(values), src.shape[2]) if len(values) else value
        pixels = np.where(inside[:, :, None], pixels, np.asarray(colour).astype(pixels.dtype))
    if out is None:
        return nd.array(pixels, dtype=pixels.dtype)
    out[:] = pixels
    return out


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Return an image whose shorter side has this length; the other one follows."""
    h, w = src.shape[:2]
    new_h, new_w = (size * h // w, size) if h > w else (size, size * w // h)
    return imresize(src, new_w, new_h, interp)


def fixed_crop(src: NDArray, x0: int, y0: int, w: int, h: int, size: Size | None = None, interp: int = 2) -> NDArray:
    """Return a part of an image, brought to ``size`` if that is given."""
    part = src[y0 : y0 + h, x0 : x0 + w]
    return part if size is None or (w, h) == tuple(size) else imresize(part, *size, interp=interp)


def random_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Box]:
    """Return a random part of an image and where it was, (x, y, width, height); one too small is enlarged."""
    h, w = src.shape[:2]
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = random.randint(0, w - new_w), random.randint(0, h - new_h)
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def center_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Box]:
    """Return the middle of an image and where it was, (x, y, width, height); one too small is enlarged."""
    h, w = src.shape[:2]
    new_w, new_h = scale_down((w, h), size)
    x0, y0 = (w - new_w) // 2, (h - new_h) // 2
    return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)


def random_size_crop(src: NDArray, size: Size, area: float | tuple[float, float], ratio: tuple[float, float],
                     interp: int = 2, **kwargs: Any) -> tuple[NDArray, Box]:  # fmt: skip
    """Return a random part of random area and proportions in a given size, and where it was.

    Parameters
    ----------
    area : the smallest share of the image, or the smallest and the largest.
    ratio : the smallest and the largest width over height, drawn evenly by its logarithm.
    """
    if "min_area" in kwargs:
        warnings.warn("random_size_crop: min_area is called area now", DeprecationWarning, stacklevel=2)
        area = kwargs.pop("min_area")
    if kwargs:
        raise TypeError(f"random_size_crop has no parameter {', '.join(kwargs)}")
    h, w = src.shape[:2]
    least, most = (area, 1.0) if isinstance(area, Number) else area  # type: ignore[misc]
    for _ in range(10):
        target = random.uniform(least, most) * h * w
        shape = np.exp(random.uniform(np.log(ratio[0]), np.log(ratio[1])))
        new_w, new_h = round(np.sqrt(target * shape)), round(np.sqrt(target / shape))
        if new_w <= w and new_h <= h:
            x0, y0 = random.randint(0, w - new_w), random.randint(0, h - new_h)
            return fixed_crop(src, x0, y0, new_w, new_h, size, interp), (x0, y0, new_w, new_h)
    return center_crop(src, size, interp)


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """Subtract a mean of each channel and divide by a deviation, in place; either may be None."""
    if mean is not None:
        src -= mean
    if std is not None:
        src /= std
    return src


def imrotate(src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Return images turned about their middle, bilinearly, with 0 around them.

    Parameters
    ----------
    src : float32 (C, H, W), or a batch (N, C, H, W).
    rotation_degrees : a number; of a batch an array too, one for each image.
    zoom_in, zoom_out : enlarge until no border shows, or shrink until all of the image does.

    Raises
    ------
    ValueError, TypeError
        If it is another form, or another type.
    """
    if zoom_in and zoom_out:
        raise ValueError("imrotate: zoom_in and zoom_out contradict each other; give one of them")
    if src.dtype is not np.float32:
        raise TypeError(f"imrotate: the image is {np.dtype(src.dtype)}; needs float32: astype('float32')")
    if src.ndim not in (3, 4):
        raise ValueError(f"imrotate: the image is {src.shape}; needs (C, H, W), or a batch (N, C, H, W)")
    one = src.ndim == 3
    if one and not isinstance(rotation_degrees, Number):
        raise TypeError("imrotate: one image has one angle, a number")
    images = src.expand_dims(axis=0) if one else src
    angles = np.full(len(images), rotation_degrees) if isinstance(rotation_degrees, Number) else rotation_degrees
    if len(angles) != len(images):
        raise ValueError(f"imrotate: {len(angles)} angles for {len(images)} images; needs one for each")
    degrees = angles.asnumpy() if isinstance(angles, NDArray) else np.asarray(angles)
    grid = nd.array(_rotated_grid(np.deg2rad(degrees), images.shape[2], images.shape[3], zoom_in, zoom_out))
    turned = nd.BilinearSampler(images, grid)
    return turned[0] if one else turned


def _rotated_grid(angles: np.ndarray, h: int, w: int, zoom_in: bool, zoom_out: bool) -> np.ndarray:
    """Return for each pixel where it comes from, (N, 2, H, W): x, then y, each from -1 to 1."""
    angles = angles.reshape(-1, 1, 1)
    middle_y, middle_x = (h - 1) / 2, (w - 1) / 2
    y, x = np.mgrid[:h, :w] - np.array([middle_y, middle_x]).reshape(2, 1, 1)
    cos, sin = np.cos(angles), np.sin(angles)
    grid = np.stack([(x * cos - y * sin) / middle_x, (x * sin + y * cos) / middle_y], 1)
    if zoom_in or zoom_out:
        diagonal, corner, turn = np.hypot(h, w), np.arctan(h / w), np.abs(angles)
        width, height = (
            np.maximum(np.abs(diagonal * part(corner + turn)), np.abs(diagonal * part(corner - turn)))
            for part in (np.cos, np.sin)
        )
        grid *= (np.maximum(width / w, height / h) if zoom_out else np.minimum(w / width, h / height))[..., None]
    return grid.astype(np.float32)


def random_rotate(src: NDArray, angle_limits: tuple[float, float], zoom_in: bool = False,
                  zoom_out: bool = False) -> NDArray:  # fmt: skip
    """Return images turned by random angles between two limits in degrees; see ``imrotate``."""
    degrees = np.random.uniform(*angle_limits, size=None if src.ndim == 3 else src.shape[0])
    return imrotate(src, degrees, zoom_in, zoom_out)
