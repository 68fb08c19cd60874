"""mx.image.ImageDetIter against what MXNet 1.9.1 made of datasets/bccd-tiny from the same seeds.

``samples/image/detection.npz`` holds, of each batch, its labels, the mean of each image's channels, and its padding.
"""

import random
from pathlib import Path

import numpy as np
import pytest

from symcli import image, nd
from symcli.data.recordio import IRHeader, MXIndexedRecordIO, pack
from symcli.errors import DataError, ParamError

ROOT = Path(__file__).parents[2] / "datasets" / "bccd-tiny"
RECORDED = np.load(Path(__file__).parent / "samples" / "image" / "detection.npz")
ITERATORS = {
    "plain": (1, {}),
    "random": (2, {
        "shuffle": True, "rand_crop": 0.7, "rand_pad": 0.6, "rand_mirror": True, "min_object_covered": [0.1, 0.3, 0.5],
        "area_range": (0.2, 2.5), "mean": True, "std": True, "brightness": 0.1, "contrast": 0.1, "saturation": 0.1,
    }),
    "discard": (3, {"last_batch_handle": "discard", "rand_pad": 1.0, "pad_val": (10, 20, 30), "resize": 120}),
    "roll_over": (4, {"last_batch_handle": "roll_over", "rand_crop": 1.0, "min_eject_coverage": 0.6}),
}  # fmt: skip


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """Return a list of the first five images."""
    path = tmp_path_factory.mktemp("list") / "five.lst"
    path.write_text("".join((ROOT / "train.lst").read_text().splitlines(True)[:5]))
    return str(path)


def seed(number):
    random.seed(number)
    np.random.seed(number)


def iterator(path, **options):
    return image.ImageDetIter(2, (3, 36, 48), **{"path_imglist": path, "path_root": str(ROOT), **options})


@pytest.mark.parametrize("name", ITERATORS)
def test_batches_are_mxnets(five, name):
    number, options = ITERATORS[name]
    seed(number)
    made = iterator(five, **options)
    assert made.label_shape == tuple(RECORDED[f"{name}/shape"])
    found = {}
    for epoch in range(2):
        for i, batch in enumerate(made):
            place = f"{name}/{epoch}/{i}"
            found |= {f"{place}/label": batch.label[0].asnumpy(), f"{place}/pad": np.array(batch.pad),
                      f"{place}/mean": batch.data[0].asnumpy().mean((2, 3))}  # fmt: skip
        made.reset()
    expected = {key for key in RECORDED.files if key.startswith(f"{name}/") and not key.endswith("shape")}
    assert set(found) == expected
    for key, array in found.items():
        # Colours of 0 to 255, or of about -2 to 2: decoders and resizing round differently by one step.
        tolerance = (2e-2 if name == "random" else 1.0) if key.endswith("mean") else 1e-5
        np.testing.assert_allclose(array, RECORDED[key], atol=tolerance, err_msg=key)


def test_records_hold_the_same(five, tmp_path):
    path = str(tmp_path / "five.rec")
    writer = MXIndexedRecordIO(str(tmp_path / "five.idx"), path, "w")
    for line in Path(five).read_text().splitlines():
        number, *label, name = line.split("\t")
        header = IRHeader(0, np.array(label, np.float32), int(number), 0)
        writer.write_idx(int(number), pack(header, (ROOT / name).read_bytes()))
    writer.close()
    listed, packed = iterator(five), image.ImageDetIter(2, (3, 36, 48), path_imgrec=path)
    for one, other in zip(listed, packed, strict=True):
        assert (one.label[0].asnumpy() == other.label[0].asnumpy()).all()
        assert (one.data[0].asnumpy() == other.data[0].asnumpy()).all()


def test_two_iterators_come_to_one_shape_of_labels(five):
    train, valid = iterator(five), iterator(str(ROOT / "val.lst"))
    rows = max(train.label_shape[0], valid.label_shape[0])
    assert train.sync_label_shape(valid) is valid
    assert train.label_shape == valid.label_shape == (rows, 6)
    assert valid.next().label[0].shape == (2, rows, 6)
    with pytest.raises(ValueError, match=rf"label_shape=\(1, 6\); needs \({rows} or more, 6\)"):
        train.reshape(label_shape=(1, 6))
    train.reshape(data_shape=(3, 20, 20))
    assert train.provide_data[0][1] == (2, 3, 20, 20)


def test_drawing_shows_boxes(five):
    drawn = list(iterator(five).draw_next(color=(255, 0, 0), thickness=1, id2labels={0: "platelet"}))
    assert len(drawn) == 5 and drawn[0].shape == (36, 48, 3) and drawn[0].dtype == np.uint8
    assert all((one == (255, 0, 0)).all(2).sum() > 40 for one in drawn)


def test_images_without_boxes_are_passed_over(tmp_path):
    lines = (ROOT / "train.lst").read_text().splitlines()[:3]
    lines[1] = "\t".join([*lines[1].split("\t")[:5], lines[1].split("\t")[-1]])
    (tmp_path / "some.lst").write_text("\n".join(lines))
    first = iterator(str(tmp_path / "some.lst")).next()
    assert first.pad == 0 and len(first.label[0]) == 2
    (tmp_path / "none.lst").write_text(lines[1])
    with pytest.raises(DataError, match="no image has a box that can be used"):
        iterator(str(tmp_path / "none.lst"))
    (tmp_path / "odd.lst").write_text("0\t2\t5\t1\t0\t0\t1\timages/BloodImage_00001.jpg\n")
    with pytest.raises(DataError, match="the label has 6 numbers, with a header of 2 and objects of 5 each"):
        iterator(str(tmp_path / "odd.lst"))


def test_augmenters_leave_what_they_are_given_alone():
    label = np.array([[0, 0.1, 0.2, 0.5, 0.6]], np.float32)
    pixels = nd.array(np.arange(48).reshape(4, 4, 3))
    flipped, moved = image.DetHorizontalFlipAug(1.0)(pixels, label)
    np.testing.assert_allclose(moved, [[0, 0.5, 0.2, 0.9, 0.6]], atol=1e-6)
    assert label[0, 1] == np.float32(0.1) and (flipped.asnumpy()[:, ::-1] == pixels.asnumpy()).all()
    assert image.DetRandomSelectAug([])(pixels, label)[1] is label


def test_what_is_no_augmenter():
    with pytest.raises(TypeError, match="a str is no Augmenter"):
        image.DetBorrowAug("resize")
    with pytest.raises(ParamError, match="a HueJitterAug is no DetAugmenter"):
        image.DetRandomSelectAug([image.HueJitterAug(0.1)])
    with pytest.raises(ParamError, match="lists of 2, 1, 3, 1, 1 entries"):
        image.CreateMultiRandCropAugmenter([0.1, 0.5], area_range=[(0.1, 1), (0.2, 1), (0.3, 1)])
    with pytest.warns(UserWarning, match="DetRandomPadAug does nothing"):
        image.DetRandomPadAug(area_range=(1.0, 1.0))
    assert image.CreateDetAugmenter((3, 8, 8))[0].dumps()[0] == "detborrowaug"
    assert image.DetRandomCropAug(0.3).dumps() == (
        '["detrandomcropaug", {"min_object_covered": 0.3, "aspect_ratio_range": [0.75, 1.33], '
        '"area_range": [0.05, 1.0], "min_eject_coverage": 0.3, "max_attempts": 50}]'
    )
