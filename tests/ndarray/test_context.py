import pickle
import threading

import pytest

import symcli as mx
from symcli import nd
from symcli.errors import MXNetError
from symcli.ndarray.context import gpu_memory_info, read_context


def test_devices_compare_by_type_and_number():
    assert mx.cpu() == mx.cpu(0) == mx.Context("cpu") == mx.Context(mx.cpu())
    assert mx.cpu() != mx.cpu(1) and mx.cpu() != mx.cpu_pinned() and mx.cpu() != "cpu(0)"
    assert {mx.cpu(): 1}[mx.cpu(0)] == 1
    assert pickle.loads(pickle.dumps(mx.cpu(3))) == mx.cpu(3)


def test_device_says_what_it_is():
    device = mx.cpu_pinned(2)
    assert (device.device_type, device.device_typeid, device.device_id, str(device)) == (
        "cpu_pinned",
        3,
        2,
        "cpu_pinned(2)",
    )
    assert mx.Context.devtype2str[1] == "cpu" and mx.Context.devstr2type["gpu"] == 2
    assert device.empty_cache() is None


def test_block_sets_the_default_device():
    with mx.cpu(2):
        with mx.cpu(3):
            assert nd.zeros((1,)).context == mx.cpu(3)
        assert mx.current_context() == nd.array([1]).context == nd.random.uniform().context == mx.cpu(2)
    assert mx.current_context() == mx.cpu()


def test_default_device_is_a_threads_own():
    seen = []
    with mx.cpu(2):
        thread = threading.Thread(target=lambda: seen.append(mx.current_context()))
        thread.start()
        thread.join()
    assert seen == [mx.cpu()]


def test_there_is_no_gpu():
    assert mx.num_gpus() == 0
    for call in (mx.gpu, gpu_memory_info, lambda: mx.Context("gpu", 1)):
        with pytest.raises(MXNetError, match="CPU only"):
            call()


def test_devices_are_read_from_text():
    assert read_context("cpu(1)") == mx.cpu(1)
    assert read_context(None) == mx.cpu()
    for wrong in ("tpu(0)", "cpu(", 5):
        with pytest.raises(MXNetError):
            read_context(wrong)
