"""Transforms that move boxes along: a box stays on what it was drawn around."""

import numpy as np
import pytest

from symcli.data.box_transforms import overlaps
from symcli.data.transforms import TRANSFORMS, apply_with_boxes
from symcli.errors import ParamError, ShapeError

BOX = (0.2, 0.4, 0.5, 0.7)
BOXES = np.array([[1, *BOX]], np.float32)


def image_of_box(height=40, width=60):
    """A black image, white inside of BOX."""
    image = np.zeros((height, width, 3), np.uint8)
    x1, y1, x2, y2 = (round(part * size) for part, size in zip(BOX, (width, height) * 2, strict=True))
    image[y1:y2, x1:x2] = 255
    return image


def white(image):
    """The box around what is white, in parts of the image."""
    rows, columns = np.nonzero(image[:, :, 0] > 127)
    height, width = image.shape[:2]
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


def made(name, **options):
    return TRANSFORMS[name](**options)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("random_flip_left_right", {"p": 1.0}),
        ("random_flip_top_bottom", {"p": 1.0}),
        ("resize", {"size": (120, 90)}),
        ("center_crop", {"size": (50, 36)}),
        ("random_crop", {"size": (60, 40), "pad": 4}),
        ("random_crop", {"size": (70, 50), "pad": 2}),
        ("random_expand", {"p": 1.0, "max_ratio": 2.0, "fill": (0,)}),
        ("random_iou_crop", {}),
        ("random_iou_crop", {"min_overlap": (0.0,), "min_scale": 0.5}),
        ("random_brightness", {"brightness": 0.2}),
        ("random_saturation", {"saturation": 0.2}),
    ],
)
def test_a_box_stays_on_its_object(name, options, seed):
    image, boxes = apply_with_boxes([made(name, **options)], image_of_box(), BOXES, seed)
    assert boxes.shape == (1, 5) and boxes.dtype == np.float32 and boxes[0, 0] == 1
    reach = 1 / min(image.shape[:2])  # a pixel
    np.testing.assert_allclose(boxes[0, 1:], white(image), atol=reach)


def test_without_boxes_an_image_is_the_same():
    chosen = [made("random_expand"), made("random_iou_crop", min_overlap=(0.0,)), made("random_flip_left_right")]
    for seed in range(5):
        alone = apply_with_boxes(chosen, image_of_box(), BOXES[:0], seed)
        assert alone[1].shape == (0, 5)


def test_choices_follow_from_seed_epoch_and_example():
    chosen = [made("random_expand"), made("random_iou_crop"), made("random_flip_left_right")]
    first, again, other = (apply_with_boxes(chosen, image_of_box(), BOXES, 3, 1, index) for index in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert first[0].shape != other[0].shape or not np.array_equal(first[0], other[0])


def test_a_box_whose_centre_is_cut_away_is_left_out():
    boxes = np.array([[0, 0, 0, 0.1, 0.1], [1, 0.4, 0.4, 0.6, 0.6], [2, 0.15, 0.4, 0.45, 0.6]], np.float32)
    _, kept = apply_with_boxes([made("center_crop", size=(30, 20))], image_of_box(), boxes)
    np.testing.assert_allclose(kept, [[1, 0.3, 0.3, 0.7, 0.7], [2, 0, 0.3, 0.4, 0.7]], atol=1e-6)


def test_further_columns_go_along():
    boxes = np.array([[1, *BOX, 1]], np.float32)
    _, kept = apply_with_boxes(
        [made("random_expand", p=1.0), made("random_flip_top_bottom", p=1.0)], image_of_box(), boxes
    )
    assert kept.shape == (1, 6) and kept[0, 5] == 1


def test_a_crop_overlaps_a_box_as_asked():
    chosen = made("random_iou_crop", min_overlap=(0.3,), min_scale=0.1)
    for seed in range(20):
        image, boxes = apply_with_boxes([chosen], image_of_box(), BOXES, seed)
        if image.shape == (40, 60, 3):
            continue
        shared = np.prod(boxes[0, 3:5] - boxes[0, 1:3])  # in parts of the crop
        crop = image.shape[0] * image.shape[1] / 2400
        assert shared * crop / (crop + 0.09 - shared * crop) >= 0.3 - 1e-6


def test_overlaps():
    boxes = np.array([[0, 0, 1, 1], [0, 0, 0.5, 1], [0.5, 0.5, 1, 1], [2, 2, 3, 3], [0, 0, 0, 0]])
    np.testing.assert_allclose(overlaps(boxes, (0, 0, 0.5, 1)), [0.5, 1, 0, 0, 0])


def test_what_fits_nothing_is_refused():
    with pytest.raises(ParamError, match="leaves no choice"):
        made("random_iou_crop", min_overlap=())
    with pytest.raises(ParamError, match="least and the largest"):
        made("random_iou_crop", aspect_ratio=(2.0, 0.5))
    with pytest.raises(ShapeError, match="fill has 3 numbers for the image"):
        apply_with_boxes([made("random_expand")], np.zeros((4, 4, 1), np.uint8), BOXES)
