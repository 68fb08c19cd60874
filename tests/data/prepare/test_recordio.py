"""prepare-data recordio: what it writes is what the iterators and a job read."""

import os

import numpy as np
import pytest
from PIL import Image

from symcli import io, recordio
from symcli.data.formats import ImageRecord
from symcli.data.prepare import RecordIO, prepare
from symcli.errors import DataError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, count in (("cat", 3), ("dog", 2)):
        (tmp_path / "src" / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 256, (12, 10 + i, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "src" / name / f"{i}.png")
    return tmp_path / "src"


def prepared(source, target, **options):
    return list(prepare(RecordIO(**options), str(source), str(target)))[-1]


def test_class_folders_become_records(folder, tmp_path):
    found = prepared(folder, tmp_path / "dst")
    assert found.manifest["counts"] == {"train": 5}
    assert sorted(os.listdir(tmp_path / "dst")) == [
        "manifest.json",
        "synset.txt",
        "train.idx",
        "train.lst",
        "train.rec",
    ]
    assert (tmp_path / "dst/synset.txt").read_text() == "cat\ndog\n"
    lines = (tmp_path / "dst/train.lst").read_text().splitlines()
    assert lines[0] == "0\t0\tcat/0.png" and lines[-1] == "4\t1\tdog/1.png"
    record = recordio.MXIndexedRecordIO(tmp_path / "dst/train.idx", tmp_path / "dst/train.rec", "r")
    header, data = recordio.unpack(record.read_idx(4))
    assert (header.label, header.id) == (1, 4) and data == (folder / "dog/1.png").read_bytes()
    assert not prepared(folder, tmp_path / "dst").new


def test_splits_sizes_and_order(folder, tmp_path):
    (tmp_path / "both").mkdir()
    os.rename(folder, tmp_path / "both" / "train")
    (tmp_path / "both/valid/cat").mkdir(parents=True)
    os.rename(tmp_path / "both/train/cat/2.png", tmp_path / "both/valid/cat/2.png")
    found = prepared(tmp_path / "both", tmp_path / "dst", resize=8, grey=True, shuffle=True, seed=1)
    assert found.manifest["counts"] == {"train": 4, "valid": 1}
    batches = io.ImageRecordIter(str(tmp_path / "dst/train.rec"), (1, 8, 8), 4)
    labels = batches.next().label[0].asnumpy().tolist()
    assert sorted(labels) == [0, 0, 1, 1] and labels != sorted(labels)


def test_lists_keep_numbers_and_labels(folder, tmp_path):
    (folder / "val.lst").write_text("7\t1\t2.5\tcat/1.png\n3\t0\t4\tdog/0.png\n")
    prepared(folder, tmp_path / "dst")
    examples = ImageRecord(path=str(tmp_path / "dst/val.rec"), label_width=2).open()
    assert examples.labels["label"].tolist() == [[1, 2.5], [0, 4]]
    assert (tmp_path / "dst/val.idx").read_text().split()[::2] == ["7", "3"]
    with pytest.raises(DataError, match="record 0 at byte 0: the label has 2 numbers; needs label_width=1"):
        ImageRecord(path=str(tmp_path / "dst/val.rec")).open()


def test_a_job_reads_records(folder, tmp_path):
    prepared(folder, tmp_path / "dst")
    examples = ImageRecord(path=str(tmp_path / "dst/train.rec"), size=(6, 5), take="1:").open()
    assert len(examples) == 4 and examples.classes == ("cat", "dog") and examples.data == {"data": (5, 6, 3)}
    assert examples[3][0].shape == (5, 6, 3) and "record 4 at byte " in examples.name(3)
    (tmp_path / "dst/synset.txt").unlink()
    assert ImageRecord(path=str(tmp_path / "dst/train.rec"), flag=0).open().data == {"data": (0, 0, 1)}


def test_broken_images_are_all_named(folder, tmp_path):
    (folder / "cat/9.png").write_bytes(b"no image")
    (folder / "dog/9.png").write_bytes(b"none either")
    with pytest.raises(DataError, match="2 images that cannot be read") as caught:
        prepared(folder, tmp_path / "dst")
    assert "cat/9.png: it is in no known image format" in str(caught.value) and "dog/9.png" in str(caught.value)
    assert not (tmp_path / "dst").exists()
    found = prepared(folder, tmp_path / "dst", skip_broken=True)
    assert found.manifest["counts"] == {"train": 5} and len(found.manifest["left_out"]) == 2


def test_nothing_to_pack_is_told(tmp_path):
    (tmp_path / "src").mkdir()
    with pytest.raises(DataError, match="there is nothing to pack; needs a folder of images for each class"):
        prepared(tmp_path / "src", tmp_path / "dst")
    (tmp_path / "src/cat").mkdir()
    with pytest.raises(DataError, match="there are no images in the folders of classes"):
        prepared(tmp_path / "src", tmp_path / "dst")
