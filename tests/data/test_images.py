"""Images of every kind become the same few: colour or grey, upright, 8 bits."""

import io
import logging

import numpy as np
import pytest
from PIL import Image, ImageOps

from symcli.data.images import _plain_jpeg, decode, decoded
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


def test_parts_of_files_are_not_logged_where_a_program_logs_everything(caplog):
    with caplog.at_level(logging.DEBUG):
        decode(saved(Image.new("RGB", (2, 2))))
    assert caplog.records == []


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


def test_a_plain_jpeg_is_decoded_as_pillow_opens_it():
    """JPEGs without notes go to the decoder at once; all others, and damaged ones, the long way."""
    draw = np.random.RandomState(0)
    picture = Image.fromarray(draw.randint(0, 256, (21, 34, 3)).astype(np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds = {
        "baseline": {}, "progressive": {"progressive": True}, "whole colours": {"subsampling": 0},
        "comment": {"comment": b"made"}, "turned": {"exif": turned},
    }  # fmt: skip
    for name, options in kinds.items():
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90, **options)
        data = file.getvalue()
        assert (_plain_jpeg(data) == (34, 21)) == (name != "turned")
        for mode in ("RGB", "L"):
            expected = ImageOps.exif_transpose(Image.open(file).convert("RGB")) if mode == "RGB" else None
            found = decoded(data, name, mode)
            assert found.shape[:2] == ((34, 21) if name == "turned" else (21, 34))
            if expected is not None:
                np.testing.assert_array_equal(found, np.asarray(expected))
            else:
                long = Image.open(io.BytesIO(data))
                long.draft("L", long.size)
                np.testing.assert_array_equal(found, np.asarray(ImageOps.exif_transpose(long).convert("L")))
        with pytest.raises(DataError, match=rf"{name}: .*needs an image that can be read"):
            decoded(data[: len(data) // 2], name, "RGB")
    for mode in ("L", "CMYK"):
        file = io.BytesIO()
        picture.convert(mode).save(file, "JPEG")
        assert _plain_jpeg(file.getvalue()) is None
        np.testing.assert_array_equal(
            decoded(file.getvalue(), mode, "RGB"), np.asarray(Image.open(file).convert("RGB"))
        )
    assert _plain_jpeg(b"") is None and _plain_jpeg(b"\xff\xd8\xff\xe0") is None
