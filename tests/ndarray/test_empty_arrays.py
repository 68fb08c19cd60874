"""Arrays without elements: what MXNet 1.9.1 makes of them under ``mx.util.np_shape()``."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ShapeError

nd = mx.nd


def none(*shape):
    return nd.array(np.zeros(shape))


def rows():
    return nd.arange(6).reshape((2, 3))


@pytest.mark.parametrize(("make", "shape"), [
    (lambda: nd.array([]), (0,)),
    (lambda: nd.zeros((0, 3)), (0, 3)),
    (lambda: nd.full((0, 2), 3), (0, 2)),
    (lambda: nd.ones((2, 0)), (2, 0)),
    (lambda: rows()[1:1], (0, 3)),
    (lambda: rows()[5:], (0, 3)),
    (lambda: rows()[:, 3:], (2, 0)),
    (lambda: rows()[[]], (0, 3)),
    (lambda: nd.contrib.boolean_mask(rows(), nd.zeros(2)), (0, 3)),
    (lambda: nd.concat(none(0, 3), none(0, 3), dim=0), (0, 3)),
    (lambda: nd.concat(none(0, 3), none(0, 2), dim=1), (0, 5)),
    (lambda: nd.stack(none(0, 3), none(0, 3)), (2, 0, 3)),
    (lambda: none(0, 3).argmax(axis=1), (0,)),
    (lambda: none(0, 3).max(axis=1), (0,)),
    (lambda: none(0, 3).sum(axis=1, keepdims=True), (0, 1)),
    (lambda: none(0, 3).topk(k=1, axis=1), (0, 1)),
    (lambda: none(0, 3).T, (3, 0)),
    (lambda: none(0, 3).reshape((-1,)), (0,)),
    (lambda: nd.relu(none(0, 3)) * 2 + none(0, 3), (0, 3)),
    (lambda: nd.broadcast_add(none(0, 3), nd.ones((1, 3))), (0, 3)),
    (lambda: nd.dot(none(0, 3), nd.ones((3, 4))), (0, 4)),
    (lambda: nd.FullyConnected(none(0, 3), nd.ones((4, 3)), nd.ones(4), num_hidden=4), (0, 4)),
    (lambda: nd.Convolution(none(0, 3, 5, 5), nd.ones((4, 3, 3, 3)), nd.ones(4), kernel=(3, 3), num_filter=4,
                            stride=(2, 2)), (0, 4, 2, 2)),
    (lambda: nd.BatchNorm(none(0, 3, 5, 5), *[nd.ones(3)] * 4), (0, 3, 5, 5)),
    (lambda: nd.Pooling(none(0, 3, 4, 4), kernel=(2, 2), stride=(2, 2)), (0, 3, 2, 2)),
    (lambda: nd.softmax(none(3, 0)), (3, 0)),
    (lambda: nd.take(rows(), nd.array([])), (0, 3)),
    (lambda: nd.Embedding(none(0), nd.ones((4, 3)), input_dim=4, output_dim=3), (0, 3)),
    (lambda: nd.one_hot(none(0), 3), (0, 3)),
    (lambda: nd.split(none(0, 4), num_outputs=2, axis=1)[1], (0, 2)),
    (lambda: nd.tile(none(0, 3), reps=(2, 2)), (0, 6)),
    (lambda: nd.pad(none(0, 1, 2, 2), mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 1, 1)), (0, 1, 4, 4)),
    (lambda: nd.flatten(none(0, 3, 4)), (0, 12)),
    (lambda: nd.where(none(0, 3), none(0, 3), none(0, 3)), (0, 3)),
    (lambda: nd.contrib.box_iou(none(0, 4), nd.ones((2, 4))), (0, 2)),
])  # fmt: skip
def test_no_elements_of_no_elements(make, shape):
    assert make().shape == make().asnumpy().shape == shape


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda: nd.concat(rows(), rows()[1:1], dim=0), [[0, 1, 2], [3, 4, 5]]),
    (lambda: none(0, 3).sum(), [0]),
    (lambda: none(0, 3).sum(axis=0), [0, 0, 0]),
    (lambda: none(0, 3).mean(axis=0), [np.nan] * 3),
    (lambda: nd.prod(none(0, 3), axis=0), [1, 1, 1]),
    (lambda: nd.norm(none(0, 3)), [0]),
    (lambda: nd.shape_array(none(0, 3)), [0, 3]),
    (lambda: nd.size_array(none(0, 3)), [0]),
])  # fmt: skip
def test_elements_of_no_elements(make, wanted):
    np.testing.assert_array_equal(make().asnumpy(), wanted)


@pytest.mark.parametrize(("run", "message"), [
    (lambda: none(0, 3).max(axis=0), r"max: no elements in data \(0, 3\): nothing to make \(3,\) of"),
    (lambda: none(0, 3).argmax(axis=0), r"argmax: no elements in data \(0, 3\)"),
    (lambda: nd.dot(none(4, 0), none(0, 3)), r"dot: no elements in lhs \(4, 0\), rhs \(0, 3\)"),
    (lambda: none(0, 3) + none(1, 2), r"needs equal shapes|do not broadcast|different shapes"),
    (lambda: nd.concat(none(0, 3), none(0, 2), dim=0), r"Concat.*\n"),
])  # fmt: skip
def test_what_cannot_be_made_is_refused(run, message):
    with pytest.raises(ShapeError, match=message) as caught:
        run()
    assert "665280" not in str(caught.value)


@pytest.mark.parametrize(("loss", "wanted"), [
    (lambda a: nd.concat(a[1:1], a * 2, dim=0).sum(), 2),
    (lambda a: nd.contrib.boolean_mask(a, nd.zeros(2)).sum(), 0),
    (lambda a: nd.dot(a, nd.ones((3, 4)))[2:].sum() + a.sum(), 1),
])  # fmt: skip
def test_gradients_through_arrays_without_elements(loss, wanted):
    a = nd.ones((2, 3))
    a.attach_grad()
    with mx.autograd.record():
        made = loss(a)
    made.backward()
    np.testing.assert_array_equal(a.grad.asnumpy(), np.full((2, 3), wanted))


def test_the_gradient_of_an_array_without_elements_has_none():
    a = none(0, 3)
    a.attach_grad()
    with mx.autograd.record():
        loss = (a * 2).sum()
    loss.backward()
    assert a.grad.shape == (0, 3)


def test_files_iterators_and_metrics_take_them(tmp_path):
    nd.save(str(tmp_path / "a.params"), {"a": none(0, 3)})
    assert nd.load(str(tmp_path / "a.params"))["a"].shape == (0, 3)
    assert list(mx.io.NDArrayIter(np.zeros((0, 3)), batch_size=2)) == []
    metric = mx.metric.Accuracy()
    metric.update([none(0)], [none(0, 3)])
    assert np.isnan(metric.get()[1])


def test_a_graph_is_not_bound_to_them():
    with pytest.raises(
        MXNetError, match=r"bind: data is \(0, 3\), an array without elements; to a graph 0 is an unknown"
    ):
        (mx.sym.Variable("data") * 2).bind(mx.cpu(), {"data": none(0, 3)})
