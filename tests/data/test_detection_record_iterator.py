"""ImageDetRecordIter against the batches of MXNet 1.9.1 (``samples/detection``), and its own random changes."""

from pathlib import Path

import numpy as np
import pytest

from symcli import io, recordio
from symcli.data.detection_record_iterator import DetectionAugmentation
from symcli.data.transforms import draws
from symcli.errors import DataError, ParamError

SAMPLES = Path(__file__).parent / "samples" / "detection"
RECORDED = np.load(SAMPLES / "recorded.npz")
CASES = {
    "plain": {},
    "mirror": {"rand_mirror_prob": 1.0},
    "pad": {"label_pad_width": 30, "label_pad_value": -2},
    "norm": {"mean_r": 10, "mean_g": 20, "mean_b": 30, "std_r": 2, "scale": 0.5},
    "resize": {"resize": 20},
    "fit": {"resize_mode": "fit"},
}


def iterator(**options):
    given = {"path_imgrec": str(SAMPLES / "boxes.rec"), "data_shape": (3, 16, 20), "batch_size": 2, **options}
    return io.ImageDetRecordIter(**given)


@pytest.mark.parametrize("case", CASES)
def test_batches_are_mxnets(case):
    batches = iterator(**CASES[case])
    assert batches.provide_label[0].shape == RECORDED[f"{case}/0/l"].shape
    for i, batch in enumerate(batches):
        np.testing.assert_allclose(batch.label[0].asnumpy(), RECORDED[f"{case}/{i}/l"], atol=1e-6)
        assert np.abs(batch.data[0].asnumpy() - RECORDED[f"{case}/{i}/d"]).max() <= 2
        assert batch.pad == RECORDED[f"{case}/{i}/p"]
    assert i == 2


def test_random_changes_keep_boxes_on_their_objects():
    """A bright rectangle is drawn where the box is; wherever it goes, the box goes along."""
    for seed in range(40):
        picture = np.zeros((60, 80, 3), "uint8")
        picture[15:45, 20:60] = 255
        box = np.array([[7, 0.25, 0.25, 0.75, 0.75, 9]], "float32")
        often = {"rand_mirror_prob": 0.5, "rand_pad_prob": 0.5, "rand_crop_prob": 0.7}
        change = DetectionAugmentation(max_pad_scale=2.0, min_crop_scales=(0.5,), min_crop_object_coverages=(0.6,),
                                       fill_value=0, **often)  # fmt: skip
        image, boxes = change(picture, box, (3, 120, 160), draws(seed, 0, 0))
        assert image.shape == (120, 160, 3) and boxes[0, 0] == 7 and boxes[0, 5] == 9
        rows, columns = (np.flatnonzero((image[..., 0] > 127).any(axis)) for axis in (1, 0))
        found = [columns[0] / 160, rows[0] / 120, (columns[-1] + 1) / 160, (rows[-1] + 1) / 120]
        np.testing.assert_allclose(boxes[0, 1:5], found, atol=0.04)


def test_cuts_keep_to_their_bounds():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (40, 40, 3)).astype("uint8")
    boxes = np.array([[0, 0.1, 0.1, 0.4, 0.4], [1, 0.6, 0.6, 0.9, 0.9]], "float32")
    center = DetectionAugmentation(rand_crop_prob=1.0, min_crop_scales=(0.3, 0.5), max_crop_scales=(0.5, 0.9),
                                   num_crop_sampler=2, max_crop_trials=(50,))  # fmt: skip
    counts = {len(center(picture, boxes, (3, 8, 8), draws(seed, 0, 0))[1]) for seed in range(30)}
    assert counts == {1, 2}
    overlap = center.replaced(crop_emit_mode="overlap", emit_overlap_thresh=0.99)
    for seed in range(30):
        _, kept = overlap(picture, boxes, (3, 8, 8), draws(seed, 0, 0))
        assert len(kept) and (kept[:, 1:] >= 0).all() and (kept[:, 1:] <= 1).all()


def test_threads_change_nothing():
    options = {"rand_crop_prob": 0.5, "min_crop_scales": (0.4,), "rand_mirror_prob": 0.5, "max_random_hue": 20,
               "random_hue_prob": 0.5, "max_random_contrast": 0.3, "random_contrast_prob": 0.5, "seed": 3}  # fmt: skip
    runs = [[batch.data[0].asnumpy() for batch in iterator(preprocess_threads=n, **options)] for n in (1, 3)]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"label_pad_width": 3}, ParamError, "label_pad_width=3; the longest label has 19 numbers"),
    ({"label_width": 9}, DataError, "record 1 at byte .*: the label has 14 numbers; needs label_width=9"),
    ({"num_crop_sampler": 3, "min_crop_scales": (0.1, 0.2)}, ParamError, "min_crop_scales has 2 numbers; needs 3"),
    ({"rand_crop": True}, ParamError, "has no parameter 'rand_crop'; did you mean 'rand_crop_prob'"),
])  # fmt: skip
def test_mistakes_are_told(options, error, message):
    with pytest.raises(error, match=message):
        iterator(**options)


def test_labels_without_boxes_are_named(tmp_path):
    with recordio.MXRecordIO(tmp_path / "a.rec", "w") as record:
        record.write(recordio.pack((0, [2, 5, 1, 0, 0, 1], 0, 0), b""))
    with pytest.raises(DataError, match=r"a\.rec: record 0 at byte 0: the label of 6 numbers holds no boxes"):
        iterator(path_imgrec=str(tmp_path / "a.rec"))
