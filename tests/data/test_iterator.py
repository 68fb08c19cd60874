"""Iterators over batches; the shuffled orders were recorded from MXNet 1.9.1."""

import numpy as np
import pytest

import symcli as mx


def epochs(iterator, count=1):
    """Return for each epoch the batches' first data array and padding."""
    found = []
    for _ in range(count):
        found.append([(batch.data[0].asnumpy().tolist(), batch.pad) for batch in iterator])
        iterator.reset()
    return found


def test_last_batch_is_padded_from_the_beginning():
    got = epochs(mx.io.NDArrayIter(np.arange(5), batch_size=3), 2)
    assert got == [[([0, 1, 2], 0), ([3, 4, 0], 1)]] * 2


def test_padding_repeats_few_examples():
    assert epochs(mx.io.NDArrayIter(np.arange(3), None, 8)) == [[([0, 1, 2, 0, 1, 2, 0, 1], 5)]]


def test_discard_leaves_the_rest_out():
    got = epochs(mx.io.NDArrayIter(np.arange(5), batch_size=3, last_batch_handle="discard"), 2)
    assert got == [[([0, 1, 2], 0)]] * 2


def test_roll_over_keeps_the_rest_for_the_next_epoch():
    iterator = mx.io.NDArrayIter(np.arange(5), batch_size=3, last_batch_handle="roll_over")
    assert epochs(iterator, 3) == [[([0, 1, 2], 0)], [([3, 4, 0], 2), ([1, 2, 3], 0)], [([4, 0, 1], 1), ([2, 3, 4], 0)]]
    next(iterator)
    iterator.hard_reset()
    assert epochs(iterator) == [[([0, 1, 2], 0)]]


SHUFFLED = {
    "pad": [[([6, 2, 4], 0), ([1, 0, 5], 0), ([3, 6, 2], 2)], [([5, 4, 6], 0), ([0, 3, 2], 0), ([1, 5, 4], 2)]],
    "discard": [[([6, 2, 4], 0), ([1, 0, 5], 0)], [([5, 4, 6], 0), ([0, 3, 2], 0)]],
    "roll_over": [[([6, 2, 4], 0), ([1, 0, 5], 0)], [([3, 5, 4], 1), ([6, 0, 3], 0)],
                  [([2, 1, 5], 2), ([4, 0, 3], 0), ([2, 6, 1], 0)], [([1, 5, 0], 0), ([3, 6, 4], 0)]],
}  # fmt: skip


@pytest.mark.parametrize("handle", SHUFFLED)
def test_shuffled_order_is_mxnets(handle):
    np.random.seed(5)
    iterator = mx.io.NDArrayIter(np.arange(7), None, 3, shuffle=True, last_batch_handle=handle)
    assert epochs(iterator, len(SHUFFLED[handle])) == SHUFFLED[handle]


def test_labels_are_shuffled_with_their_data():
    for batch in mx.io.NDArrayIter(np.arange(20), np.arange(20) * 10, 4, shuffle=True):
        np.testing.assert_array_equal(batch.label[0].asnumpy(), 10 * batch.data[0].asnumpy())


def test_names_shapes_and_types_are_described():
    one = mx.io.NDArrayIter(np.ones((6, 2), "uint8"), mx.nd.ones((6,), dtype="int32"), 3)
    assert one.provide_data == [("data", (3, 2))] and one.provide_label == [("softmax_label", (3,))]
    assert (one.provide_data[0].dtype, one.provide_label[0].dtype) == (np.float32, np.int32)
    many = mx.io.NDArrayIter([np.ones((4, 2)), np.ones((4, 1))], {"y": np.ones(4)}, 2)
    assert [desc.name for desc in many.provide_data + many.provide_label] == ["_0_data", "_1_data", "y"]
    assert mx.io.NDArrayIter(np.ones(4), np.ones(4), 2, data_name="x", label_name="t").provide_label[0].name == "t"


def test_layout_says_the_batch_axis():
    iterator = mx.io.NDArrayIter(np.arange(10).reshape(2, 5), batch_size=3, layout="TN")
    assert iterator.provide_data == [("data", (2, 3))]
    assert [batch.data[0].asnumpy().tolist() for batch in iterator] == [[[0, 1, 2], [5, 6, 7]], [[3, 4, 0], [8, 9, 5]]]


def test_batches_are_copies():
    data = mx.nd.array(np.arange(4))
    next(mx.io.NDArrayIter(data, batch_size=2)).data[0][:] = 9
    assert data.asnumpy().tolist() == [0, 1, 2, 3]


def test_resize_iter_begins_again_and_breaks_off():
    iterator = mx.io.NDArrayIter(np.arange(4), batch_size=2)
    assert epochs(mx.io.ResizeIter(iterator, 3)) == [[([0, 1], 0), ([2, 3], 0), ([0, 1], 0)]]
    going_on = mx.io.ResizeIter(mx.io.NDArrayIter(np.arange(6), batch_size=2), 2, reset_internal=False)
    assert epochs(going_on, 2) == [[([0, 1], 0), ([2, 3], 0)], [([4, 5], 0), ([0, 1], 0)]]
    assert going_on.provide_data == [("data", (2,))]


def test_own_iterator_defines_iter_next_and_getdata():
    class Three(mx.io.DataIter):
        count = 0

        def iter_next(self):
            self.count += 1
            return self.count <= 3

        def getdata(self):
            return [mx.nd.array([self.count])]

    assert [batch.data[0].asscalar() for batch in Three(1)] == [1, 2, 3]


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: mx.io.NDArrayIter([]), mx.MXNetError, "there is no data"),
    (lambda: mx.io.NDArrayIter({"a": np.ones(4), "b": np.ones(3)}), mx.MXNetError, "than the first: a 4, b 3"),
    (lambda: mx.io.NDArrayIter(np.ones(4), last_batch_handle="drop"), ValueError, "last_batch_handle='drop'"),
    (lambda: mx.io.NDArrayIter({"a": "text"}), TypeError, "a is a str that is no array"),
    (lambda: mx.io.DataBatch(np.ones(3)), TypeError, "data is a ndarray; needs a list"),
])  # fmt: skip
def test_wrong_data_is_said(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_data_desc_is_a_pair():
    desc = mx.io.DataDesc("data", (2, 3), layout="TNC")
    assert desc == ("data", (2, 3)) and repr(desc) == "DataDesc[data,(2, 3),<class 'numpy.float32'>,TNC]"
    assert [mx.io.DataDesc.get_batch_axis(layout) for layout in (None, "NCHW", "TNC", "")] == [0, 0, 1, -1]
    listed = mx.io.DataDesc.get_list([("a", (1,))], [("a", np.int32)])
    assert listed[0].dtype == np.int32


def test_batch_shows_its_shapes():
    assert str(mx.io.DataBatch([mx.nd.ones((2, 3))])) == "DataBatch: data shapes: [(2, 3)] label shapes: None"
