"""``gluon.data.vision.transforms`` against what MXNet 1.9.1 made of the same images from the same seeds.

``samples/transforms`` holds four arrays and what MXNet's transforms of ``CASES`` made of them, each after
``random``, ``numpy.random`` and ``mx.random`` were given the seed 3.
"""

import random
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ParamError

transforms = mx.gluon.data.vision.transforms
RECORDED = np.load(Path(__file__).parent / "samples" / "transforms" / "recorded.npz")
CASES = {
    "cast": ("Cast('float64')", "bytes"),
    "to_tensor": ("ToTensor()", "bytes"),
    "to_tensor_batch": ("ToTensor()", "batch"),
    "to_tensor_float": ("ToTensor()", "floats"),
    "normalize": ("Normalize((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))", "tensor"),
    "normalize_one": ("Normalize(0.5, 2)", "tensor"),
    "normalize_default": ("Normalize()", "tensor"),
    "resize": ("Resize((7, 5))", "bytes"),
    "resize_one": ("Resize(8)", "bytes"),
    "resize_ratio": ("Resize(6, keep_ratio=True)", "bytes"),
    "resize_nearest": ("Resize((7, 5), interpolation=0)", "floats"),
    "resize_cubic": ("Resize((14, 15), interpolation=2)", "floats"),
    "resize_batch": ("Resize(6)", "batch"),
    "center_crop": ("CenterCrop((5, 4))", "bytes"),
    "center_crop_one": ("CenterCrop(6)", "floats"),
    "center_crop_too_small": ("CenterCrop((20, 10))", "floats"),
    "crop_resize": ("CropResize(1, 2, 6, 5)", "bytes"),
    "crop_resize_size": ("CropResize(1, 2, 6, 5, (4, 3), 1)", "bytes"),
    "rotate": ("Rotate(30)", "tensor"),
    "rotate_zoomed": ("Rotate(-20, zoom_in=True)", "tensor"),
    "random_resized_crop": ("RandomResizedCrop((6, 7))", "floats"),
    "random_resized_crop_narrow": ("RandomResizedCrop(5, (0.2, 0.4), (0.5, 2), 0)", "bytes"),
    "random_rotation": ("RandomRotation((-30, 30))", "tensor"),
    "random_rotation_seldom": ("RandomRotation((-30, 30), rotate_with_proba=0.1)", "tensor"),
    "compose": ("Compose([Resize(12, True), CenterCrop((9, 8)), ToTensor(), Normalize(0.5, 0.25)])", "bytes"),
    "random_apply": ("RandomApply(Compose([CenterCrop(4)]), 0.9)", "bytes"),
    "brightness_0": ("RandomBrightness(0)", "bytes"),
    "lighting_0": ("RandomLighting(0)", "floats"),
    "hue_0": ("RandomHue(0)", "bytes"),
    "saturation_0": ("RandomSaturation(0)", "bytes"),
    "contrast_0": ("RandomContrast(0)", "bytes"),
}


def seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number)
    mx.random.seed(number)


def recorded(name: str) -> mx.nd.NDArray:
    array = RECORDED[f"in/{name}"]
    return mx.nd.array(array, dtype=array.dtype)


def made(transform, image, number: int = 1) -> np.ndarray:
    seed(number)
    return transform(image).asnumpy()


def test_every_recorded_case_is_compared():
    assert {name.removeprefix("out/") for name in RECORDED.files if name.startswith("out/")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_transform_is_mxnets(name):
    expression, image = CASES[name]
    found = made(eval(expression, dict(vars(transforms))), recorded(image), 3)
    expected = RECORDED[f"out/{name}"]
    assert found.dtype == expected.dtype and found.shape == expected.shape
    difference = np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()
    if expected.dtype == np.uint8:
        # OpenCV resizes bytes by integers of 11 bits; fractions of turned colours are dropped.
        assert difference <= ("resize" in name or name == "hue_0")
    else:
        # compose makes 4 / 255 of such a step.
        assert difference <= (4.001 / 255 if name == "compose" else 4e-6 * max(1, expected.max()))


CHANGES = {
    "RandomBrightness": (0.3,), "RandomContrast": (0.3,), "RandomSaturation": (0.3,), "RandomHue": (0.3,),
    "RandomColorJitter": (0.3, 0.3, 0.3, 0.3), "RandomLighting": (20,), "RandomFlipLeftRight": (),
    "RandomFlipTopBottom": (), "RandomGray": (), "RandomCrop": ((6, 5), 2), "RandomResizedCrop": ((6, 5),),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("image", ["bytes", "floats"])
def test_random_changes_follow_from_the_seed_alone(name, image):
    transform, array = getattr(transforms, name)(*CHANGES[name]), recorded(image)
    found = [made(transform, array, number) for number in range(12)]
    assert all(np.array_equal(one, made(transform, array, number)) for number, one in enumerate(found))
    assert len({one.tobytes() for one in found}) > 1
    assert {one.dtype for one in found} == {np.dtype(array.dtype)}
    assert {one.shape for one in found} == {(5, 6, 3) if "Crop" in name else array.shape}


def test_jitter_of_nothing_leaves_the_image():
    # MXNet 1.9.1 does not write the output then.
    assert np.array_equal(made(transforms.RandomColorJitter(), recorded("bytes")), RECORDED["in/bytes"])


def test_brightness_stays_within_its_bounds():
    image = mx.nd.full((4, 4, 3), 100, dtype="float32")
    means = [made(transforms.RandomBrightness(0.3), image, number).mean() for number in range(40)]
    assert 70 <= min(means) < 85 and 115 < max(means) <= 130


def test_factors_are_not_negative():
    image = recorded("floats")
    assert min(made(transforms.RandomBrightness(5), image, number).min() for number in range(20)) >= 0


def test_flips_are_mirrors():
    image = recorded("bytes")
    pixels = image.asnumpy()
    for transform, mirrored in ((transforms.RandomFlipLeftRight(), pixels[:, ::-1]),
                                (transforms.RandomFlipTopBottom(), pixels[::-1])):  # fmt: skip
        found = {made(transform, image, number).tobytes() for number in range(12)}
        assert found == {pixels.tobytes(), np.ascontiguousarray(mirrored).tobytes()}


def test_random_crop_is_a_part_of_the_padded_image():
    image = recorded("bytes")
    for pad, sides in ((0, ((0, 0), (0, 0))), (2, ((2, 2), (2, 2))), (((1, 2), (3, 0), (0, 0)), ((1, 2), (3, 0)))):
        around = np.pad(image.asnumpy(), (*sides, (0, 0)), constant_values=9)
        parts = np.lib.stride_tricks.sliding_window_view(around, (5, 6, 3)).reshape(-1, 5, 6, 3)
        for number in range(5):
            found = made(transforms.RandomCrop((6, 5), pad, 9), image, number)
            assert (parts == found).all((1, 2, 3)).any()


@pytest.mark.parametrize("pad", [-1, (1, 2, 3), ((1, 2),), "2"])
def test_pad_that_is_none_is_refused(pad):
    with pytest.raises(ParamError, match=r"RandomCrop: pad=.*needs a number of pixels"):
        transforms.RandomCrop(4, pad)


def test_random_gray_has_three_equal_channels_or_all_colours():
    image = recorded("bytes")
    grey = made(transforms.RandomGray(1), image)
    assert grey.dtype == np.uint8 and np.abs(grey - image.asnumpy() @ np.array([[0.21], [0.72], [0.07]])).max() <= 0.501
    assert np.array_equal(made(transforms.RandomGray(0), image), image.asnumpy())


def test_compose_takes_functions_and_leaves_its_list_alone():
    parts = [transforms.CenterCrop(4), lambda x: x + 1]
    chain = transforms.Compose(parts)
    chain.hybridize()
    assert len(parts) == len(chain) == 2 and chain[1] is parts[1]
    assert np.array_equal(chain(recorded("floats")).asnumpy(), parts[0](recorded("floats")).asnumpy() + 1)


def test_data_sets_and_loaders_take_transforms():
    images = mx.nd.array(np.stack([RECORDED["in/bytes"]] * 6), dtype="uint8")
    moved = transforms.RandomCrop(8, pad=1), transforms.RandomFlipLeftRight()
    chain = transforms.Compose([*moved, transforms.ToTensor(), transforms.Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.2))])
    dataset = mx.gluon.data.ArrayDataset(images, np.arange(6)).transform_first(chain)
    for workers in (0, 2):
        loader = mx.gluon.data.DataLoader(dataset, 4, num_workers=workers)
        batches = [(data.shape, label.asnumpy().tolist()) for data, label in loader]
        assert batches == [((4, 3, 8, 8), [0, 1, 2, 3]), ((2, 3, 8, 8), [4, 5])]


@pytest.mark.parametrize(
    ("transform", "image", "message"),
    [
        (transforms.Normalize((0.1, 0.2), 1), "tensor", "mean=.*has 2 numbers"),
        (transforms.Resize(0), "bytes", "size"),
        (transforms.Resize((3, 3, 3)), "bytes", "size"),
        (transforms.CropResize(8, 8, 9, 9), "bytes", "not inside"),
        (transforms.RandomBrightness(0.1), "batch", "data"),
    ],
)
def test_mistakes_are_answered(transform, image, message):
    with pytest.raises(MXNetError, match=message):
        transform(recorded(image)).asnumpy()


def test_rotations_need_float32_and_limits_in_order():
    with pytest.raises(TypeError, match="needs float32"):
        transforms.Rotate(3)(recorded("bytes"))
    with pytest.raises(ValueError, match="smaller one first"):
        transforms.RandomRotation((3, 3))
    with pytest.raises(ValueError, match="from 0 to 1"):
        transforms.RandomRotation((0, 3), rotate_with_proba=2)
