import struct

import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.dtypes import CODES, NAMES
from symcli.errors import DataError, MXNetError

ONE = struct.pack("<IiIqiiif", 0xF993FAC9, 0, 1, 1, 1, 0, 0, 2.0)  # one float32 array of shape (1,)


def file_of(*arrays: bytes, names: tuple[bytes, ...] = ()) -> bytes:
    named = b"".join(struct.pack("<Q", len(name)) + name for name in names)
    return struct.pack("<QQQ", 0x112, 0, len(arrays)) + b"".join(arrays) + struct.pack("<Q", len(names)) + named


def test_bytes_are_mxnets(tmp_path):
    nd.save(str(tmp_path / "x.params"), {"a": nd.array([2])})
    assert (tmp_path / "x.params").read_bytes() == file_of(ONE, names=(b"a",))
    nd.save(tmp_path / "x.params", nd.array([2], mx.cpu(1)))
    changed = ONE[:24] + struct.pack("<i", 1) + ONE[28:]
    assert (tmp_path / "x.params").read_bytes() == file_of(changed)


@pytest.mark.parametrize("dtype", NAMES)
def test_every_type_comes_back(tmp_path, dtype):
    array = nd.array([[0, 1, 2], [3, 4, 5]], dtype=dtype)
    nd.save(tmp_path / "x.params", {"é": array, "": array[0]})
    loaded = nd.load(str(tmp_path / "x.params"))
    assert list(loaded) == ["é", ""]
    assert loaded["é"].dtype is array.dtype
    np.testing.assert_array_equal(loaded["é"].asnumpy(), array.asnumpy())
    np.testing.assert_array_equal(loaded[""].asnumpy(), array[0].asnumpy())


@pytest.mark.parametrize(
    ("data", "count"), [([], 0), ({}, 0), (nd.ones((2,)), 1), ([nd.empty((0, 3)), nd.ones((1,))], 2)], ids=str
)
def test_lists_come_back_as_lists(tmp_path, data, count):
    nd.save(tmp_path / "x.params", data)
    loaded = nd.load(tmp_path / "x.params")
    assert isinstance(loaded, list) and len(loaded) == count
    assert nd.load_frombuffer((tmp_path / "x.params").read_bytes())[:0] == []


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (struct.pack("<IIiiif", 1, 1, 1, 0, 0, 2.0), (1,)),
        (struct.pack("<IIqiiif", 0xF993FAC8, 1, 1, 1, 0, 0, 2.0), (1,)),
        (struct.pack("<IiIqiiif", 0xF993FACA, 0, 1, 1, 1, 0, 0, 2.0), (1,)),
        (struct.pack("<IiIiiif", 0xF993FACA, 0, 0, 1, 0, 0, 2.0), ()),
        (struct.pack("<IiIqiiif", 0xF993FAC9, 0, 1, 1, 2, 3, 0, 2.0), (1,)),
    ],
    ids=["version 0", "version 1", "version 3", "version 3, no axes", "saved on a GPU"],
)
def test_older_and_newer_layouts_load(array, shape):
    (loaded,) = nd.load_frombuffer(file_of(array))
    assert (loaded.shape, float(loaded), loaded.context) == (shape, 2.0, mx.cpu())


@pytest.mark.parametrize("data", [5, "x", (nd.ones((1,)),), None])
def test_what_holds_no_arrays_is_not_saved(tmp_path, data):
    with pytest.raises(ValueError, match="needs an NDArray"):
        nd.save(tmp_path / "x.params", data)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [[1], {1: nd.ones((1,))}, {"a": np.ones(1)}, {"a": [nd.ones((1,))]}], ids=str)
def test_what_is_no_array_is_not_saved(tmp_path, data):
    with pytest.raises(TypeError, match="save: "):
        nd.save(tmp_path / "x.params", data)


def test_array_without_axes_has_no_place_in_the_format(tmp_path):
    with pytest.raises(MXNetError, match=r"reshape it to \(1,\)"):
        nd.save(tmp_path / "x.params", [nd.array(5)])


def test_a_file_that_ends_early_is_an_error_wherever_it_ends():
    whole = file_of(ONE, ONE, names=(b"first", b"second"))
    for size in range(len(whole)):
        with pytest.raises(DataError) as caught:
            nd.load_frombuffer(whole[:size])
        assert caught.value.path == "<buffer>"
        assert caught.value.offset is not None and caught.value.offset <= size


def test_a_damaged_byte_is_an_error_or_another_value():
    whole = file_of(ONE, names=(b"a",))
    for place in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            try:
                nd.load_frombuffer(bytes(damaged))
            except DataError as error:
                assert error.offset is not None


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (b"PK" * 20, "begins with 0x"),
        (struct.pack("<QQQ", 0x112, 0, 1 << 60), "arrays"),
        (file_of(struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, 1 << 60, 1, 0, 0)), "needs 4,611,686,018,427,387,904 bytes"),
        (file_of(struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, -5, 1, 0, 0)), "sizes of at least 0"),
        (file_of(struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 0, 1 << 62, 1, 0, 0)), "no memory"),
        (file_of(struct.pack("<IiI", 0xF993FAC9, 0, 1 << 31)), "axes"),
        (file_of(struct.pack("<IiI", 0xF993FAC9, 0, 0)), "0 axes"),
        (file_of(struct.pack("<Ii", 0xF993FAC9, 1)), "sparse"),
        (file_of(struct.pack("<IiIqiiif", 0xF993FAC9, 0, 1, 1, 1, 0, 55, 2.0)), "element type 55"),
        (file_of(ONE, names=(b"a", b"b")), "2 names for 1 arrays"),
        (file_of(ONE, names=(b"\xff",)), "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_damage_is_named_with_path_and_offset(tmp_path, damaged, message):
    path = tmp_path / "x.params"
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=message) as caught:
        nd.load(path)
    assert str(caught.value).startswith(f"{path}: at byte ")
    assert caught.value.path == str(path)


def test_bytes_after_the_end_are_ignored():
    assert len(nd.load_frombuffer(file_of(ONE) + b"more")) == 1


def test_files_out_of_reach_are_errors(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        nd.load(str(tmp_path / "none.params"))
    with pytest.raises(DataError, match="cannot be written"):
        nd.save(str(tmp_path / "none" / "x.params"), [nd.ones((1,))])
    for wrong in (5, None):
        with pytest.raises(TypeError):
            nd.load(wrong)
    with pytest.raises(TypeError, match="needs bytes"):
        nd.load_frombuffer("x")


def test_codes_of_all_types_are_read():
    for name, code in CODES.items():
        raw = struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, 1, 1, 0, code) + bytes(np.dtype(name).itemsize)
        assert nd.load_frombuffer(file_of(raw))[0].dtype is np.dtype(name).type
