"""mx.image against what MXNet 1.9.1 computed from the same seeds.

``samples/image`` was made by MXNet 1.9.1: five records (JPEG, one PNG), an index, a list, and what its functions,
augmenters and ``ImageIter`` made of them.
"""

import random
import warnings
from pathlib import Path

import numpy as np
import pytest

from symcli import image, nd
from symcli.errors import DataError, MXNetError, ParamError

SAMPLES = Path(__file__).parent / "samples" / "image"
RECORDED = np.load(SAMPLES / "recorded.npz")
REC, IDX = str(SAMPLES / "images.rec"), str(SAMPLES / "images.idx")
ALL = {
    "rand_crop": True, "rand_resize": True, "rand_mirror": True, "mean": True, "std": True, "brightness": 0.1,
    "contrast": 0.1, "saturation": 0.1, "hue": 0.1, "pca_noise": 0.1, "rand_gray": 0.3,
}  # fmt: skip
ITERATORS = {
    "plain": (1, {}),
    "random": (2, {"path_imgidx": IDX, "shuffle": True, **ALL}),
    "roll_over": (3, {"last_batch_handle": "roll_over"}),
    "part": (4, {"path_imgidx": IDX, "num_parts": 2, "part_index": 1, "last_batch_handle": "discard"}),
}


def seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number)


def iterator(**options):
    return image.ImageIter(2, (3, 12, 11), **{"path_imgrec": REC, **options})


def batches(iter_, epochs=2) -> dict[str, np.ndarray]:
    found = {}
    for epoch in range(epochs):
        for i, batch in enumerate(iter_):
            parts = {"data": batch.data[0].asnumpy(), "label": batch.label[0].asnumpy(), "pad": np.array(batch.pad)}
            found |= {f"{epoch}/{i}/{name}": part for name, part in parts.items()}
        iter_.reset()
    return found


@pytest.mark.parametrize("name", ITERATORS)
def test_batches_are_mxnets(name):
    number, options = ITERATORS[name]
    seed(number)
    found = batches(iterator(**options))
    assert {f"{name}/{key}" for key in found} == {key for key in RECORDED.files if key.startswith(name + "/")}
    for key, array in found.items():
        expected = RECORDED[f"{name}/{key}"]
        assert array.dtype == expected.dtype
        # A pixel of 255 steps may differ by one step after resizing, which normalising makes 1/57.
        np.testing.assert_allclose(array, expected, atol=0.06 if name == "random" else 1e-5)


def test_functions_and_augmenters_are_mxnets():
    picture = RECORDED["image"]
    pixels, floats = nd.array(picture, dtype="uint8"), nd.array(picture, dtype="float32")
    chw = floats.transpose((2, 0, 1))
    runs = {
        "random_crop": lambda: image.random_crop(pixels, (7, 5))[0],
        "random_size_crop": lambda: image.random_size_crop(pixels, (6, 6), 0.1, (0.75, 1.33))[0],
        "center_crop": lambda: image.center_crop(pixels, (6, 20))[0],
        "resize_short": lambda: image.resize_short(pixels, 5),
        "by_sizes": lambda: image.resize_short(pixels, 5, 9),
        "fixed_crop": lambda: image.fixed_crop(pixels, 3, 2, 7, 6, (4, 5), 1),
        **{f"border{t}": lambda t=t: image.copyMakeBorder(pixels, 2, 3, 1, 4, type=t, values=(5.0, 6.0, 7.0))
           for t in range(5)},
        "brightness": lambda: image.BrightnessJitterAug(0.4)(floats.copy()),
        "contrast": lambda: image.ContrastJitterAug(0.4)(floats.copy()),
        "saturation": lambda: image.SaturationJitterAug(0.4)(floats.copy()),
        "hue": lambda: image.HueJitterAug(0.4)(floats),
        "gray": lambda: image.RandomGrayAug(1)(floats),
        "flip": lambda: image.HorizontalFlipAug(1)(floats),
        "rotate": lambda: image.imrotate(chw, 30),
        "rotate_in": lambda: image.imrotate(chw, 30, zoom_in=True),
        "rotate_out": lambda: image.imrotate(chw, -70, zoom_out=True),
    }  # fmt: skip
    assert {f"function/{name}" for name in runs} == {key for key in RECORDED.files if key.startswith("function/")}
    seed(5)
    for name, run in runs.items():
        made, expected = run().asnumpy(), RECORDED[f"function/{name}"]
        assert (made.dtype, made.shape) == (expected.dtype, expected.shape), name
        step = 1 if made.dtype == np.uint8 else 2e-3
        assert np.abs(made.astype(float) - expected).max() <= step, name


def test_augmenters_are_written_as_mxnet_writes_them():
    options = {key: value for key, value in ALL.items() if key not in ("rand_resize", "saturation")}
    made = image.CreateAugmenter((3, 12, 11), resize=13, **options)
    assert [str(one.dumps()) for one in made] == list(RECORDED["dumps"])


def test_lists_name_files(tmp_path):
    for i in range(3):
        record = image.iterator.MXIndexedRecordIO(IDX, REC, "r").read_idx(i)
        (tmp_path / f"{i}.jpg").write_bytes(record[24:])
    (tmp_path / "a.lst").write_text("4\t1.5\t2\t0.jpg\n\n7\t3\t4\t2.jpg\n")
    options = {"path_imgrec": None, "path_root": str(tmp_path), "label_width": 2}
    found = iterator(path_imglist=str(tmp_path / "a.lst"), **options).next()
    assert found.label[0].asnumpy().tolist() == [[1.5, 2], [3, 4]]
    from_list = iterator(imglist=[[1.5, 2, "0.jpg"], [[3, 4], "2.jpg"]], **options).next()
    np.testing.assert_array_equal(found.data[0].asnumpy(), from_list.data[0].asnumpy())
    (tmp_path / "b.lst").write_text("4\t1.5\t0.jpg\nfive\t3\t2.jpg\n")
    with pytest.raises(DataError, match=r"b\.lst:2: 'five\\t3\\t2\.jpg' is no line of a list; needs a number"):
        iterator(path_imglist=str(tmp_path / "b.lst"), **options)
    with pytest.raises(DataError, match=r"9\.jpg: cannot be read: No such file"):
        iterator(imglist=[[1, 2, "9.jpg"]], **options).next()


def test_images_are_read(tmp_path):
    path = tmp_path / "a.png"
    from PIL import Image

    pixels = RECORDED["image"]
    Image.fromarray(pixels).save(path)
    np.testing.assert_array_equal(image.imread(path).asnumpy(), pixels)
    np.testing.assert_array_equal(image.imdecode(path.read_bytes(), to_rgb=False).asnumpy(), pixels[:, :, ::-1])
    grey = image.imdecode(nd.array(list(path.read_bytes()), dtype="uint8"), flag=0)
    assert grey.shape == (9, 12, 1) and np.abs(grey.asnumpy() - pixels @ [[0.299], [0.587], [0.114]]).max() <= 1
    out = nd.zeros(pixels.shape, dtype="uint8")
    assert image.imread(str(path), out=out) is out and (out.asnumpy() == pixels).all()


def test_broken_images_are_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"a\.jpg: it is in no known image format"):
        image.imread(str(tmp_path / "a.jpg"))
    with pytest.raises(ValueError, match="buf is a str; needs the bytes of an image file"):
        image.imdecode("text")
    rec = image.iterator.MXRecordIO(tmp_path / "a.rec", "w")
    rec.write(bytes(24) + b"no image")
    rec.close()
    with pytest.raises(MXNetError, match=r"a\.rec: record 0: it is in no known image format"):
        iterator(path_imgrec=str(tmp_path / "a.rec")).next()


@pytest.mark.parametrize(("options", "message"), [
    ({"path_imgrec": None}, "there are no images; give path_imgrec, path_imglist, or a list"),
    ({"shuffle": True}, "to shuffle records or take a part of them, give their index as path_imgidx"),
    ({"path_imgidx": IDX, "num_parts": 2, "part_index": 2}, "part_index=2 of num_parts=2; needs 0 to 1"),
    ({"last_batch_handle": "keep"}, "last_batch_handle='keep' is not known"),
    ({"dtype": "float16"}, "dtype='float16' is no type of labels"),
    ({"rand_resize": True}, "say rand_crop=True too"),
    ({"mean": np.zeros(2)}, r"mean is \(2,\); needs \(3,\)"),
    ({"inter_method": 7, "resize": 14}, "interp=7 is no way to interpolate"),
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ParamError, match=message):
        iterator(**options).next()


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="needs \\(3, height, width\\)"):
        image.ImageIter(2, (1, 4, 4), path_imgrec=REC)
    with pytest.raises(DataError, match="record 0: the label has 1 numbers; needs label_width=2"):
        iterator(label_width=2).next()
    with pytest.raises(DataError, match=r"record 0: after the augmenters the image is \(3, 13, 14\); needs"):
        iterator(aug_list=[image.CastAug()]).next()
    with pytest.raises(TypeError, match="the image is uint8; needs float32"):
        image.imrotate(nd.zeros((3, 4, 4), dtype="uint8"), 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert image.RandomSizedCropAug((2, 2), 0.5, (1, 1), min_area=0.1).area == 0.1
