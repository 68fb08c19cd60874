"""``mx.model.FeedForward``: fitted, asked and saved as in MXNet's old programs."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

pytestmark = pytest.mark.filterwarnings("ignore:mxnet.model.FeedForward has been deprecated")


def network():
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    hidden = mx.sym.Activation(hidden, act_type="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=2, name="fc2"), name="softmax")


def examples():
    data = np.random.RandomState(1).normal(0, 1, (70, 3)).astype(np.float32)
    return data, (data.sum(1) > 0).astype(np.float32)


def test_it_is_a_module():
    data, label = examples()
    mx.random.seed(3)
    model = mx.model.FeedForward(network(), num_epoch=2, learning_rate=0.1, momentum=0.9)
    model.fit(mx.io.NDArrayIter(data, label, 10))
    mx.random.seed(3)
    module = mx.mod.Module(network())
    options = {"learning_rate": 0.1, "momentum": 0.9}
    module.fit(mx.io.NDArrayIter(data, label, 10), num_epoch=2, optimizer_params=options)
    for name, one in module.get_params()[0].items():
        np.testing.assert_array_equal(model.arg_params[name].asnumpy(), one.asnumpy())


def test_arrays_files_and_what_it_learned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, label = examples()
    seen = []
    model = mx.model.FeedForward.create(
        network(), data, label, num_epoch=30, learning_rate=0.5, initializer=mx.init.Xavier(), numpy_batch_size=16,
        eval_data=(data, label), epoch_end_callback=lambda epoch, *_: seen.append(epoch),
    )  # fmt: skip
    assert seen == list(range(30)) and model.score(mx.io.NDArrayIter(data, label, 16)) > 0.95
    outputs = model.predict(data)
    assert isinstance(outputs, np.ndarray) and outputs.shape == (70, 2)
    model.save("old")
    again = mx.model.FeedForward.load("old", 30, num_epoch=31, learning_rate=0.0)
    np.testing.assert_array_equal(again.predict(data), outputs)
    found, given, labels = again.predict(mx.io.NDArrayIter(data, label, 16), return_data=True)
    assert np.array_equal(given, data) and np.array_equal(labels, label) and np.array_equal(found, outputs)
    again.fit(data, label)  # goes on from epoch 30, without a step
    np.testing.assert_allclose(again.predict(data), outputs, 1e-6)


def test_an_epoch_is_as_many_batches_as_asked_for():
    data, label = examples()
    batches = []
    model = mx.model.FeedForward(network(), num_epoch=2, epoch_size=3)
    model.fit(
        mx.io.NDArrayIter(data, label, 10), batch_end_callback=lambda one: batches.append((one.epoch, one.nbatch))
    )
    assert batches == [(epoch, number) for epoch in range(2) for number in range(3)]


def test_mistakes_are_told():
    data, label = examples()
    model = mx.model.FeedForward(network())
    with pytest.raises(MXNetError, match="needs num_epoch"):
        model.fit(data, label)
    with pytest.raises(MXNetError, match="there are no parameters yet"):
        model.predict(data)
    with pytest.raises(ValueError, match="70 data and 3 labels"):
        mx.model.FeedForward(network(), num_epoch=1).fit(data, label[:3])
    with pytest.raises(ValueError, match="y must be given"):
        mx.model.FeedForward(network(), num_epoch=1).fit(data)
    with pytest.raises(MXNetError, match="BucketingModule"):
        mx.model.FeedForward(lambda key: network())
