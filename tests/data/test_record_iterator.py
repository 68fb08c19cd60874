"""ImageRecordIter against the batches of MXNet 1.9.1 (``samples/image/iterator.npz``), and its own random changes."""

from pathlib import Path

import numpy as np
import pytest

from symcli import io, nd, recordio
from symcli.data import record_iterator
from symcli.data.record_augmentation import Augmentation
from symcli.data.transforms import Streams, draws
from symcli.errors import DataError, MXNetError, ParamError

SAMPLES = Path(__file__).parent / "samples" / "image"
REC = str(SAMPLES / "images.rec")
RECORDED = np.load(SAMPLES / "iterator.npz")
CASES = {
    "plain": {},
    "rest": {"resize": 15, "inter_method": 2, "mean_r": 10, "mean_g": 20, "mean_b": 30, "std_r": 2, "std_g": 3,
             "std_b": 4, "scale": 0.5, "mirror": True},
    "pad": {"pad": 3, "fill_value": 7},
    "large": {"data_shape": (3, 20, 18)},
    "grey": {"data_shape": (1, 12, 11), "mean_r": 3},
    "bytes": {"dtype": "uint8"},
    "scaled": {"max_random_scale": 1.5, "min_random_scale": 1.5},
    "turned": {"rotate": 30},
    "list": {"path_imglist": str(SAMPLES / "images.lst")},
}  # fmt: skip
# Every random change there is.
RANDOM = {
    "resize": 16, "rand_crop": True, "rand_mirror": True, "max_rotate_angle": 20, "max_aspect_ratio": 0.2,
    "max_shear_ratio": 0.1, "max_random_scale": 1.2, "min_random_scale": 0.9, "brightness": 0.2, "contrast": 0.2,
    "saturation": 0.2, "pca_noise": 0.1, "random_h": 10, "random_s": 10, "random_l": 10, "inter_method": 10, "pad": 2,
    "max_random_contrast": 0.1, "max_random_illumination": 2,
}  # fmt: skip


def iterator(**options):
    return io.ImageRecordIter(**{"path_imgrec": REC, "data_shape": (3, 12, 11), "batch_size": 2, **options})


def all_data(iterator_) -> np.ndarray:
    return np.concatenate([batch.data[0].asnumpy() for batch in iterator_])


@pytest.mark.parametrize("case", CASES)
def test_batches_are_mxnets(case):
    batches = iterator(**CASES[case])
    count = 0
    for epoch in range(2 if case == "plain" else 1):
        for i, batch in enumerate(batches):
            found = {"data": batch.data[0].asnumpy(), "label": batch.label[0].asnumpy(), "pad": np.array(batch.pad)}
            for name, array in found.items():
                expected = RECORDED[f"{case}/{epoch}/{i}/{name}"]
                assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
                difference = np.abs(array.astype(float) - expected)
                # OpenCV turns and scales images by whole 32nds of a pixel.
                assert difference.max() <= {"turned": 5, "scaled": 2}.get(case, 1), (name, difference.max())
                assert difference.mean() < 1
                count += 1
        batches.reset()
    assert count == sum(name.startswith(case + "/") for name in RECORDED.files)


def test_a_round_goes_on_after_what_filled_the_last_batch():
    batches = iterator(batch_size=3)
    ids = [[batch.index.tolist() for batch in batches] for _ in (0, 1, 2) if batches.reset() is None]
    assert ids == [[[0, 1, 2], [3, 4, 0]], [[1, 2, 3], [4, 0, 1]], [[2, 3, 4]]]
    batches = iterator(batch_size=3, round_batch=False)
    last = [list(batches)[-1] for _ in (0, 1) if batches.reset() is None]
    assert [(one.pad, one.index.tolist()) for one in last] == [(1, [3, 4, 0])] * 2
    assert not last[0].data[0].asnumpy()[2].any()


def test_shuffling_is_the_seeds_and_each_epoch_is_another():
    batches = [iterator(batch_size=1, shuffle=True, seed=5) for _ in range(2)]
    epochs = []
    for _ in range(3):
        orders = [[int(batch.index[0]) for batch in one] for one in batches]
        assert orders[0] == orders[1] and sorted(orders[0]) == [0, 1, 2, 3, 4]
        epochs.append(orders[0])
        for one in batches:
            one.reset()
    assert len({tuple(order) for order in epochs}) > 1


def test_parts_are_all_there_is():
    parts = [iterator(batch_size=1, num_parts=2, part_index=i) for i in (0, 1)]
    assert [[int(batch.index[0]) for batch in part] for part in parts] == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize("more", [{}, {"random_resized_crop": True, "min_random_area": 0.3},
                                  {"max_crop_size": 12, "min_crop_size": 8}], ids=str)  # fmt: skip
def test_random_changes_do_not_depend_on_threads(more, monkeypatch):
    monkeypatch.setattr(record_iterator, "_TINY", 0)  # these records are
    made = [all_data(iterator(seed=3, preprocess_threads=n, prefetch_buffer=n, **RANDOM, **more)) for n in (1, 3)]
    np.testing.assert_array_equal(*made)
    assert np.isfinite(made[0]).all()
    assert not np.array_equal(made[0], all_data(iterator(seed=4, **RANDOM, **more)))
    assert not np.array_equal(made[0], all_data(iterator(seed=3, seed_aug=9, **RANDOM, **more)))


def test_an_epoch_broken_off_begins_anew():
    batches = iterator(prefetch_buffer=2)
    first = batches.next()
    batches.reset()
    np.testing.assert_array_equal(batches.next().data[0].asnumpy(), first.data[0].asnumpy())
    assert batches.iter_next() and batches.getpad() == 0 and batches.getdata().shape == (2, 3, 12, 11)


def test_lightness_colours_are_turned_back():
    picture = np.random.default_rng(0).integers(0, 256, (12, 11, 3)).astype("uint8")
    same = Augmentation(random_h=0, random_l=0, random_s=1)(picture, (3, 12, 11), draws(0, 0, 4))
    assert np.abs(same.astype(int) - picture).max() <= 2


def test_a_mean_image_is_subtracted(tmp_path):
    mean = np.random.default_rng(0).normal(size=(3, 12, 11)).astype("float32")
    path = str(tmp_path / "mean.params")
    nd.save(path, {"mean_img": nd.array(mean)})
    expected = all_data(iterator()) - mean
    np.testing.assert_allclose(all_data(iterator(mean_img=path)), expected, rtol=1e-6)
    with pytest.raises(DataError, match=r"has mean_img \(3, 12, 11\); needs mean_img \(3, 5, 5\)"):
        iterator(mean_img=path, data_shape=(3, 5, 5))


def test_a_mean_image_that_is_not_there_is_made_as_mxnet_does(tmp_path):
    path, options = tmp_path / "mean.params", {"mean_r": 5, "scale": 0.5}
    first = all_data(iterator(mean_img=str(path), **options))
    expected = nd.load(str(SAMPLES / "mean.params"))["mean_img"].asnumpy()
    np.testing.assert_allclose(nd.load(str(path))["mean_img"].asnumpy(), expected, 1e-5, 1e-4)
    written = path.stat().st_mtime_ns
    np.testing.assert_array_equal(all_data(iterator(mean_img=str(path), **options)), first)
    assert path.stat().st_mtime_ns == written
    flipped = all_data(iterator(mean_img=str(path), mirror=True, **options))
    np.testing.assert_array_equal(flipped, first[:, :, :, ::-1])


@pytest.mark.parametrize(("options", "message"), [
    ({"rand_mirorr": True}, "has no parameter 'rand_mirorr'; did you mean 'rand_mirror'"),
    ({"data_shape": (3, 12)}, r"data_shape=\(3, 12\); needs \(channels, height, width\)"),
    ({"part_index": 1}, "part_index=1 of num_parts=1; needs 0 to 0"),
    ({"batch_size": 0}, "batch_size=0; needs 1 or more"),
    ({"std_r": 0}, "std_r=0 is out of bounds"),
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ParamError, match=message):
        iterator(**options)


def test_what_cannot_be_read_is_named_by_its_offset(tmp_path):
    with pytest.raises(DataError, match="record 0 at byte 0: the image has 3 channels; needs 4"):
        iterator(data_shape=(4, 12, 11)).next()
    with pytest.raises(DataError, match="record 0 at byte 0: the label has 1 numbers; needs label_width=2"):
        iterator(label_width=2).next()
    with pytest.raises(DataError, match="record 0 at byte 0: the image is 14 x 13, smaller than the part 20 x 20"):
        iterator(max_crop_size=20, min_crop_size=20).next()
    path = tmp_path / "a.rec"
    with recordio.MXRecordIO(path, "w") as record:
        record.write(recordio.pack((0, 1, 0, 0), b"no image"))
        record.write(b"short")
    batches = iterator(path_imgrec=str(path), batch_size=1, prefetch_buffer=1)
    with pytest.raises(DataError, match=r"a\.rec: record 0 at byte 0: it is in no known image format"):
        batches.next()
    with pytest.raises(DataError, match=r"a\.rec: record 1 at byte 40: the record has 5 bytes"):
        batches.next()
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match="at byte 40: ends within a record"):
        iterator(path_imgrec=str(path))
    (tmp_path / "a.idx").write_text("0\t8000\n")
    with pytest.raises(DataError, match="has an offset of 8,000, where the file ends"):
        iterator(path_imgrec=REC, path_imgidx=str(tmp_path / "a.idx"), batch_size=1).next()
    (tmp_path / "a.lst").write_text("7\t1\ta.jpg\n")
    with pytest.raises(MXNetError, match="the list has no label for its id 0"):
        iterator(path_imglist=str(tmp_path / "a.lst"), batch_size=1).next()


def test_integer_iterators():
    assert io.ImageRecordUInt8Iter(REC, (3, 12, 11), 2).next().data[0].dtype is np.uint8
    assert io.ImageRecordInt8Iter(REC, (3, 12, 11), 2).provide_data[0].dtype is np.int8


def test_tiny_records_are_read_by_one_thread(monkeypatch):
    def threads():
        return iterator(preprocess_threads=3)._threads._max_workers

    assert threads() == 1  # 768 bytes each
    monkeypatch.setattr(record_iterator, "_TINY", 700)
    assert threads() == 3


def test_numbers_of_an_example_are_those_of_its_own_generator():
    streams = Streams(3, 2)
    for index in (5, 0, 5, 2**40):
        one, other = streams.of(index), draws(3, 2, index)
        for draw in (lambda d: d.integers(0, 7), lambda d: d.random(), lambda d: d.normal(), lambda d: d.integers(9)):
            assert draw(one) == draw(other)
