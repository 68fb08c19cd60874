"""Decoding images, through Pillow."""

import warnings

import numpy as np

from symcli.errors import DataError
from symcli.ndarray import NDArray, array

__all__ = ["decode", "read_image"]


def decode(path: str, colour: bool = True) -> np.ndarray:
    """Return an image file as (H, W, 3) or, grey, (H, W, 1), uint8.

    Rotation that a camera noted is applied; transparency is laid over white.

    Raises
    ------
    DataError
        If the file cannot be read as an image.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                image: Image.Image = ImageOps.exif_transpose(opened) or opened
                if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                    image = image.convert("RGBA")
                    under = Image.new("RGBA", image.size, (255, 255, 255, 255))
                    image = Image.alpha_composite(under, image)
                pixels = np.asarray(image.convert("RGB" if colour else "L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        reason = str(error).replace(repr(path), "the file")
        raise DataError(
            f"{path}: {reason}; needs an image that can be read: copy it again or leave it out", path
        ) from None
    return pixels if colour else pixels[:, :, None]


def read_image(path: str, flag: int = 1) -> NDArray:
    """Return an image file as an NDArray (H, W, C), uint8; ``flag`` 1 is colour, 0 grey."""
    return array(decode(path, bool(flag)), dtype="uint8")
