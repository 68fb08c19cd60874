"""CSVIter, MNISTIter and PrefetchingIter; the numbers are MXNet 1.9.1's."""

import struct

import numpy as np
import pytest

from symcli import io, nd
from symcli.errors import DataError, ParamError


@pytest.fixture
def table(tmp_path):
    np.savetxt(tmp_path / "x.csv", np.arange(21).reshape(7, 3), "%g", ",")
    np.savetxt(tmp_path / "y.csv", np.arange(7).reshape(7, 1), "%g", ",")
    np.savetxt(tmp_path / "two.csv", np.arange(14).reshape(7, 2), "%g", ",")
    return tmp_path


def rows(iterator, epochs=2):
    found = []
    for _ in range(epochs):
        for batch in iterator:
            found.append((batch.pad, batch.data[0].asnumpy().sum(), batch.label[0].asnumpy().tolist()))
        iterator.reset()
    return found


def test_csv_rounds_go_on(table):
    batches = io.CSVIter(data_csv=str(table / "x.csv"), data_shape=(3,), batch_size=3)
    assert batches.provide_data[0].shape == (3, 3) and batches.provide_label[0] == ("softmax_label", (3,))
    zeros = [0.0] * 3
    assert rows(batches) == [(0, 36, zeros), (0, 117, zeros), (2, 72, zeros), (0, 90, zeros), (1, 108, zeros)]


def test_csv_has_labels_and_types(table):
    batches = io.CSVIter(data_csv=str(table / "x.csv"), data_shape=(3,), label_csv=str(table / "two.csv"),
                         label_shape=(2,), batch_size=3, dtype="int32", data_name="d", label_name="l")  # fmt: skip
    first = batches.next()
    assert first.data[0].dtype is np.int32 and first.label[0].asnumpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert [one.name for one in (*batches.provide_data, *batches.provide_label)] == ["d", "l"]


def test_csv_without_rounds_says_what_only_fills(table):
    batches = io.CSVIter(data_csv=str(table / "x.csv"), data_shape=(3, 1), label_csv=str(table / "y.csv"), batch_size=3,
                         round_batch=False)  # fmt: skip
    assert rows(batches)[2::3] == [(2, 57, [6.0, 0.0, 0.0])] * 2


def test_csv_keeps_large_whole_numbers(tmp_path):
    (tmp_path / "a.csv").write_text(f"{2**53 + 1},2\n")
    batches = io.CSVIter(data_csv=str(tmp_path), data_shape=(2,), batch_size=1, dtype="int64")
    assert batches.next().data[0].asnumpy().tolist() == [[2**53 + 1, 2]]


@pytest.mark.parametrize(("text", "message"), [
    ("1,2,3\n1,2\n", r"a\.csv:2: 2 numbers; needs 3 for the shape \(3,\)"),
    ("1,2,3\n\n1,x,3\n", r"a\.csv:3: could not convert string to float: .*; needs numbers of type float32"),
    ("", "there is no example"),
])  # fmt: skip
def test_csv_mistakes_are_named_by_line(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        io.CSVIter(data_csv=str(tmp_path / "a.csv"), data_shape=(3,), batch_size=1)


def test_csv_files_must_fit(table):
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read: No such file"):
        io.CSVIter(data_csv=str(table / "nowhere.csv"), data_shape=(3,), batch_size=1)
    (table / "y.csv").write_text("1\n")
    with pytest.raises(DataError, match=r"y\.csv: has 1 rows, .*x\.csv 7; needs as many"):
        io.CSVIter(data_csv=str(table / "x.csv"), data_shape=(3,), label_csv=str(table / "y.csv"), batch_size=1)


@pytest.fixture
def mnist(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (7, 4, 5)).astype("uint8")
    (tmp_path / "image").write_bytes(struct.pack(">iiii", 2051, 7, 4, 5) + pixels.tobytes())
    (tmp_path / "label").write_bytes(struct.pack(">ii", 2049, 7) + bytes(range(7)))
    return {"image": str(tmp_path / "image"), "label": str(tmp_path / "label")}, pixels / np.float32(256)


def test_mnist_is_divided_by_256_and_leaves_out_a_part_of_a_batch(mnist):
    files, pixels = mnist
    batches = io.MNISTIter(**files, batch_size=3, shuffle=False)
    found = list(batches)
    assert [batch.label[0].asnumpy().tolist() for batch in found] == [[0, 1, 2], [3, 4, 5]]
    np.testing.assert_array_equal(found[1].data[0].asnumpy(), pixels[3:6, None])
    assert not list(batches)
    batches.reset()
    assert len(list(batches)) == 2
    part = io.MNISTIter(**files, batch_size=1, shuffle=False, flat=True, num_parts=2, part_index=1)
    assert part.provide_data[0].shape == (1, 20)
    assert [batch.label[0].asscalar() for batch in part] == [3, 4, 5, 6]
    orders = [[batch.label[0].asscalar() for batch in io.MNISTIter(**files, batch_size=1, seed=n)] for n in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_prefetching_joins_iterators():
    def made(name, count=7):
        return io.NDArrayIter({name: nd.arange(count)}, {"label": nd.arange(count)}, 3)

    both = io.PrefetchingIter([made("a"), made("b")], [{"a": "left"}, {"b": "right"}], [{"label": "x"}, {"label": "y"}])
    assert [one.name for one in (*both.provide_data, *both.provide_label)] == ["left", "right", "x", "y"]
    assert both.batch_size == 3
    for _ in range(2):
        batches = list(both)
        assert [batch.pad for batch in batches] == [0, 0, 2]
        assert [len(batch.data) for batch in batches] == [2, 2, 2]
        assert batches[1].data[1].asnumpy().tolist() == [3, 4, 5]
        both.reset()
    both.next()
    both.reset()
    assert both.next().data[0].asnumpy().tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="the iterators differ in their numbers of examples"):
        list(io.PrefetchingIter([made("a"), made("b", 4)]))
    with pytest.raises(ParamError, match="there is no iterator"):
        io.PrefetchingIter([])
