"""Decoding and encoding images, through Pillow."""

import io
import warnings
from typing import IO, TYPE_CHECKING

import numpy as np

from symcli.errors import DataError, ParamError
from symcli.ndarray import NDArray, array

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["decode", "decoded", "encoded", "read_image"]


def decode(path: str, colour: bool = True) -> np.ndarray:
    """Return an image file as (H, W, 3) or, grey, (H, W, 1), uint8.

    Rotation that a camera noted is applied; transparency is laid over white.

    Raises
    ------
    DataError
        If the file cannot be read as an image.
    """
    pixels = _read(path, path, "RGB" if colour else "L", over_white=True)
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
    return _read(io.BytesIO(data), what, mode, over_white=False)


def _read(source: str | IO[bytes], what: str, mode: str | None, over_white: bool) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                if mode is None:
                    return np.asarray(_unpacked(opened))
                opened.draft(mode, opened.size)  # grey of a JPEG is what it holds, not a mean of its colours
                image: Image.Image = ImageOps.exif_transpose(opened) or opened
                if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                    image = image.convert("RGBA")
                    if over_white:
                        under = Image.new("RGBA", image.size, (255, 255, 255, 255))
                        image = Image.alpha_composite(under, image)
                return np.asarray(image.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        reason = "it is in no known image format" if isinstance(error, Image.UnidentifiedImageError) else str(error)
        path = source if isinstance(source, str) else ""
        raise DataError(f"{what}: {reason.replace(repr(path), 'the file')}; needs an image that can be read: copy it "
                        "again or leave it out", path) from None  # fmt: skip


def _unpacked(image: "Image.Image") -> "Image.Image":
    """Return an image in one of the modes whose pixels are numbers: grey, colour, or colour and transparency."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "I", "I;16", "F") else "RGB")


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
