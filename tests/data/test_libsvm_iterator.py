"""``LibSVMIter``, dense, and ``contrib.io.DataLoaderIter``."""

import numpy as np
import pytest

import symcli as mx
from symcli.contrib.io import DataLoaderIter
from symcli.errors import DataError, ParamError

ROWS = "1 0:0.5 3:2\n0 1:1  # a remark\n\n1 2:3 4:1\n"


def test_rows_become_dense_batches(tmp_path):
    path = tmp_path / "a.svm"
    path.write_text(ROWS)
    data = mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(5,), batch_size=2)
    batches = [(one.data[0].asnumpy().tolist(), one.label[0].asnumpy().tolist(), one.pad) for one in data]
    first, second, third = [0.5, 0, 0, 2, 0], [0, 1, 0, 0, 0], [0, 0, 3, 0, 1]
    assert batches == [([first, second], [1, 0], 0), ([third, first], [1, 1], 1)]
    labels = tmp_path / "b.svm"
    labels.write_text("0:1 1:2\n1:3\n0:4\n")
    data = mx.io.LibSVMIter(str(path), 5, 3, label_libsvm=str(labels), label_shape=(2,))
    assert next(data).label[0].asnumpy().tolist() == [[1, 2], [0, 3], [4, 0]]


def test_mistakes_are_told_by_line(tmp_path):
    path = tmp_path / "a.svm"
    path.write_text(ROWS)
    with pytest.raises(
        DataError, match=r"a\.svm:4: has the index 4; data_shape says 4 values, and indices count from 0"
    ):
        mx.io.LibSVMIter(str(path), (4,), 2)
    with pytest.raises(ParamError, match="has no parameter data_csv"):
        mx.io.LibSVMIter(str(path), (5,), 2, data_csv="x")
    path.write_text("1 0:a\n")
    with pytest.raises(DataError, match=r"a\.svm:1: .*needs lines as 1 0:0\.5 7:1\.25"):
        mx.io.LibSVMIter(str(path), (5,), 2)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        mx.io.LibSVMIter(str(tmp_path / "none"), (5,), 2)


def test_a_loader_feeds_a_module():
    data, label = np.arange(10, dtype="float32").reshape(5, 2), np.arange(5, dtype="float32")
    loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(data, label), 2)
    batches = DataLoaderIter(loader)
    for _ in range(2):
        found = [(one.data[0].asnumpy().tolist(), one.label[0].asnumpy().tolist(), one.pad) for one in batches]
        assert found[:2] == [([[0, 1], [2, 3]], [0, 1], 0), ([[4, 5], [6, 7]], [2, 3], 0)]
        assert found[2] == ([[8, 9], [0, 0]], [4, 0], 1)
        batches.reset()
    net = mx.sym.LinearRegressionOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1),
                                        mx.sym.Variable("softmax_label"))  # fmt: skip
    mx.mod.Module(net).fit(DataLoaderIter(loader), eval_metric="mse", num_epoch=1)
