"""What is wrong with data: broken and misnamed files, images that are there twice, classes, the manifest."""

import io
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from symcli.data.check import Report, check
from symcli.data.findings import Finding
from symcli.data.folder import open_folder
from symcli.data.formats import ArrayExamples
from symcli.data.prepare import Cifar10, prepare
from symcli.errors import DataError
from tests.data.prepare.archives import kaggle, pixels, png


@pytest.fixture
def folder(tmp_path):
    for split, first, count in (("train", 0, 6), ("valid", 100, 4), ("test", 200, 2)):
        for i in range(first, first + count):
            path = tmp_path / split / ("unknown" if split == "test" else ["cat", "dog"][i % 2]) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(i))
    return tmp_path


def report(folder, splits=None) -> Report:
    *steps, found = check(splits or open_folder(str(folder)), str(folder))
    assert all(step.done <= step.total for step in steps)
    return found


def kinds(folder) -> dict[str, Finding]:
    return {one.kind: one for one in report(folder).findings}


def test_nothing_is_wrong(folder):
    found = report(folder)
    assert found.findings == [] and found.notes == ["every example is 4 × 4 × 3"]
    assert found.totals == {"train": 6, "valid": 4, "test": 2}
    assert found.counts["train"] == {"cat": 3, "dog": 3} and found.counts["test"] == {"unknown": 2}


def test_files_that_cannot_be_read_are_told_with_their_reason(folder):
    (folder / "train/cat/0.png").write_bytes(b"")
    (folder / "valid/dog/101.png").write_bytes(png(101)[:60])
    (folder / "test/unknown/200.png").write_bytes(b"text")
    found = kinds(folder)
    assert set(found) == {"broken"} and found["broken"].names == [
        f"{folder}/test/unknown/200.png: it is in no known image format",
        f"{folder}/train/cat/0.png: is empty",
        f"{folder}/valid/dog/101.png: image file is truncated",
    ]


def test_suffixes_of_other_formats(folder):
    file = io.BytesIO()
    Image.fromarray(pixels(7)).save(file, "JPEG")
    (folder / "train/cat/7.png").write_bytes(file.getvalue())
    (folder / "train/dog/1.png").rename(folder / "train/dog/1.jpeg")
    file.seek(0)
    Image.open(file).save(folder / "train/cat/8.webp", "WEBP", lossless=True)
    Image.fromarray(pixels(9)).save(folder / "train/cat/9.tiff")
    found = kinds(folder)
    assert found["suffix"].names == [f"{folder}/train/cat/7.png: is a JPEG", f"{folder}/train/dog/1.jpeg: is a PNG"]


def test_images_that_are_in_two_splits_or_classes(folder):
    Image.fromarray(pixels(0)).save(folder / "valid/cat/same.bmp")  # the same pixels in another file
    shutil.copy(folder / "train/dog/1.png", folder / "train/cat/again.png")
    shutil.copy(folder / "train/dog/3.png", folder / "train/dog/twice.png")
    found = report(folder)
    assert {one.kind: one.names for one in found.findings} == {
        "across splits": [f"{folder}/train/cat/0.png = {folder}/valid/cat/same.bmp"],
        "two classes": [f"{folder}/train/cat/again.png = {folder}/train/dog/1.png"],
    }
    assert found.notes[0] == (
        f"1 example more than once in a split: {folder}/train/dog/3.png = {folder}/train/dog/twice.png"
    )


def test_classes_without_examples_and_uneven_ones(folder):
    (folder / "train/fish").mkdir()
    for i in range(40):
        (folder / f"train/dog/more{i}.png").write_bytes(png(300 + i))
    found = report(folder)
    assert [(one.sentence, one.names) for one in found.findings] == [
        ("1 class without examples in train", ["fish"]), ("1 class of other splits that valid lacks", ["fish"])
    ]  # fmt: skip
    assert "classes of train are uneven: dog has 43, cat 3" in found.notes


def test_sizes_are_told(folder):
    Image.new("RGB", (9, 5)).save(folder / "train/cat/wide.png")
    assert report(folder).notes == ["2 sizes, height 4 to 5, width 4 to 9"]


def test_prepared_data_are_compared_with_their_manifest(tmp_path):
    target = tmp_path / "dst"
    list(prepare(Cifar10(link="sym"), str(kaggle(tmp_path / "src", {"cat": 12, "dog": 12})), str(target)))
    top = target / "train_valid_test"
    for folder in (target, top):
        assert "all files are as manifest.json says" in report(folder).notes
    (top / "test/unknown/2.png").write_bytes(png(77))
    (top / "test/unknown/more.png").write_bytes(png(78))
    (next((top / "train/cat").iterdir())).write_bytes(png(79))
    found = kinds(top)
    # what train_valid links to has changed there, too
    assert found["changed"].names == [
        "train_valid_test/test/unknown: 4 of 3 files", "train_valid_test/train/cat", "train_valid_test/train_valid/cat"
    ]  # fmt: skip


def test_arrays_are_checked_too():
    rows = np.arange(10.0).reshape(5, 2)
    rows[3] = rows[1]
    splits = {
        "train": ArrayExamples("a.npz", {"data": rows[:3]}, {"label": np.array([0, 1, 0])}, ("0", "1")),
        "valid": ArrayExamples("a.npz", {"data": rows[3:]}, {"label": np.array([1, 1])}, ("0", "1")),
    }
    found = report("", splits)
    assert [(one.kind, list(one.names)) for one in found.findings] == [
        ("across splits", ["a.npz[1] = a.npz[0]"]), ("empty class", ["0"])
    ]  # fmt: skip


def test_linked_files_are_read_once(folder, monkeypatch):
    os.makedirs(folder / "train_valid/cat")
    for name in ("0.png", "2.png"):
        os.link(folder / "train/cat" / name, folder / "train_valid/cat" / name)
    read = []
    monkeypatch.setattr("symcli.data.check.decode", lambda file, what: read.append(what) or pixels(len(read)))
    report(folder)
    assert len(read) == 12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such folder or job; needs a job in YAML or JSON, or a folder of data"),
        (lambda path: path.write_text(""), "is no folder; needs a job in YAML or JSON, or a folder of data"),
        (lambda path: path.mkdir(), "holds no folders of images; needs one for each class, or train, valid and test "
         "with those"),
    ],
)  # fmt: skip
def test_what_is_no_data(tmp_path, make, message):
    make(tmp_path / "x")
    with pytest.raises((DataError, NotADirectoryError)) as error:
        open_folder(str(tmp_path / "x"))
    assert message in str(error.value) and f"{tmp_path}/x" in str(error.value)


def test_layouts_of_folders(folder, tmp_path):
    assert list(open_folder(str(folder))) == ["train", "valid", "test"]
    assert list(open_folder(str(folder / "train"))) == ["all"]
    (tmp_path / "train_valid_test").mkdir()
    for split in ("train", "valid", "test"):
        (folder / split).rename(tmp_path / "train_valid_test" / split)
    assert list(open_folder(str(tmp_path))) == ["train", "valid", "test"]
