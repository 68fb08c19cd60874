"""Boxes on their way from a network to a picture: pixels, choice, COCO's results, drawing."""

import numpy as np
import pytest

from symcli.data.transforms import TRANSFORMS
from symcli.detect.drawing import colour, draw
from symcli.detect.found import Found, class_name, coco_results, image_id, in_pixels, placement

ROWS = np.array([
    [1, 0.4, 0.5, 0.5, 1, 1], [-1, 0, 0, 0, 0, 0], [0, 0.9, 0, 0.25, 0.5, 0.75], [2, 0.6, 0.9, 0, 1.1, 0.1],
])  # fmt: skip
WHOLE = (np.zeros(2), np.ones(2))


def made(name, **options):
    return TRANSFORMS[name](**options)


@pytest.mark.parametrize(
    ("transforms", "corner", "scale"),
    [
        ([made("resize", size=(30, 20)), made("to_tensor")], (0, 0), (1, 1)),
        ([made("resize", size=(50,), keep_ratio=True), made("center_crop", size=(50,))], (0.25, 0), (0.5, 1)),
        ([made("center_crop", size=(100, 20))], (0.25, 0.4), (0.5, 0.2)),
    ],
)
def test_placement_of_a_networks_input(transforms, corner, scale):
    found = placement(transforms, 200, 100)
    np.testing.assert_allclose(found[0], corner, atol=1e-6)
    np.testing.assert_allclose(found[1], scale, atol=1e-6)


def test_boxes_in_pixels_the_most_certain_first():
    rows = in_pixels(ROWS, WHOLE, 200, 100)
    expected = [[0, 0.9, 0, 25, 100, 75], [2, 0.6, 180, 0, 200, 10], [1, 0.4, 100, 50, 200, 100]]  # cut at the edge
    np.testing.assert_allclose(rows, expected)
    assert in_pixels(ROWS, WHOLE, 200, 100, least=0.5)[:, 0].tolist() == [0, 2]
    assert in_pixels(ROWS, WHOLE, 200, 100, classes=[1, 2])[:, 0].tolist() == [2, 1]
    assert in_pixels(ROWS, WHOLE, 200, 100, most=1)[:, 0].tolist() == [0]
    middle = (np.array([0.25, 0]), np.array([0.5, 1]))
    np.testing.assert_allclose(in_pixels(ROWS, middle, 200, 100, most=1)[0], [0, 0.9, 50, 25, 100, 75])


def test_coco_results():
    found = [Found("a/cat.jpg", 200, 100, in_pixels(ROWS, WHOLE, 200, 100, most=1)),
             Found("000042.jpg", 200, 100, in_pixels(ROWS, WHOLE, 200, 100, classes=[1]))]  # fmt: skip
    assert coco_results(found, ["dog", "cat"]) == [
        {"image_id": 1, "category_id": 1, "bbox": [0.0, 25.0, 100.0, 50.0], "score": 0.9, "file_name": "cat.jpg",
         "category": "dog"},
        {"image_id": 42, "category_id": 2, "bbox": [100.0, 50.0, 100.0, 50.0], "score": 0.4, "file_name": "000042.jpg",
         "category": "cat"},
    ]  # fmt: skip
    assert image_id("x/007.png", 3) == 7 and image_id("x/a7.png", 3) == 3
    assert class_name(["dog"], 1) == "1"


def test_drawing():
    pixels = np.zeros((240, 320, 3), np.uint8)
    rows = np.array([[0, 0.9, 40, 60, 200, 180], [1, 0.8, 300, 2, 318, 20.0]])
    points = np.array([[[100.0, 100.0]], [[310.0, 10.0]]])
    drawn = draw(Found("x", 320, 240, rows, points, pixels), ["dog", "a long name"])
    assert drawn.shape == pixels.shape and drawn.dtype == np.uint8 and not pixels.any()
    for x, y in ((40, 120), (200, 120), (120, 60), (120, 180), (100, 100)):  # sides, and the landmark
        assert tuple(drawn[y, x]) == colour(0)
    assert not drawn[120, 120].any() and tuple(drawn[10, 318]) == colour(1)
    label = drawn[45:58, 42:80]  # above the box, on its colour
    assert (label == colour(0)).all(2).mean() > 0.4
    assert (drawn[2:14, 250:300] == colour(1)).all(2).mean() > 0.3  # inside where there is no room above or beside
    assert len({colour(i) for i in range(80)}) == 80


def test_nothing_found_leaves_the_image_alone():
    pixels = np.full((20, 20, 3), 7, np.uint8)
    assert (draw(Found("x", 20, 20, np.empty((0, 6)), None, pixels), []) == 7).all()
