"""Images of every kind become the same few: colour or grey, upright, 8 bits."""

import io

import numpy as np
import pytest
from PIL import Image

from symcli.data.images import decode
from symcli.errors import DataError


def saved(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    file.seek(0)
    return file


def test_grey_has_equal_channels():
    image = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    colour, grey = decode(saved(image)), decode(saved(image), colour=False)
    assert colour.shape == (3, 4, 3) and grey.shape == (3, 4, 1) and (colour == grey).all()


def test_16_bits_keep_their_greys():
    image = Image.fromarray(np.array([[0, 255, 256, 32768, 65535]], np.uint16))
    assert decode(saved(image), colour=False).ravel().tolist() == [0, 0, 1, 128, 255]
    assert decode(saved(image, "TIFF"))[0, 3].tolist() == [128, 128, 128]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_is_white(mode):
    image = Image.new("RGBA", (2, 1), (10, 10, 10, 0))
    image.putpixel((1, 0), (10, 10, 10, 255))
    assert decode(saved(image.convert(mode)))[0].tolist() == [[255, 255, 255], [10, 10, 10]]


def test_palette_with_and_without_transparency():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    assert decode(saved(image))[0].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert decode(saved(image, transparency=0))[0].tolist() == [[255, 255, 255], [0, 0, 255]]


def test_cmyk_becomes_colour():
    found = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert found.shape == (8, 8, 3) and np.abs(found[4, 4].astype(int) - [255, 0, 0]).max() < 4


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_rotation_of_a_camera_is_applied(form):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the left
    image = Image.new("RGB", (6, 4), "black")
    assert decode(saved(image, form, exif=exif)).shape == (6, 4, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_float_pixels_and_huge_images_are_refused(monkeypatch):
    with pytest.raises(DataError, match="its pixels of 32 bits have no fixed black and white"):
        decode(saved(Image.new("F", (2, 2)), "TIFF"), what="a")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(DataError, match="b: it has 5 × 5 pixels, more than 20"):
        decode(saved(Image.new("RGB", (5, 5))), what="b")
