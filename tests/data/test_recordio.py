"""Files of records: bytes as MXNet 1.9.1 writes them, and damage named by its place.

``samples/recordio`` was written by MXNet 1.9.1 from ``RECORDS`` and ``LABELLED``.
"""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from symcli import recordio
from symcli.errors import DataError, MXNetError, ParamError

SAMPLES = Path(__file__).parent / "samples" / "recordio"
MAGIC = struct.pack("<I", 0xCED7230A)
RECORDS = [
    b"", b"a", b"ab", b"abc", b"abcd", b"x" * 9, MAGIC, b"1234" + MAGIC + b"5678", b"1" + MAGIC + b"567",
    MAGIC + MAGIC, b"abcd" + MAGIC, b"abcd" + MAGIC + b"xy" + MAGIC + MAGIC[:2],
]  # fmt: skip
DETECTION = np.array([4, 5, 0, 0.1, 0.2, 0.3, 0.4, 1, 0.5, 0.5, 0.9, 1.0], "float32")
LABELLED = {
    0: (recordio.IRHeader(0, 3, 7, 0), b"one"),
    5: (recordio.IRHeader(0, [1.5, 2.5, 3.5], 8, 9), b"many"),
    2: (recordio.IRHeader(0, DETECTION, 2**40, 0), b"detection"),
}


def read_all(path) -> list[bytes]:
    record = recordio.MXRecordIO(path, "r")
    return list(iter(record.read, None))


def test_mxnets_records_are_read():
    found = read_all(SAMPLES / "plain.rec")
    assert found[:-1] == RECORDS
    assert len(found[-1]) == 100


def test_records_are_written_byte_for_byte(tmp_path):
    with recordio.MXRecordIO(tmp_path / "own.rec", "w") as record:
        for data in [*RECORDS, read_all(SAMPLES / "plain.rec")[-1]]:
            record.write(data)
    assert (tmp_path / "own.rec").read_bytes() == (SAMPLES / "plain.rec").read_bytes()


def test_index_and_labels_are_written_byte_for_byte(tmp_path):
    record = recordio.MXIndexedRecordIO(tmp_path / "own.idx", tmp_path / "own.rec", "w")
    for key, (header, data) in LABELLED.items():
        record.write_idx(key, recordio.pack(header, data))
    record.close()
    for suffix in (".idx", ".rec"):
        assert (tmp_path / f"own{suffix}").read_bytes() == (SAMPLES / f"labels{suffix}").read_bytes()


def test_records_are_found_by_key():
    record = recordio.MXIndexedRecordIO(SAMPLES / "labels.idx", SAMPLES / "labels.rec", "r")
    assert record.keys == [0, 5, 2]
    for key in (2, 0, 5):
        header, data = recordio.unpack(record.read_idx(key))
        expected, bytes_ = LABELLED[key]
        assert data == bytes_ and header[2:] == expected[2:]
        np.testing.assert_array_equal(header.label, np.asarray(expected.label, "float32"))
        assert header.flag == (0 if key == 0 else np.size(expected.label))
    with pytest.raises(KeyError, match="there is no record 9; it has 3 keys, 0 to 2"):
        record.read_idx(9)


@pytest.mark.parametrize("cut", [1, 5, 9, 20])
def test_a_file_that_ends_early_is_named_by_its_place(tmp_path, cut):
    whole = (SAMPLES / "labels.rec").read_bytes()
    (tmp_path / "cut.rec").write_bytes(whole[:-cut])
    record = recordio.MXRecordIO(tmp_path / "cut.rec", "r")
    assert record.read() and record.read()
    with pytest.raises(DataError, match="at byte 84: ends within a record: it has 81 bytes, ") as caught:
        record.read()
    assert caught.value.offset == 84


@pytest.mark.parametrize(("at", "with_", "message"), [
    (0, b"\0", "at byte 0: 0xCED72300 stands where a record begins with 0xCED7230A"),
    (7, b"\x40", "at byte 0: a part of kind 2 stands where one of kind 0 or 1 belongs"),
    (7, b"\x20", "at byte 36: a part of kind 0 stands where one of kind 2 or 3 belongs"),
    (6, b"\xff", "at byte 0: ends within a record: it has 16,711,707 bytes, 168 are left"),
])  # fmt: skip
def test_damage_is_named_by_its_place(tmp_path, at, with_, message):
    broken = bytearray((SAMPLES / "labels.rec").read_bytes())
    broken[at : at + 1] = with_
    (tmp_path / "broken.rec").write_bytes(broken)
    with pytest.raises(DataError, match=message):
        read_all(tmp_path / "broken.rec")


def test_a_cut_head_is_no_end(tmp_path):
    (tmp_path / "cut.rec").write_bytes(MAGIC + struct.pack("<I", 1 << 29) + MAGIC[:2])
    with pytest.raises(DataError, match="at byte 8: ends within the head of a record: 2 of 8 bytes"):
        read_all(tmp_path / "cut.rec")


def test_offsets_are_those_of_the_index():
    reader = recordio.RecordReader(str(SAMPLES / "labels.rec"))
    assert list(reader.offsets()) == [0, 36, 84]
    assert len(list(recordio.RecordReader(str(SAMPLES / "plain.rec")).offsets())) == len(RECORDS) + 1


def test_what_is_not_closed_properly_takes_no_files_place(tmp_path):
    path = tmp_path / "kept.rec"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), recordio.MXRecordIO(path, "w") as record:
        record.write(b"new")
        _ = 1 / 0
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["kept.rec"]


def test_reset_begins_anew(tmp_path):
    record = recordio.MXRecordIO(tmp_path / "a.rec", "w")
    record.write(b"first")
    record.reset()
    record.write(b"second")
    record.close()
    record = recordio.MXRecordIO(tmp_path / "a.rec", "r")
    assert record.read() == b"second" and record.read() is None
    record.reset()
    assert record.read() == b"second"


def test_a_reader_can_be_pickled():
    record = recordio.MXIndexedRecordIO(SAMPLES / "labels.idx", SAMPLES / "labels.rec", "r")
    again = pickle.loads(pickle.dumps(record))
    assert again.keys == record.keys and again.read_idx(5) == record.read_idx(5)


def test_wrong_use_is_told(tmp_path):
    with pytest.raises(ValueError, match="flag is 'a'; needs 'r' to read or 'w' to write"):
        recordio.MXRecordIO(tmp_path / "a.rec", "a")
    with pytest.raises(DataError, match=r"nowhere\.rec: cannot be read: No such file"):
        recordio.MXRecordIO(tmp_path / "nowhere.rec", "r")
    record = recordio.MXRecordIO(tmp_path / "a.rec", "w")
    with pytest.raises(TypeError, match="a record is a str; needs bytes"):
        record.write("text")
    with pytest.raises(MXNetError, match="is open to write; make another with flag 'r'"):
        record.read()
    record.close()
    with pytest.raises(MXNetError, match="is closed; open"):
        record.write(b"")
    (tmp_path / "a.idx").write_text("0\t0\n1 16\n")
    with pytest.raises(DataError, match=r"a\.idx:2: '1 16' is no line of an index; needs the key, a tab"):
        recordio.MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "r")
    with pytest.raises(ParamError, match="is no header of a record"):
        recordio.pack((0, "cat", 0, 0), b"")
    with pytest.raises(DataError, match="the record has 3 bytes; its header alone has 24"):
        recordio.unpack(b"abc")
    with pytest.raises(DataError, match="label has 9 numbers, 4 bytes are left"):
        recordio.unpack(struct.pack("<IfQQ", 9, 0, 0, 0) + b"1234")


def test_images_are_packed_blue_first_as_opencv_has_them():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype("uint8")
    header, found = recordio.unpack_img(recordio.pack_img((0, 4, 1, 0), image, quality=9, img_fmt=".png"))
    assert header == recordio.IRHeader(0, 4.0, 1, 0)
    np.testing.assert_array_equal(found, image)
    _, grey = recordio.unpack_img(recordio.pack_img((0, 4, 1, 0), image[:, :, 0], img_fmt=".png"))
    np.testing.assert_array_equal(grey, image[:, :, 0])
    _, grey = recordio.unpack_img(recordio.pack_img((0, 4, 1, 0), image, img_fmt=".png"), iscolor=0)
    assert np.abs(grey - (image @ [0.114, 0.587, 0.299])).max() < 1
    smooth = np.full((16, 16, 3), (200, 90, 20), "uint8")
    _, found = recordio.unpack_img(recordio.pack_img((0, 4, 1, 0), smooth))
    assert np.abs(found.astype(int) - smooth).max() <= 3
    with pytest.raises(ParamError, match=r"written as '\.gif'; needs \.jpg, \.jpeg or \.png"):
        recordio.pack_img((0, 4, 1, 0), image, img_fmt=".gif")
    with pytest.raises(DataError, match="the record's image: it is in no known image format"):
        recordio.unpack_img(recordio.pack((0, 4, 1, 0), b"no image"))
