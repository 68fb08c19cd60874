"""Transforms of examples: their arithmetic, and random choices that follow from seed, epoch and example alone."""

import numpy as np
import pytest

from symcli import kernels
from symcli.data.transforms import TRANSFORMS, Chain, apply, apply_with_boxes, draws, permutation, resized
from symcli.errors import MXNetError, ParamError
from symcli.params import declared

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype(np.uint8)


def made(name, **options):
    return TRANSFORMS[name](**options)


@pytest.mark.parametrize("cls", TRANSFORMS.values(), ids=lambda cls: cls.name)
def test_every_transform_documents_its_parameters(cls):
    assert cls.__doc__ and all(one.doc for one in declared(cls).values())


def test_to_tensor_and_normalize():
    mean, std = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
    found = apply([made("to_tensor"), made("normalize", mean=mean, std=std)], IMAGE)
    expected = (IMAGE.transpose(2, 0, 1) / 255 - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    assert found.dtype == np.float32 and found.shape == (3, 6, 5)
    np.testing.assert_allclose(found, expected, 1e-5, 1e-5)


def test_to_tensor_of_a_grey_image_without_channels():
    found = apply([made("to_tensor", max_value=16)], np.full((8, 8), 8, np.uint8))
    assert found.shape == (1, 8, 8) and (found == 0.5).all()


def test_normalize_of_features():
    found = apply([made("normalize", mean=(1.0, 2.0), std=(2.0,))], np.array([1, 4]))
    assert found.tolist() == [0, 1]


def test_center_crop_takes_the_middle():
    np.testing.assert_array_equal(apply([made("center_crop", size=(3, 2))], IMAGE), IMAGE[2:4, 1:4])


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("resize", {"size": (4,)}, (4, 4, 3)),
        ("resize", {"size": (7, 9)}, (9, 7, 3)),
        ("resize", {"size": (10,), "keep_ratio": True}, (12, 10, 3)),
        ("center_crop", {"size": (10,)}, (10, 10, 3)),
        ("random_crop", {"size": (10, 4)}, (4, 10, 3)),
        ("random_resized_crop", {"size": (10, 4)}, (4, 10, 3)),
    ],
)
def test_sizes(name, options, shape):
    found = apply([made(name, **options)], IMAGE)
    assert found.shape == shape and found.dtype == np.uint8


def test_resize_as_mxnet_1_9_1_does_it():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    assert apply([made("resize", size=(2,))], image)[..., 0].tolist() == [[3, 5], [11, 13]]
    enlarged = apply([made("resize", size=(8,))], image)[..., 0]
    assert enlarged[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3] and enlarged[2].tolist() == [3, 3, 4, 4, 5, 5, 6, 6]


def test_random_crop_is_a_window_of_the_padded_image():
    padded = np.pad(IMAGE, ((2, 2), (2, 2), (0, 0)), constant_values=9)
    windows = {padded[y : y + 4, x : x + 4].tobytes() for y in range(7) for x in range(6)}
    crop = made("random_crop", size=(4,), pad=2, pad_value=9)
    found = {apply([crop], IMAGE, 1, 0, index).tobytes() for index in range(200)}
    assert found <= windows and len(found) > 30


def test_random_resized_crop_keeps_to_its_bounds():
    image = np.zeros((60, 80, 1), np.uint8)
    crop = made("random_resized_crop", size=(8,), scale=(0.2, 0.5), ratio=(0.5, 2.0))
    places = [crop.place(image, draws(1, 0, index)) for index in range(200)]
    assert all(
        left >= 0 and top >= 0 and left + width <= 80 and top + height <= 60 for left, top, width, height in places
    )
    parts = [width * height / 4800 for _, _, width, height in places]
    assert 0.19 < min(parts) < 0.23 and 0.45 < max(parts) < 0.51
    ratios = [width / height for _, _, width, height in places]
    assert 0.48 < min(ratios) < 0.6 and 1.7 < max(ratios) < 2.1 and 0.9 < np.median(ratios) < 1.15
    assert crop.place(image, draws(1, 0, 5)) == places[5] and len(set(places)) > 150


def test_random_resized_crop_is_that_part_and_moves_boxes():
    crop = made("random_resized_crop", size=(10, 12), interpolation=0)
    image = np.random.default_rng(2).integers(0, 256, (24, 30, 3)).astype(np.uint8)
    box = np.array([[1, 0, 0, 1, 1]], np.float32)
    for index in range(5):
        left, top, width, height = crop.place(image, draws(4, 0, index))
        part = image[top : top + height, left : left + width]
        found, boxes = apply_with_boxes([crop], image, box, 4, 0, index)
        np.testing.assert_array_equal(found, resized(part, (10, 12), 0))
        middle = 2 * left < 30 < 2 * (left + width) and 2 * top < 24 < 2 * (top + height)
        assert boxes.tolist() == (box.tolist() if middle else [])


def test_random_resized_crop_that_fits_nowhere_takes_the_middle():
    crop = made("random_resized_crop", size=(4,), scale=(1.0, 1.0), ratio=(9.0, 10.0))
    assert crop.place(IMAGE, draws(0, 0, 0)) == (0, 1, 4, 4)
    for options in ({"scale": (0.5, 0.1)}, {"ratio": (1.0,)}):
        with pytest.raises(ParamError, match="needs two numbers, the smaller one first"):
            made("random_resized_crop", size=(4,), **options)


def test_cast_cuts_off():
    found = apply([made("cast", dtype="uint8")], np.array([-3.0, 1.9, 300.0]))
    assert found.dtype == np.uint8 and found.tolist() == [0, 1, 255]
    assert apply([made("cast")], IMAGE).dtype == np.float32


def test_flips():
    left_right = [apply([made("random_flip_left_right")], IMAGE, 3, 0, i).tobytes() for i in range(100)]
    assert set(left_right) == {IMAGE.tobytes(), IMAGE[:, ::-1].tobytes()}
    assert 30 < left_right.count(IMAGE.tobytes()) < 70
    np.testing.assert_array_equal(apply([made("random_flip_top_bottom", p=1.0)], IMAGE), IMAGE[::-1])
    np.testing.assert_array_equal(apply([made("random_flip_top_bottom", p=0.0)], IMAGE), IMAGE)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_jitter(name):
    jitter = made(f"random_{name}", **{name: 0.4})
    factor = np.float32(draws(5, 1, 2).uniform(0.6, 1.4))
    values = IMAGE.astype(np.float64)
    grey = values @ [0.299, 0.587, 0.114]
    other = {"brightness": 0, "contrast": grey.mean(), "saturation": grey[:, :, None]}[name]
    expected = np.clip(values * factor + (1 - factor) * other, 0, 255)
    found = apply([jitter], IMAGE, 5, 1, 2)
    assert found.dtype == np.uint8 and np.abs(found - np.floor(expected)).max() <= 1
    np.testing.assert_array_equal(apply([made(f"random_{name}", **{name: 0.0})], IMAGE), IMAGE)


def test_random_choices_follow_seed_epoch_and_example_alone():
    chain = [
        made("random_crop", size=(4,), pad=2),
        made("random_flip_left_right"),
        made("random_brightness", brightness=1),
    ]
    keys = [(seed, epoch, index) for seed in (0, 1) for epoch in (0, 1) for index in (0, 1, 2)]
    first = {key: apply(chain, IMAGE, *key).tobytes() for key in keys}
    again = {key: apply(chain, IMAGE, *key).tobytes() for key in reversed(keys)}
    assert first == again and len(set(first.values())) == len(keys)


@pytest.mark.parametrize(
    ("name", "options", "array", "message"),
    [
        ("to_tensor", {}, np.zeros(3), "to_tensor: the array is (3,); needs an image (height, width, channels)"),
        ("normalize", {"mean": (1.0, 2.0)}, np.zeros((3, 4, 4)),
         "normalize: mean has 2 numbers for the array (3, 4, 4); needs one, or one for each entry of the first axis: "
         "to_tensor makes that the channels"),
        ("random_contrast", {"contrast": 1.0}, np.zeros((3, 4, 4)),
         "random_contrast: the image is (3, 4, 4); needs 1 or 3 channels, before to_tensor"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit(name, options, array, message):
    with pytest.raises(MXNetError) as raised:
        apply([made(name, **options)], array)
    assert str(raised.value) == message


def test_sizes_of_three_numbers_are_refused():
    with pytest.raises(ParamError, match=r"size=\[1, 2, 3\] has 3 numbers; needs \(width, height\), or one number"):
        made("resize", size=(1, 2, 3))


# ---- batches


NORMALIZE = ("normalize", {"mean": (0.4914, 0.4822, 0.4465), "std": (0.2023, 0.1994, 0.2010)})
IMAGES = np.random.default_rng(1).integers(0, 256, (7, 6, 5, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    "names",
    [
        [("to_tensor", {})],
        [("to_tensor", {"max_value": 7}), NORMALIZE],
        [("random_crop", {"size": (4,), "pad": 2, "pad_value": 9}), ("to_tensor", {}), NORMALIZE],
        [("random_flip_left_right", {}), ("random_flip_top_bottom", {}), ("to_tensor", {}), NORMALIZE],
        [("random_flip_left_right", {}), ("random_crop", {"size": (5, 6), "pad": 3}), ("center_crop", {"size": (3, 2)}),
         ("random_flip_left_right", {}), ("random_crop", {"size": (2,)}), ("to_tensor", {})],
        # what the kernel for a whole batch cannot do is done one by one
        [("random_crop", {"size": (4,), "pad": 2}), ("random_crop", {"size": (4,), "pad": 1}), ("to_tensor", {})],
        [("random_crop", {"size": (9,)}), ("to_tensor", {})],
        [("random_crop", {"size": (4,), "pad": 1, "pad_value": 255}), ("random_brightness", {"brightness": 0.5}),
         ("to_tensor", {})],
        [("random_flip_left_right", {})],
    ],
    ids=lambda names: " ".join(name for name, _ in names),
)  # fmt: skip
def test_batch_holds_the_bytes_of_its_examples(names):
    transforms = [made(name, **options) for name, options in names]
    numbers = np.array([3, 1, 4, 1, 5, 9, 2])
    for epoch in range(3):
        found = Chain(transforms).batch(list(IMAGES), 7, epoch, numbers)
        alone = [apply(transforms, image, 7, epoch, n) for image, n in zip(IMAGES, numbers.tolist(), strict=True)]
        assert found.dtype == alone[0].dtype and found.tobytes() == np.stack(alone).tobytes()


def test_batch_of_images_without_channels_and_of_other_types():
    for array in (IMAGES[..., 0], IMAGES[..., :1], IMAGES.astype(np.float32)):
        found = Chain([made("to_tensor")]).batch(array, 0, 0, np.arange(7))
        assert found.tobytes() == np.stack([apply([made("to_tensor")], one) for one in array]).tobytes()


def test_batch_that_does_not_fit_is_told_with_the_shape_of_its_image():
    chain = Chain([made("to_tensor"), made("normalize", mean=(1.0, 2.0))])
    with pytest.raises(MXNetError, match=r"2 numbers for the array \(3, 6, 5\)"):
        chain.batch(IMAGES, 0, 0, np.arange(7))


def test_order_of_an_epoch():
    orders = {permutation(seed, epoch, 100).tobytes() for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9 and sorted(permutation(1, 2, 100)) == list(range(100))
    np.testing.assert_array_equal(permutation(1, 2, 100), permutation(1, 2, 100))


def test_kernel_draws_what_numpy_draws():
    numbers = np.array([0, 1, 5, 2**40], np.uint64)
    found = np.empty((4, 11))
    kernels.random.philox(np.array([7, 3], np.uint64), numbers, found)
    expected = [draws(7, 3, int(number)).random(11) for number in numbers]
    np.testing.assert_array_equal(found, expected)
