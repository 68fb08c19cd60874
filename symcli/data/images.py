"""Decoding and encoding images, through Pillow."""

import io
import logging
import math
import os
import warnings
from functools import cache
from typing import IO, Any

import numpy as np

from symcli.errors import DataError, ParamError
from symcli.ndarray import NDArray, array

__all__ = ["SUFFIXES", "decode", "decoded", "encoded", "is_image_name", "kind_of", "read_image"]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
# Where a file can say how the camera was held; looking only there saves a third of the time of a small image.
_NOTES = {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}


def is_image_name(name: str) -> bool:
    """Whether a file is an image by its suffix."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


# How files of each format begin (file(1)'s magic numbers).
_BEGINNINGS = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"II*\0", "TIFF"),
               (b"MM\0*", "TIFF"), (b"RIFF", "WebP"))  # fmt: skip


def kind_of(data: bytes) -> str:
    """Return the format that an image file begins as, "PNG" or another; an empty text for none that is known."""
    if data[:1] == b"P" and data[1:2] in b"123456":
        return "PPM"
    return next((kind for begin, kind in _BEGINNINGS if data.startswith(begin)), "")


def decode(source: str | IO[bytes], colour: bool = True, what: str = "") -> np.ndarray:
    """Return an image, a path or a file opened for reading, as (H, W, 3) or, grey, (H, W, 1), uint8.

    Rotation that a camera noted is applied, transparency is laid over white, and of 16 bits the upper 8 are taken.

    Parameters
    ----------
    what : names the image in messages; by default its path.

    Raises
    ------
    DataError
        If the file cannot be read as an image.
    """
    pixels = _read(source, what or str(source), "RGB" if colour else "L", over_white=True)
    return pixels if colour else pixels[:, :, None]


def decoded(data: bytes, what: str, mode: str | None = None) -> np.ndarray:
    """Return the bytes of an image file as OpenCV reads it, but red first: uint8.

    Parameters
    ----------
    what : names the image in messages.
    mode : ``RGB`` gives (H, W, 3), ``L`` grey (H, W), None whatever it is, with transparency if it has any. With a
        mode, rotation that a camera noted is applied, and transparency left out.

    Raises
    ------
    DataError
        If it cannot be read as an image.
    """
    size = _plain_jpeg(data) if mode in ("L", "RGB") else None
    if size is not None:
        try:  # the decoder alone: Pillow reads a JPEG's head in Python, which takes longer than a small image itself
            return _decoded_jpeg(data, mode, size)
        except (OSError, ValueError, AttributeError, TypeError):  # damaged, or a Pillow of other insides: seen below
            pass
    return _read(io.BytesIO(data), what, mode, over_white=False)


def _decoded_jpeg(data: bytes, mode: Any, size: tuple[int, int]) -> np.ndarray:
    """Return what ``Image.frombytes`` and ``numpy.asarray`` make, by Pillow's codecs alone: 30 μs less for each."""
    core, box = _pillow().core, (0, 0, *size)
    image, decoder, encoder = core.new(mode, size), core.jpeg_decoder(mode, mode, ""), core.raw_encoder(mode, mode)
    decoder.setimage(image, box)
    consumed, error = decoder.decode(data)
    if consumed >= 0 or error:
        raise ValueError("the JPEG is cut or damaged")
    encoder.setimage(image, box)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    _, _, pixels = encoder.encode(math.prod(shape) + 4 * size[0])
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def _plain_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG of 8 bits and three colours; None if its head notes anything else."""
    at = 2 if data[:3] == b"\xff\xd8\xff" else len(data)
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in (0xC0, 0xC1, 0xC2):  # the frame: baseline, extended, progressive
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            within = 0 < width * height <= (_pillow().MAX_IMAGE_PIXELS or width * height)
            return (width, height) if data[at + 4] == 8 and data[at + 9] == 3 and within else None
        if marker not in (0xC4, 0xDB, 0xDD, 0xE0, 0xFE):  # tables, JFIF, comments; rotation would stand in others
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _read(source: str | IO[bytes], what: str, mode: str | None, over_white: bool) -> np.ndarray:
    pillow = _pillow()
    try:
        with pillow.open(source) as image:
            largest = pillow.MAX_IMAGE_PIXELS
            if largest and image.width * image.height > largest:
                raise ValueError(f"it has {image.width} × {image.height} pixels, more than {largest:,}")
            if mode is None:
                return np.asarray(_unpacked(image))
            image.draft(mode, image.size)  # grey of a JPEG is what it holds, not a mean of its colours
            image = _eight_bits(_upright(image))
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                if over_white:
                    image = pillow.alpha_composite(pillow.new("RGBA", image.size, (255, 255, 255, 255)), image)
            return np.asarray(image if image.mode == mode else image.convert(mode))
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        reason = "it is in no known image format" if isinstance(error, pillow.UnidentifiedImageError) else str(error)
        path = source if isinstance(source, str) else ""
        raise DataError(f"{what}: {reason.replace(repr(path), 'the file')}; needs an image that can be read: copy it "
                        "again or leave it out", path) from None  # fmt: skip


@cache
def _pillow() -> Any:
    from PIL import Image

    if logging.getLogger("PIL").level == logging.NOTSET:  # a root set to DEBUG is not meant for each part of a file
        logging.getLogger("PIL").setLevel(logging.WARNING)
    # What is too large is refused above; catching this warning there would be one switch for all threads.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    return Image


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    image.load()
    if image.format == "TIFF" or not _NOTES.isdisjoint(image.info):
        return ImageOps.exif_transpose(image) or image
    return image


def _eight_bits(image: Any) -> Any:
    """Return greys of 16 bits as 8; Pillow itself would cut them off at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise ValueError(f"its pixels of {8 * values.itemsize} bits have no fixed black and white")
    return _pillow().fromarray((values >> 8).astype(np.uint8))


def _unpacked(image: Any) -> Any:
    """Return an image in one of the modes whose pixels are numbers: grey, colour, or colour and transparency."""
    image = _eight_bits(image)
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def encoded(pixels: np.ndarray, quality: int = 95, suffix: str = ".jpg") -> bytes:
    """Return (H, W, 3), red first, or grey (H, W) or (H, W, 1) as the bytes of a JPEG or PNG file.

    Parameters
    ----------
    quality : of JPEG, 1 to 100; of PNG how hard it is packed, 0 to 9.
    suffix : ``.jpg``, ``.jpeg`` or ``.png``.

    Raises
    ------
    ParamError
        If the pixels are none of these, or the suffix is another.
    """
    from PIL import Image

    form = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}.get(suffix.lower())
    if form is None:
        raise ParamError(f"an image cannot be written as {suffix!r}; needs .jpg, .jpeg or .png")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,), (4,)):
        raise ParamError(f"an image is {pixels.dtype} {pixels.shape}; needs uint8 (H, W, 3), or grey (H, W)")
    file = io.BytesIO()
    options = {"quality": quality} if form == "JPEG" else {"compress_level": min(quality, 9)}
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, form, **options)
    return file.getvalue()


def read_image(path: str, flag: int = 1) -> NDArray:
    """Return an image file as an NDArray (H, W, C), uint8; ``flag`` 1 is colour, 0 grey."""
    return array(decode(path, bool(flag)), dtype="uint8")
