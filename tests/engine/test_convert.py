"""Values to planes and back, on teams of one and more threads."""

import numpy as np
import pytest

from symcli.engine import convert, planes, team

SHAPES = [(1, 1, 1, 1), (2, 3, 5, 7), (3, 17, 4, 4), (64, 10), (1, 5), (5, 1), (33, 70), (2, 3, 129), (7, 2, 40, 33)]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_planes_and_back(shape, threads):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    y = planes.empty(shape)
    y.fill(np.nan)
    size = planes.pixels(shape) // shape[0]
    numbers = (shape[0], shape[1], size, y.shape[1])
    with team.using(team.get(threads)):
        convert.to_planes(x, y, *numbers)
        pixels = planes.pixels(shape)
        expected = x.reshape(shape[0], shape[1], size).transpose(1, 0, 2).reshape(shape[1], pixels)
        assert np.array_equal(y[:, :pixels], expected)
        assert np.isnan(y[:, pixels:]).all(), "wrote beyond the pixels"
        back = np.full(x.size + 64, -1, np.float32)
        convert.from_planes(y, back, *numbers)
    assert np.array_equal(back[: x.size], x.ravel())
    assert (back[x.size :] == -1).all(), "wrote beyond the array"


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1023, 1024, 100_000])
def test_pitch_holds_the_pixels_and_is_no_multiple_of_a_page(count):
    assert planes.pitch(count) >= count and planes.pitch(count) % 16 == 0
    if count >= 1024:
        assert (planes.pitch(1024 * (count // 1024)) * 4) % 4096


def test_planes_start_at_a_line():
    assert planes.empty((2, 3, 4, 5)).__array_interface__["data"][0] % 64 == 0
