"""The MTCNN cascade with its real networks, on the image that MXNet's answers were recorded of."""

from pathlib import Path

import numpy as np
import pytest

from symcli.detect.mtcnn import find_faces, pyramid
from symcli.errors import DataError, SpecError
from symcli.run.cascade import Cascade, open_networks, read_cascade

RECORDED = (0.6, 0.02)  # the thresholds of cascade.npz: low, so that many boxes are left
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "samples" / "mtcnn"
# Four faces, drawn by hand: corners in pixels.
FACES = np.array([[17, 10, 38, 36], [79, 16, 100, 43], [130, 17, 151, 44], [173, 10, 193, 37]], float)


@pytest.fixture(scope="module")
def image():
    return np.load(FOLDER / "recorded.npz")["image"]


@pytest.fixture(scope="module")
def networks():
    return open_networks(Cascade(folder=str(FOLDER)))


def overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:4], b[2:4])
    shared = (high - low).clip(0).prod()
    return shared / ((a[2:4] - a[:2]).prod() + (b[2:4] - b[:2]).prod() - shared)


def test_finds_each_face_once(image, networks):
    found, names, missing = networks
    assert [Path(name).name for name in names] == ["det1-0001.params", "det2-0001.params"] and missing == ["det3"]
    boxes, points = find_faces(image, found, min_face=16)
    sure = boxes[boxes[:, 4] > 0.95]
    assert points is None and len(sure) == 4 and (np.diff(boxes[:, 4]) <= 0).all()
    for face in FACES:
        assert max(overlap(one, face) for one in sure) > 0.7


def test_the_first_network_alone_proposes_them(image, networks):
    boxes, _ = find_faces(image, networks[0][:1], min_face=16)
    assert len(boxes) > 4
    for face in FACES:
        assert max(overlap(one, face) for one in boxes) > 0.5


def test_nothing_is_found_where_nothing_is(networks):
    boxes, points = find_faces(np.zeros((40, 60, 3), np.uint8), networks[0])
    assert boxes.shape == (0, 5) and points is None
    assert len(find_faces(np.zeros((5, 5, 3), np.uint8), networks[0])[0]) == 0  # smaller than any face


def test_landmarks_are_in_pixels(image, networks):
    """O-Net is not there: a network that answers what is asked stands for it."""

    def third(images):
        assert images.shape[1:] == (3, 48, 48)
        middle = np.tile(np.repeat([0.5, 0.25], 5), (len(images), 1))  # all x, then all y, in parts of the box
        return [np.full(len(images), 0.9), np.zeros((len(images), 4)), middle]

    boxes, points = find_faces(image, [*networks[0], third], min_face=16)
    assert points.shape == (len(boxes), 5, 2)
    sides = boxes[:, 2:4] - boxes[:, :2]
    np.testing.assert_allclose(points[:, 0], boxes[:, :2] + sides * [0.5, 0.25], atol=1e-9)


def test_pyramid():
    assert pyramid(24, 48, min_face=12, factor=0.5) == [1.0, 0.5]
    assert pyramid(11, 100) == []


def test_what_a_file_says(tmp_path):
    found = read_cascade(str(ROOT / "configs/cascades/mtcnn.yaml"), [f"cascade.folder={FOLDER}", "cascade.min_face=24"])
    assert found.networks == ("det1", "det2", "det3") and found.min_face == 24 and Path(found.folder) == FOLDER
    path = tmp_path / "wrong.yaml"
    path.write_text("cascade: {folder: here, min_face: 3, factors: 2}\n")
    with pytest.raises(SpecError) as caught:
        read_cascade(str(path))
    assert {one.code for one in caught.value.findings} == {"SYM107", "SYM204", "SYM601"}
    path.write_text("network: {}\n")
    with pytest.raises(SpecError, match="the file has no cascade"):
        read_cascade(str(path))
    with pytest.raises(DataError, match=r"there is no det1-symbol\.json; needs P-Net as MXNet's files"):
        open_networks(Cascade(folder=str(tmp_path)))


def test_the_steps_are_those_that_were_published():
    """Given what MXNet's networks say, the boxes are those of a cascade written apart (``make_cascade.py``)."""
    recorded = np.load(FOLDER / "cascade.npz")
    asked = 0

    def answer(images):
        nonlocal asked
        known = (recorded[f"images{asked}"][..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 128
        assert images.shape == known.shape
        assert np.abs(images - known).max() <= 1.01 / 128 and (np.abs(images - known) > 1e-6).mean() < 0.01  # halves
        faces, offsets = recorded[f"faces{asked}"], recorded[f"offsets{asked}"]
        asked += 1
        return faces[:, 1], offsets

    boxes, _ = find_faces(recorded["image"], [answer, answer], RECORDED, min_face=16)
    assert f"images{asked}" not in recorded.files and len(boxes) > 2
    np.testing.assert_allclose(boxes, recorded["boxes"], 0, 1e-3)


def test_the_networks_say_what_mxnet_says_all_along(networks):
    recorded = np.load(FOLDER / "cascade.npz")
    last = sum(key.startswith("images") for key in recorded.files) - 1
    for number in range(last + 1):
        images = (recorded[f"images{number}"][..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 128
        faces, offsets = networks[0][int(number == last)](np.ascontiguousarray(images))
        np.testing.assert_allclose(faces, recorded[f"faces{number}"][:, 1], 0, 1e-4)
        np.testing.assert_allclose(offsets, recorded[f"offsets{number}"], 0, 1e-4)


def test_the_cascade_finds_what_mxnet_finds(networks):
    """Boxes of equal certainty may stand for one another: the networks' last digits decide."""
    recorded = np.load(FOLDER / "cascade.npz")
    boxes, _ = find_faces(recorded["image"], networks[0], RECORDED, min_face=16)
    assert len(boxes) == len(recorded["boxes"])
    for box in recorded["boxes"]:
        assert max(overlap(one, box) for one in boxes) > 0.85
