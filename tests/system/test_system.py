"""What MXNet's programs ask of the library itself: features, modes, logs, the profiler."""

import json
import logging

import numpy as np
import pytest

import symcli as mx
from symcli import contrib, engine, libinfo, log, runtime, util
from symcli.errors import MXNetError
from symcli.ndarray import watch


def network():
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    hidden = mx.sym.Activation(hidden, act_type="relu", name="relu1")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=3, name="fc2"), name="softmax")


@pytest.fixture
def profiler(tmp_path, monkeypatch):
    """Return the profiler, which is as new, and is off afterwards."""
    from symcli.system import profiler

    monkeypatch.setattr(profiler, "_profile", profiler._Profile())
    profiler.set_config(filename=str(tmp_path / "trace.json"), aggregate_stats=True)
    yield profiler
    profiler.set_state("stop")
    assert watch.told is None


def bound(mode):
    executor = network().simple_bind(mx.cpu(), data=(4, 5))
    executor.mode = mode
    for i, name in enumerate(executor.arg_dict):
        executor.arg_dict[name][:] = mx.nd.array(np.random.RandomState(i).rand(*executor.arg_dict[name].shape))
    return executor


@pytest.mark.parametrize("mode", ["engine", "replay", "interpreter"])
def test_a_trace_has_every_node_and_changes_nothing(profiler, mode, tmp_path):
    plain, watched = bound(mode), bound(mode)
    plain.forward(is_train=True)
    plain.backward()
    profiler.set_state("run")
    for _ in range(2):
        watched.forward(is_train=True)
        watched.backward()
    profiler.dump()
    assert watch.told is None  # dump has ended it
    for name, grad in plain.grad_dict.items():
        np.testing.assert_array_equal(grad.asnumpy(), watched.grad_dict[name].asnumpy())
    np.testing.assert_array_equal(plain.outputs[0].asnumpy(), watched.outputs[0].asnumpy())
    trace = json.loads((tmp_path / "trace.json").read_text())
    events = [one for one in trace["traceEvents"] if one["ph"] == "X"]
    for kind in ("forward", "backward"):
        names = {part for one in events if one["cat"] == kind for part in one["name"].split(" + ")}
        assert {"fc1", "relu1", "fc2", "softmax"} <= names
    assert all(one["dur"] >= 0 and one["ts"] >= 0 for one in events)
    assert [one["ts"] for one in events] == sorted(one["ts"] for one in events)


def test_operators_on_arrays_marks_and_tables(profiler, tmp_path):
    profiler.set_state("run")
    mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((3, 2)))
    profiler.pause()
    mx.nd.exp(mx.nd.ones((2,)))
    profiler.resume()
    mine = profiler.Domain("mine")
    with mine.new_task("load"), profiler.Event("all"):
        pass
    counter = mine.new_counter("seen", 1)
    counter += 2
    counter -= 1
    mine.new_marker("here").mark()
    profiler.set_state("stop")
    mx.nd.log(mx.nd.ones((2,)))
    table = profiler.dumps()
    assert "\ndot " in table and "load" in table and "exp" not in table and "\nlog " not in table
    times = json.loads(profiler.dumps(reset=True, format="json", sort_by="count"))["Time"]
    assert times["imperative"]["dot"]["Count"] == 1 and "load" in times["mine"]
    assert "dot" not in profiler.dumps()
    profiler.dump()
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [one["args"]["seen"] for one in events if one["ph"] == "C"] == [1, 3, 2]
    assert [one["name"] for one in events if one["ph"] == "i"] == ["here"]


def test_a_monitored_or_trained_network_is_profiled(profiler):
    profiler.set_state("run")
    data = mx.io.NDArrayIter(np.ones((8, 5), "float32"), np.zeros(8), 4)
    mx.mod.Module(network()).fit(data, num_epoch=1)
    profiler.set_state("stop")
    assert json.loads(profiler.dumps(format="json"))["Time"]["backward"]["fc2"]["Count"] % 2 == 0


def test_mistakes_are_told(profiler):
    with pytest.raises(MXNetError, match="there is no option 'filname'; did you mean 'filename'"):
        profiler.set_config(filname="a")
    with pytest.raises(MXNetError, match="'on' is no state; needs run or stop"):
        profiler.set_state("on")
    with pytest.raises(ValueError, match="sort_by='median'; needs one of total, avg, min, max, count"):
        profiler.dumps(sort_by="median")
    profiler.set_config(aggregate_stats=False)
    with pytest.raises(MXNetError, match=r"say set_config\(aggregate_stats=True\) first"):
        profiler.dumps()


def test_features():
    found = runtime.Features()
    assert not found.is_enabled("cuda") and found.is_enabled("OPENCV") and len(found) == 32
    assert "✖ CUDA" in repr(found) and repr(runtime.feature_list()[0]) == "✖ CUDA"
    with pytest.raises(RuntimeError, match="there is no feature 'TPU'; features: CUDA, CUDNN"):
        found.is_enabled("TPU")


def test_there_is_no_numpy_mode():
    assert not (util.is_np_array() or mx.is_np_shape() or util.set_np_shape(False) or util.get_gpu_count())
    with util.np_shape(False), mx.np_array(False):
        pass
    for asked in (
        lambda: util.set_np(),
        lambda: util.use_np(print),
        lambda: util.np_shape(),
        lambda: util.set_np_shape(True),
    ):
        with pytest.raises(
            MXNetError, match=r"there is no NumPy mode here, mx\.np and mx\.npx are not built; use mx\.nd"
        ):
            asked()
    with pytest.raises(MXNetError, match="there is no GPU 0: symcli computes on the CPU"):
        util.get_gpu_memory(0)


def test_bulks_change_nothing():
    before = engine.set_bulk_size(5)
    with engine.bulk(9):
        assert engine.set_bulk_size(9) == 9
    assert engine.set_bulk_size(before) == 5


def test_loggers_write_as_glog_does(tmp_path, capsys):
    logger = log.get_logger("symcli.test.file", str(tmp_path / "a.log"), level=logging.INFO)
    logger.info("to a file")
    assert log.get_logger("symcli.test.file") is logger and len(logger.handlers) == 1
    assert (tmp_path / "a.log").read_text() == "to a file\n"
    log.get_logger("symcli.test.screen").warning("to the screen")
    line = capsys.readouterr().err
    assert (
        line.startswith("\x1b[31mW") and ":test_loggers_write_as_glog_does:" in line and "\x1b[0m to the screen" in line
    )
    with pytest.warns(DeprecationWarning, match="Use get_logger"):
        log.getLogger("symcli.test.file")


def test_library_and_contrib():
    assert libinfo.__version__ == "1.9.1" and libinfo.find_lib_path()
    with pytest.raises(RuntimeError, match="has no C\\+\\+ headers"):
        libinfo.find_include_path()
    assert contrib.nd is mx.nd.contrib and contrib.sym is mx.sym.contrib and contrib.ndarray.box_nms


@pytest.mark.parametrize(("module", "name", "words"), [
    (mx, "np", "use mx.nd and mx.sym: there is no NumPy mode"),
    (mx, "onnx", "use symcli convert"),
    (mx.gluon, "nn", "mx.gluon.nn is not built; use mx.sym for networks, mx.mod.Module to train them"),
    (mx.gluon, "Trainer", "mx.gluon.Trainer is not built; use mx.mod.Module, or mx.optimizer.Updater"),
    (mx.gluon, "foo", "it has Block, HybridBlock, Parameter, SymbolBlock, data, loss, utils"),
    (contrib, "quantization", "use the float32 model"),
])  # fmt: skip
def test_what_is_not_built_is_answered_in_words(module, name, words):
    with pytest.raises(AttributeError, match=words):
        getattr(module, name)


def test_base_tells_numbers_and_texts():
    assert isinstance("a", mx.base.string_types) and not isinstance(b"a", mx.base.string_types)
    assert isinstance(np.int32(3), mx.base.integer_types) and not isinstance(3.5, mx.base.integer_types)
    assert isinstance(np.float64(3), mx.base.numeric_types) and isinstance(3, mx.base.numeric_types)
    assert mx.base.mx_real_t is np.float32 and mx.base.py_str(b"a") == "a"
    assert mx.base.MXNetError is mx.MXNetError


def test_data_folder_is_mxnets(monkeypatch):
    monkeypatch.setenv("MXNET_HOME", "here")
    assert mx.base.data_dir() == "here"
    monkeypatch.delenv("MXNET_HOME")
    monkeypatch.setenv("HOME", "/users/one")
    assert mx.base.data_dir() == "/users/one/.mxnet"


@pytest.mark.parametrize("name", ["_LIB", "check_call", "c_str", "NDArrayHandle"])
def test_there_is_no_c_library(name):
    with pytest.raises(AttributeError, match=f"'{name}'; there is no C library behind symcli"):
        getattr(mx.base, name)
