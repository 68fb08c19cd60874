"""Models on disk. ``samples/mxnet-*`` were written by MXNet 1.9.1: three epochs of a small network by ``Module.fit``;
``mxnet.npz`` holds its inputs, its outputs, and those after MXNet trained two epochs more.
"""

import pathlib

import numpy as np
import pytest

import symcli as mx

PREFIX = str(pathlib.Path(__file__).parent / "samples" / "mxnet")


@pytest.fixture
def recorded():
    return np.load(PREFIX + ".npz")


def load(prefix=PREFIX, epoch=3, **kwargs):
    module = mx.mod.Module.load(prefix, epoch, **kwargs)
    module.bind([("data", (4, 1, 5, 5))], [("softmax_label", (4,))])
    return module


def train(module, data, begin, end):
    labels = data.mean((1, 2, 3)) > 0
    module.fit(mx.io.NDArrayIter(data, labels, 4), begin_epoch=begin, num_epoch=end,
               optimizer_params={"learning_rate": 0.1, "momentum": 0.9})  # fmt: skip
    return module


def predict(module, data):
    return module.predict(mx.io.NDArrayIter(data, None, 4)).asnumpy()


def test_mxnets_checkpoint_predicts_as_in_mxnet(recorded):
    np.testing.assert_allclose(predict(load(), recorded["data"]), recorded["output"], 1e-5, 1e-6)


def test_training_goes_on_as_in_mxnet(recorded):
    module = train(load(), recorded["data"], 3, 5)
    np.testing.assert_allclose(predict(module, recorded["data"]), recorded["continued"], 1e-4, 1e-5)


def test_files_written_here_are_mxnets_byte_for_byte(tmp_path):
    mx.model.save_checkpoint(str(tmp_path / "ours"), 3, *mx.model.load_checkpoint(PREFIX, 3))
    for ending in ("-symbol.json", "-0003.params"):
        ours, theirs = (pathlib.Path(prefix + ending).read_bytes() for prefix in (str(tmp_path / "ours"), PREFIX))
        assert ours.split() == theirs.split() if ending.endswith("json") else ours == theirs


def test_training_resumes_exactly_with_optimizer_states(tmp_path, recorded):
    prefix, data = str(tmp_path / "model"), recorded["data"]
    whole = train(load(), data, 3, 6)
    module = train(load(), data, 3, 5)
    module.save_checkpoint(prefix, 5, save_optimizer_states=True)
    resumed = train(load(prefix, 5, load_optimizer_states=True), data, 5, 6)
    for name, array in whole.get_params()[0].items():
        np.testing.assert_array_equal(resumed.get_params()[0][name].asnumpy(), array.asnumpy())


def test_save_and_load_params(tmp_path):
    module, path = load(), str(tmp_path / "some.params")
    module.save_params(path)
    other = mx.mod.Module(module.symbol)
    other.bind([("data", (4, 1, 5, 5))], [("softmax_label", (4,))])
    other.load_params(path)
    for ours, theirs in zip(other.get_params(), module.get_params(), strict=True):
        assert {k: v.asnumpy().tolist() for k, v in ours.items()} == {
            k: v.asnumpy().tolist() for k, v in theirs.items()
        }


def test_arrays_without_names_are_no_checkpoint(tmp_path):
    mx.nd.save(str(tmp_path / "list-0001.params"), [mx.nd.ones((2,))])
    with pytest.raises(mx.MXNetError, match="1 arrays without names; needs arg:NAME and aux:NAME"):
        mx.model.load_params(str(tmp_path / "list"), 1)


def test_optimizer_states_that_cannot_be_read_are_said(tmp_path):
    module = load()
    with pytest.raises(mx.MXNetError, match="call init_optimizer first"):
        module.save_optimizer_states(str(tmp_path / "x.states"))
    module.init_optimizer()
    (tmp_path / "x.states").write_bytes(b"no states")
    with pytest.raises(mx.MXNetError, match="optimizer states: 9 bytes that cannot be read"):
        module.load_optimizer_states(str(tmp_path / "x.states"))
