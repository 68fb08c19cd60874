"""prepare-data voc, coco and yolo: the boxes that come of them, and every mistake by the name of its file."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from symcli.data.formats import Detection
from symcli.data.prepare import PREPARATIONS, Prepared, prepare
from symcli.errors import DataError
from tests.data.prepare.boxes import coco, jpeg, objects_of, voc, voc_xml, yolo


def prepared(name, source, target, **options) -> Prepared:
    *_, found = prepare(PREPARATIONS[name](**options), str(source), str(target))
    assert isinstance(found, Prepared)
    return found


def complaints(name, source, target, **options) -> str:
    with pytest.raises(DataError) as caught:
        prepared(name, source, target, **options)
    assert not target.exists()
    return str(caught.value).replace(str(source.parent) + "/", "")


PLAIN = ([("dog", 0, 11, 1, 20, 30), ("cat", 1, 1, 4, 8, 9)], (40, 30), jpeg())


def test_voc(tmp_path):
    source = voc(tmp_path / "src", {"a": PLAIN, "b": ([], (40, 30), jpeg(1)), "c": PLAIN},
                 {"train": ["a", "b"], "val": ["c"], "test": ["x", "y"], "trainval": "abc"})  # fmt: skip
    (source / "ImageSets/Main/dog_train.txt").write_text("a  1\nb -1\n")
    found = prepared("voc", source, tmp_path / "dst")
    assert found.notes == ("test: none of its 2 images is annotated; left out", "train: 1 image without boxes",
                           "trainval: 1 image without boxes")  # fmt: skip
    rows = [[1, 0.25, 0, 0.5, 1, 0], [0, 0, 0.1, 0.2, 0.3, 1]]
    assert objects_of(tmp_path / "dst", "train") == {"a.jpg": rows, "b.jpg": []}
    assert objects_of(tmp_path / "dst", "val") == {"c.jpg": rows}
    assert (tmp_path / "dst/classes.txt").read_text() == "cat\ndog\n"
    assert (tmp_path / "dst/images/a.jpg").read_bytes() == jpeg()
    counts = found.manifest["counts"]
    assert counts["trainval: images"] == 3 and counts["train: cat"] == counts["train: difficult"] == 1
    line = (tmp_path / "dst/train.lst").read_text().splitlines()[0]
    assert line.split("\t")[:5] == ["0", "4", "6", "40", "30"] and line.endswith("\timages/a.jpg")


def test_voc_without_splits_is_one(tmp_path):
    prepared("voc", voc(tmp_path / "src", {"a": PLAIN}), tmp_path / "dst", classes=("dog", "cat"))
    assert [row[0] for row in objects_of(tmp_path / "dst", "train")["a.jpg"]] == [0, 1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("told", ["as stored", "as seen"])
def test_rotated_images_are_turned_upright_with_their_boxes(tmp_path, orientation, told):
    """The image as it is seen is 30 wide and 40 high, white where the box is."""
    seen = np.zeros((40, 30, 3), np.uint8)
    seen[4:20, 3:18] = 255
    box = np.array([3, 4, 18, 20], float)
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = Image.fromarray(seen)
    if orientation > 1:
        stored = stored.transpose(undo[orientation])
    exif = stored.getexif()
    exif[0x0112] = orientation
    voc(tmp_path / "src", {"a": ([], (1, 1), b"")})
    stored.save(tmp_path / "src/JPEGImages/a.jpg", quality=95, exif=exif)
    size = (30, 40)
    if told == "as stored" and orientation >= 5:
        size = stored.size
        rows, columns = np.nonzero(np.asarray(stored)[:, :, 0])
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
    corners = [box[0] + 1, box[1] + 1, box[2], box[3]]
    (tmp_path / "src/Annotations/a.xml").write_text(voc_xml([("dog", 0, *corners)], size))
    prepared("voc", tmp_path / "src", tmp_path / "dst")
    ((row,),) = objects_of(tmp_path / "dst", "train").values()
    np.testing.assert_allclose(row[1:5], [0.1, 0.1, 0.6, 0.5], atol=1e-5)
    with Image.open(tmp_path / "dst/images/a.jpg") as image:
        assert image.size == (30, 40) and image.getexif().get(0x0112, 1) == 1
        assert (np.abs(np.asarray(image).astype(int) - seen) < 40).mean() > 0.95


def test_voc_names_every_mistake(tmp_path):
    boxes = [("dog", 0, 5, 5, 5, 9), ("dog", 0, 9, 5, 5, 9), ("dog", 0, 1, 1, 41, 9), ("dog", 0, "nan", 1, 4, 9),
             ("wolf", 0, 1, 1, 4, 9), ("dog", 0, 1, 1, 4, 9)]  # fmt: skip
    source = voc(tmp_path / "src", {
        "boxes": (boxes, (40, 30), jpeg()), "broken": PLAIN[:2] + (jpeg()[:300],), "size": PLAIN, "xml": PLAIN,
        "other": (PLAIN[0], (50, 30), jpeg()), "bomb": PLAIN[:2] + (bomb(),), "words": PLAIN, "gone": PLAIN,
        "nameless": PLAIN,
    }, {"train": ["boxes", "broken", "size", "xml", "other", "bomb", "words", "gone", "lost", "nameless"]})  # fmt: skip
    (source / "Annotations/size.xml").write_text("<annotation><object/></annotation>")
    (source / "Annotations/xml.xml").write_text("<annotation>\n<size></annotation>")
    (source / "Annotations/words.xml").write_text(voc_xml([("dog", 0, "one", 1, 2, 3)]))
    (source / "Annotations/nameless.xml").write_text(voc_xml([("", 0, 1, 1, 2, 3)]))
    (source / "JPEGImages/gone.jpg").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = complaints("voc", source, tmp_path / "dst", classes=("cat", "dog"))
    # what is wrong with these two is in Pillow's words
    assert re.sub(r"((?:bomb|broken)\.jpg: ).+", r"\1…", said) == SAID
    prepared("voc", source, tmp_path / "dst", classes=("cat", "dog"), skip_broken=True)
    assert objects_of(tmp_path / "dst", "train") == {
        "boxes.jpg": [[1, 0, 0, 1, 0.3, 0], [1, 0, 0, 0.1, 0.3, 0]],
    }


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 30,000 × 30,000 pixels."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 100000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


SAID = """\
6 annotations cannot be used
  src/Annotations/nameless.xml: object 1 has no <name>; needs a class and a box
  src/Annotations/other.xml: says 50×30 pixels; src/JPEGImages/other.jpg has 40×30
  src/Annotations/size.xml: has no <size>; needs the image's width and height in pixels
  src/Annotations/words.xml: object 1: xmin is 'one'; needs a number
  src/Annotations/xml.xml: line 2, column 9: mismatched tag; needs XML
  src/ImageSets/Main/train.txt: lost has no Annotations/lost.xml
  help: correct them, or leave out their images: --skip-broken
3 images cannot be used
  src/Annotations/gone.xml: there is no image gone.jpg in src/JPEGImages
  src/JPEGImages/bomb.jpg: …
  src/JPEGImages/broken.jpg: …
  help: get them again, or leave them out: --skip-broken
1 object of no class in the list
  src/Annotations/boxes.xml: object 5: there is no class 'wolf'; classes: cat, dog
  help: add the class, or leave them out: --skip-broken
4 boxes that cannot be used
  src/Annotations/boxes.xml: object 1: the box (5, 5, 5, 9) is empty
  src/Annotations/boxes.xml: object 2: the box (9, 5, 5, 9) is reversed; needs x1 < x2 and y1 < y2
  src/Annotations/boxes.xml: object 3: the box (0, 0, 41, 9) reaches outside of the image of 40 × 30 pixels
  src/Annotations/boxes.xml: object 4: its numbers are (1, nan, 1, 4, 9); needs finite numbers
  help: correct them, or leave them out: --skip-broken, which cuts those that reach outside of the image"""


def test_coco(tmp_path):
    source = coco(tmp_path / "src", [(3, 4, 3, 8, 6, 0), (7, 0, 0, 40, 30, 1)])
    found = prepared("coco", source, tmp_path / "dst")
    assert objects_of(tmp_path / "dst", "val2017") == {
        "000001.jpg": [[0, 0.1, 0.1, 0.3, 0.3, 0], [1, 0, 0, 1, 1, 2]], "000002.jpg": [],
    }  # fmt: skip
    assert (tmp_path / "dst/classes.txt").read_text() == "cat\ndog\n"
    assert found.manifest["counts"]["val2017: crowds"] == 1
    assert (tmp_path / "dst/images/val2017/000002.jpg").exists()
    for crowd, count in ((False, 1), (True, 2)):
        examples = Detection(path=str(tmp_path / "dst"), split="val2017", crowd=crowd).open()
        assert (examples.labels["label"][0, :, 0] >= 0).sum() == count


def test_coco_names_every_mistake(tmp_path):
    source = coco(tmp_path / "src", [(3, 4, 3, 0, 6, 0), (5, 4, 3, 8, 6, 0), (3, 39, 3, 8, 6, 0), (3, 1, 1, 5, 5, 0)])
    path = source / "annotations/instances_val2017.json"
    tree = json.loads(path.read_text())
    tree["annotations"].append({"image_id": 99, "category_id": 3, "bbox": [0, 0, 1, 1]})
    tree["annotations"].append({"image_id": 11, "category_id": 3, "bbox": [0, 0, 1]})
    tree["images"].append({"id": 13, "file_name": "000003.jpg", "width": 40, "height": 30})
    tree["images"].append({"id": 14, "file_name": "../val2017/000001.jpg", "width": 40, "height": 30})
    path.write_text(json.dumps(tree))
    assert complaints("coco", source, tmp_path / "dst").replace("src/annotations/", "") == COCO_SAID
    path.write_text(path.read_text()[:60])
    assert "instances_val2017.json:1:61: " in complaints("coco", source, tmp_path / "dst")
    path.write_text('{"images": [], "annotations": [{"image_id": 1}], "categories": []}')
    assert "annotations[0] has no category_id that is a whole number" in complaints("coco", source, tmp_path / "dst")


COCO_SAID = """\
1 annotation cannot be used
  instances_val2017.json: annotations[4]: there is no image 99
  help: correct them, or leave out their images: --skip-broken
2 images cannot be used
  instances_val2017.json: there is no image ../val2017/000001.jpg
  instances_val2017.json: there is no image 000003.jpg
  help: get them again, or leave them out: --skip-broken
1 object of no class in the list
  instances_val2017.json: annotations[1]: there is no class 5
  help: add the class, or leave them out: --skip-broken
3 boxes that cannot be used
  instances_val2017.json: annotations[0]: the box (4, 3, 4, 9) is empty
  instances_val2017.json: annotations[2]: the box (39, 3, 47, 9) reaches outside of the image of 40 × 30 pixels
  instances_val2017.json: annotations[5]: bbox is [0, 0, 1]; needs four numbers: x, y, width, height
  help: correct them, or leave them out: --skip-broken, which cuts those that reach outside of the image"""


def test_coco_beside_the_images(tmp_path):
    source = coco(tmp_path / "src", [(3, 4, 3, 8, 6, 0)], split="valid")
    (source / "annotations/instances_valid.json").rename(source / "valid/_annotations.coco.json")
    (source / "annotations").rmdir()
    prepared("coco", source, tmp_path / "dst")
    assert objects_of(tmp_path / "dst", "val")["000001.jpg"] == [[0, 0.1, 0.1, 0.3, 0.3, 0]]


def test_yolo(tmp_path):
    source = yolo(tmp_path / "src", {"train": {"a": "1 0.5 0.5 0.2 0.4\n\n0 0.1 0.1 0.2 0.2\n", "b": None, "c": ""},
                                     "val": {"d": "0 0.5 0.5 1 1\n"}})  # fmt: skip
    prepared("yolo", source, tmp_path / "dst")
    assert objects_of(tmp_path / "dst", "train") == {
        "a.jpg": [[1, 0.4, 0.3, 0.6, 0.7, 0], [0, 0, 0, 0.2, 0.2, 0]], "b.jpg": [], "c.jpg": [],
    }  # fmt: skip
    assert objects_of(tmp_path / "dst", "val") == {"d.jpg": [[0, 0, 0, 1, 1, 0]]}


def test_yolo_in_folders_of_splits(tmp_path):
    made = yolo(tmp_path / "made", {"valid": {"a": "0 0.5 0.5 1 1\n"}}, "names:\n  0: cat\n")
    source = tmp_path / "src"
    (source / "valid").mkdir(parents=True)
    for part in ("images", "labels"):
        (made / part / "valid").rename(source / "valid" / part)
    said = complaints("yolo", source, tmp_path / "dst")
    assert said.startswith("src: there are no names of classes (data.yaml, ")
    (made / "data.yaml").rename(source / "data.yaml")
    prepared("yolo", source, tmp_path / "dst")
    assert objects_of(tmp_path / "dst", "val") == {"a.jpg": [[0, 0, 0, 1, 1, 0]]}


def test_yolo_names_every_mistake(tmp_path):
    source = yolo(tmp_path / "src", {"train": {"a": "2 .5 .5 .2 .2\n0 .5 .5 .2 .2\n0 .5 .5 0 .2\n0 .9 .5 .4 .2\n",
                                               "b": "0 0.5 0.5\n", "c": "0 a 1 1 1\n"}})  # fmt: skip
    assert complaints("yolo", source, tmp_path / "dst") == YOLO_SAID


YOLO_SAID = """\
2 annotations cannot be used
  src/labels/train/b.txt: line 1 has 3 numbers; needs five: class, centre, width, height
  src/labels/train/c.txt: line 1: 'a' is no number; needs five: class, centre, width, height
  help: correct them, or leave out their images: --skip-broken
1 object of no class in the list
  src/labels/train/a.txt: line 1: there is no class 2; 2 classes, 0 to 1
  help: add the class, or leave them out: --skip-broken
2 boxes that cannot be used
  src/labels/train/a.txt: line 3: the box (0.5, 0.4, 0.5, 0.6) is empty
  src/labels/train/a.txt: line 4: the box (0.7, 0.4, 1.1, 0.6) reaches outside of the image from 0 to 1
  help: correct them, or leave them out: --skip-broken, which cuts those that reach outside of the image"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("voc", "there is no Annotations; needs a folder as of PASCAL VOC: Annotations/*.xml, "),
        (
            "coco",
            "there is no annotations/instances_<split>.json, and no <split>/_annotations.coco.json; needs a folder",
        ),
        ("yolo", "there are no images and labels; needs images/<split> with labels/<split>, or <split>/images with "),
    ],
)
def test_an_empty_folder(tmp_path, name, said):
    (tmp_path / "src").mkdir()
    assert complaints(name, tmp_path / "src", tmp_path / "dst").startswith(f"src: {said}")


def test_nothing_is_made_without_a_box(tmp_path):
    source = voc(tmp_path / "src", {"a": ([], (40, 30), jpeg())})
    assert complaints("voc", source, tmp_path / "dst") == (
        "src/Annotations: none of the 1 images has a box that can be used; needs one at least"
    )
    (source / "Annotations/a.xml").unlink()
    assert complaints("voc", source, tmp_path / "dst") == "src/Annotations: has no .xml file; needs one for each image"


@pytest.fixture
def made(tmp_path) -> Path:
    source = voc(tmp_path / "src", {"a": PLAIN, "b": ([], (40, 30), jpeg(1))}, {"train": ["a"], "val": ["a", "b"]})
    prepared("voc", source, tmp_path / "dst")
    return tmp_path / "dst"


def test_detection_format(made):
    examples = Detection(path=str(made), split="val").open()
    assert len(examples) == 2 and examples.classes == ("cat", "dog") and examples.data == {"data": (0, 0, 3)}
    image, label = examples[0]
    assert image.shape == (30, 40, 3) and label.shape == (2, 6) and label.dtype == np.float32
    np.testing.assert_allclose(label, [[1, 0.25, 0, 0.5, 1, 0], [0, 0, 0.1, 0.2, 0.3, 1]], atol=1e-6)
    assert (examples[1][1] == -1).all()
    assert examples.name(1) == str(made / "images/b.jpg")
    second = Detection(path=str(made), split="val", take="1:").open()
    assert len(second) == 1 and second.labels["label"].shape == (1, 2, 6)


def test_labels_have_five_columns_where_nothing_is_difficult(tmp_path):
    source = voc(tmp_path / "src", {"a": ([("dog", 0, 11, 1, 20, 30)], (40, 30), jpeg())})
    prepared("voc", source, tmp_path / "dst")
    assert Detection(path=str(tmp_path / "dst")).open().labels["label"].tolist() == [[[0, 0.25, 0, 0.5, 1]]]


def test_what_is_no_prepared_data_set(made):
    def said(**options):
        with pytest.raises(DataError) as caught:
            Detection(**{"path": str(made), "split": "train"} | options).open()
        return str(caught.value).replace(str(made), "dst")

    assert said(split="valid") == "dst: there is no split 'valid' (valid.lst); did you mean 'val'?"
    assert said(path=str(made / "none")).startswith("dst/none/classes.txt: No such file or directory; needs the names")
    (made / "empty.lst").write_text("0\t4\t6\t40\t30\timages/b.jpg\n")
    assert said(split="empty") == "dst: none of the 1 images of the split 'empty' has a box; needs one at least"
    (made / "empty.lst").write_text("0\t4\t6\t40\t30\t1\t0\t0\timages/b.jpg\n"
                                    "1\t4\t6\t40\t30\t2\t0\t0\t1\t1\t0\timages/a.jpg\n"
                                    "2\t4\t6\t40\t30\t1\tnan\t0\t1\t1\t0\timages/a.jpg\n")  # fmt: skip
    assert said() == (
        "1 line of no annotated image\n  dst/empty.lst:1: 7 numbers for a header of 4 and objects of 6 each\n"
        "  help: a line is: number, 4, 6, width, height, six numbers an object, path; tabs between\n"
        "2 objects without a box that can be used\n"
        "  dst/empty.lst:2: object 1: its class is 2; needs a whole number from 0 to 1\n"
        "  dst/empty.lst:3: object 1: its numbers are (1, nan, 0, 1, 1); needs finite numbers\n"
        "  help: prepare the data again, or correct the lines"
    )
    (made / "classes.txt").write_text("cat\ncat\n")
    assert said() == "dst/classes.txt: a name is empty or stands twice; needs the names of the classes, one a line"
