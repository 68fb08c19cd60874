"""Kaggle's layout into folders of classes: who validates, what is refused, what is left out."""

import os
import stat
import zipfile

import pytest

from symcli.data.findings import FindingsError
from symcli.data.prepare import Cifar10, LabelledImages, Prepared, Progress, prepare
from symcli.errors import DataError
from tests.data.prepare.archives import kaggle, png, tree, zipped

CLASSES = {"cat": 20, "dog": 30, "frog": 25}


def prepared(source, target, **options) -> Prepared:
    *steps, result = prepare(Cifar10(**options), str(source), str(target))
    assert all(isinstance(step, Progress) and step.done <= step.total for step in steps)
    return result


def refused(source, target, **options) -> str:
    with pytest.raises(DataError) as error:
        prepared(source, target, **options)
    assert not target.exists() and not [name for name in os.listdir(target.parent) if name.startswith(".")]
    return str(error.value).replace(f"{source}{os.sep}", "")


def names(target, split):
    return set(tree(target / "train_valid_test" / split))


def test_layout(tmp_path):
    result = prepared(kaggle(tmp_path / "a", CLASSES), tmp_path / "b")
    top = tmp_path / "b" / "train_valid_test"
    assert sorted(os.listdir(top)) == ["test", "train", "train_valid", "valid"]
    assert names(tmp_path / "b", "test") == {"unknown/1.png", "unknown/2.png", "unknown/3.png"}
    train, valid, both = (names(tmp_path / "b", split) for split in ("train", "valid", "train_valid"))
    assert train | valid == both and not train & valid and len(both) == 75
    assert [sum(name.startswith(one) for name in valid) for one in CLASSES] == [2, 2, 2]  # a tenth of 20 cats
    assert (top / "train_valid" / "dog" / "2.png").read_bytes() == png(2)
    assert result.new and result.notes == ()
    assert result.manifest["counts"] == {"train": 69, "valid": 6, "train_valid": 75, "test": 3, "classes": 3}
    assert result.manifest["folders"]["train_valid_test/valid/cat"]["files"] == 2


def test_neither_order_nor_packing_changes_the_result(tmp_path):
    sources = [kaggle(tmp_path / "a", CLASSES), kaggle(tmp_path / "b", CLASSES, order=-1),
               kaggle(tmp_path / "c", CLASSES, form="folder", order=-1)]  # fmt: skip
    trees = []
    for number, source in enumerate(sources):
        prepared(source, tmp_path / f"out{number}")
        trees.append(tree(tmp_path / f"out{number}" / "train_valid_test"))
    assert trees[0] == trees[1] == trees[2]


def test_seed_chooses_who_validates(tmp_path):
    source = kaggle(tmp_path / "a", CLASSES)
    found = []
    for seed in (0, 0, 1):
        prepared(source, tmp_path / f"out{len(found)}", seed=seed)
        found.append(names(tmp_path / f"out{len(found)}", "valid"))
    assert found[0] == found[1] != found[2]


def test_more_images_of_other_classes_change_nothing_for_a_class(tmp_path):
    for number, dogs in enumerate((30, 60)):
        prepared(kaggle(tmp_path / f"a{number}", {"cat": 20, "dog": dogs}), tmp_path / f"b{number}", seed=5)
    first, second = ({name for name in names(tmp_path / f"b{i}", "valid") if name < "d"} for i in range(2))
    assert first == second


@pytest.mark.parametrize(("ratio", "count"), [(0.1, 1), (0.25, 2), (0.5, 4), (0.01, 1)])
def test_part_of_the_smallest_class_validates_of_each(tmp_path, ratio, count):
    prepared(kaggle(tmp_path / "a", {"cat": 9, "dog": 30}), tmp_path / "b", valid_ratio=ratio)
    assert len(names(tmp_path / "b", "valid")) == 2 * count


def test_class_of_one_image_validates(tmp_path):
    result = prepared(kaggle(tmp_path / "a", {"cat": 1, "dog": 4}), tmp_path / "b")
    assert result.notes == ("1 class with one image, which validates: nothing is left to train cat",)
    assert os.listdir(tmp_path / "b/train_valid_test/train/cat") == []  # the class keeps its number


@pytest.mark.parametrize("link", ["hard", "sym", "copy"])
def test_links(tmp_path, link):
    result = prepared(kaggle(tmp_path / "a", {"cat": 3}), tmp_path / "b", link=link)
    both = tmp_path / "b/train_valid_test/train_valid/cat/1.png"
    first = next((tmp_path / "b").glob("train_valid_test/[tv]*[nd]/cat/1.png"))
    assert both.read_bytes() == png(1) and result.notes == ()
    assert both.is_symlink() == (link == "sym") and both.samefile(first) == (link != "copy")
    (tmp_path / "b").rename(tmp_path / "c")
    assert (tmp_path / "c/train_valid_test/train_valid/cat/1.png").read_bytes() == png(1)


def test_file_system_without_links_is_copied_to(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    result = prepared(kaggle(tmp_path / "a", {"cat": 12}), tmp_path / "b")
    assert result.notes == ("files were copied: this file system makes no hard links (Operation not permitted)",)
    assert len(names(tmp_path / "b", "train_valid")) == 12


def test_demo_takes_a_few_of_each_class(tmp_path):
    source = kaggle(tmp_path / "a", CLASSES, test=20)
    result = prepared(source, tmp_path / "b", demo=9)
    assert result.manifest["counts"] == {"train": 6, "valid": 3, "train_valid": 9, "test": 9, "classes": 3}
    assert sorted(name.split("/")[0] for name in names(tmp_path / "b", "train_valid")) == sorted(list(CLASSES) * 3)
    assert prepared(source, tmp_path / "c", demo=7).manifest["counts"]["train_valid"] == 7


def test_tiny_archives_and_tables_that_know_more(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 3, "dog": 3})
    (source / "train.zip").rename(source / "train_tiny.zip")
    (source / "test.zip").unlink()
    with (source / "trainLabels.csv").open("a") as table:
        table.write("".join(f"{i},cat\n" for i in range(7, 5000)))
    result = prepared(source, tmp_path / "b")
    assert result.notes == (
        "trainLabels.csv: 4,993 ids without an image: 7, 8, 9, …",
        "there are no test images: none of test.zip, test, test_tiny.zip, test_tiny",
    )
    assert result.manifest["counts"]["valid"] == 2


def test_any_zips_and_any_table(tmp_path):
    source = tmp_path / "a"
    source.mkdir()
    zipped(source / "pictures.zip", {"x/deep/a 1.PNG": png(1), "b.png": png(2), "x/notes.txt": b"", ".hidden.png": b""})
    (source / "kinds.csv").write_text("\ufeffkind,file\n'n,a 1\n'n,b\n")
    options = {"train": ("pictures.zip",), "labels": ("kinds.csv",), "id_column": "file", "label_column": "kind"}
    *_, result = prepare(LabelledImages(**options), str(source), str(tmp_path / "b"))
    assert names(tmp_path / "b", "train_valid") == {"'n/a 1.PNG", "'n/b.png"}
    assert result.notes[0] == "pictures.zip: 1 file no image by the name: x/notes.txt"


# ---- what is wrong


def test_images_that_are_broken_or_without_label_are_listed(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 40, "dog": 40})
    good = dict.fromkeys(f"train/{i}.png" for i in range(1, 81))
    files = {name: png(i) for i, name in enumerate(good, 1)}
    files |= {"train/3.png": b"", "train/5.png": png(5)[:60], "train/6.png": b"GIF89a what is this"}
    files |= {f"train/n{i}.png": png(i) for i in range(30)}
    zipped(source / "train.zip", files)
    message = refused(source, tmp_path / "b")
    assert message == "\n".join([
        "30 images without a label",
        *(f"  train.zip: train/n{i}.png" for i in range(20)),
        "  … and 10 more",
        "  help: add them to trainLabels.csv, or leave them out: --skip-broken",
        "3 images that cannot be read",
        "  train.zip: train/3.png: it is in no known image format",
        "  train.zip: train/5.png: image file is truncated",
        "  train.zip: train/6.png: it is in no known image format",
        "  help: download them again, or leave them out: --skip-broken",
    ])  # fmt: skip
    result = prepared(source, tmp_path / "b", skip_broken=True)
    assert len(names(tmp_path / "b", "train_valid")) == 77
    assert len(result.manifest["left_out"]) == 33 and "train.zip: train/n29.png" in result.manifest["left_out"]
    with pytest.raises(FindingsError) as error:
        prepared(source, tmp_path / "c")
    assert [len(finding.as_json()["names"]) for finding in error.value.findings] == [30, 3]


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("/etc/1.png", 0, "an absolute path"),
        ("C:/1.png", 0, "an absolute path"),
        ("train/../../1.png", 0, "leads out of the archive by '..'"),
        ("..\\1.png", 0, "leads out of the archive by '..'"),
        ("train\\1.png", 0, "has a backslash in its name"),
        ("train/1.png", stat.S_IFLNK | 0o777, "a symbolic link"),
        ("train/1.png", stat.S_IFIFO | 0o666, "no plain file"),
    ],
)
def test_members_that_lead_elsewhere_are_refused(tmp_path, name, mode, reason):
    source = kaggle(tmp_path / "a", {"cat": 3})
    for which in ("train.zip", "test.zip"):
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        with zipfile.ZipFile(source / which, "w") as archive:
            archive.writestr(member, png(1))
    expected = "\n".join(
        f"1 member refused of {which}\n  {name!r}: {reason}\n"
        "  help: nothing was unpacked; get the archive from where it was made" for which in ("train.zip", "test.zip")
    )  # fmt: skip
    assert expected in refused(source, tmp_path / "b", skip_broken=True)


def test_bomb_is_refused(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 3})
    with zipfile.ZipFile(source / "train.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train/1.png", bytes((1 << 28) + 1))
    assert "'train/1.png': 268,435,457 bytes unpacked; an image has no more than 268,435,456" in refused(
        source, tmp_path / "b"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "trainLabels.csv:1: there is no column 'id'; columns: none"),
        ("id,lable\n1,cat\n", "trainLabels.csv:1: there is no column 'label'; did you mean 'lable'?"),
        ("id,label\n1,cat\n2\n,dog\n",
         "2 lines without an id or a class\n  trainLabels.csv:3\n  trainLabels.csv:4"),
        ("id,label\n1,cat\n2,dog\n1,dog\n1,cat\n",
         "1 id with a second class\n  trainLabels.csv:4: 1 is dog, and cat before\n  help: keep one line of each id"),
        ("id,label\n1,../../x\n2,.hidden\n3,a/b\n",
         "3 class names that cannot name a folder\n  trainLabels.csv:2: '../../x'\n  trainLabels.csv:3: '.hidden'\n"
         "  trainLabels.csv:4: 'a/b'\n  help: a name has no / \\ and does not begin with a dot"),
        ("id,label\na,cat\nb,cat\n", "3 images without a label\n  train.zip: train/1.png\n  train.zip: train/2.png\n"
         "  train.zip: train/3.png\n  help: ids of the table are as a, b"),
        (b"id,label\n1,c\xe4t\n", "trainLabels.csv: byte 12 is no UTF-8; needs a CSV file in UTF-8"),
    ],
)  # fmt: skip
def test_tables_that_are_wrong(tmp_path, table, message):
    source = kaggle(tmp_path / "a", {"cat": 3})
    (source / "trainLabels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    assert message in refused(source, tmp_path / "b", skip_broken=True)


def test_one_id_in_two_files(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 3})
    zipped(source / "train.zip", {"a/1.png": png(1), "b/1.png": png(2)})
    assert refused(source, tmp_path / "b").startswith(
        "1 image with the id of another\n  train.zip: b/1.png and a/1.png\n  help: an id is the file's name"
    )


def test_archives_that_are_broken(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 3})
    data = (source / "train.zip").read_bytes()
    (source / "train.zip").write_bytes(data[: len(data) // 2])
    assert refused(source, tmp_path / "b") == (
        "train.zip: File is not a zip file; needs a whole zip or a folder: download it again"
    )
    start = data.index(b"IDAT") + 8
    (source / "train.zip").write_bytes(data[:start] + bytes(9) + data[start + 9 :])
    assert "1 image that cannot be read\n  train.zip: train/1.png: Bad CRC-32 for file 'train/1.png'" in refused(
        source, tmp_path / "b"
    )
    zipped(source / "train.zip", {"readme.txt": b""})
    assert refused(source, tmp_path / "b") == (
        "train.zip: there are no images; needs files .bmp, .gif, .jpeg, .jpg, .pgm, .png, .ppm, .tif, .tiff, .webp"
    )


def test_what_is_needed_is_named(tmp_path):
    source = kaggle(tmp_path / "a", {"cat": 3})
    (source / "trainLabels.csv").unlink()
    assert refused(source, tmp_path / "b").endswith(
        "a: there are no labels; needs one of trainLabels.csv, trainLabels.csv.zip, labels.csv, labels.csv.zip; it has "
        "test.zip, train.zip"
    )
