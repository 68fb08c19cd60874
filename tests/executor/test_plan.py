"""One arena for the values and gradients of a step, whatever happens between forward and backward."""

import itertools
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symcli as mx
from symcli.executor.plan import Span, assign
from tests.engine.compare import bound

S = mx.sym


# ---- places


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.integers(0, 6)), max_size=30))
def test_what_lives_at_one_time_lies_apart(drawn):
    spans = [Span(64 * size, first, first + length) for size, first, length in drawn]
    offsets = assign(spans)
    for (a, x), (b, y) in itertools.combinations(zip(spans, offsets, strict=True), 2):
        if a.first <= b.last and b.first <= a.last and a.size and b.size:
            assert x + a.size <= y or y + b.size <= x
    assert all(offset % 64 == 0 for offset in offsets)


def test_the_smallest_gap_that_fits_is_taken():
    spans = [Span(640, 0, 9), Span(320, 0, 2), Span(256, 0, 9), Span(192, 0, 3), Span(128, 0, 9), Span(64, 4, 9)]
    assert assign(spans) == [0, 640, 960, 1216, 1408, 1216]


# ---- networks

IMAGE = {"data": (16, 3, 12, 16)}


def conv(x: Any, filters: int, name: str, kernel: int = 3, stride: int = 1, groups: int = 1, relu: bool = True) -> Any:
    x = S.Convolution(x, num_filter=filters, kernel=(kernel, kernel), pad=(kernel // 2,) * 2, stride=(stride, stride),
                      num_group=groups, no_bias=True, name=name)  # fmt: skip
    x = S.BatchNorm(x, fix_gamma=False, name=f"{name}_norm")
    return S.Activation(x, act_type="relu", name=f"{name}_relu") if relu else x


def residual() -> tuple[Any, dict[str, tuple]]:
    x = conv(S.Variable("data"), 16, "first")
    y = conv(conv(x, 16, "a"), 16, "b", relu=False)
    x = S.Activation(y + x, act_type="relu")
    y = conv(conv(x, 24, "c", stride=2), 24, "d", relu=False)
    x = S.Activation(y + conv(x, 24, "e", 1, 2, relu=False), act_type="relu")
    x = S.Flatten(S.Pooling(x, global_pool=True, pool_type="avg", kernel=(1, 1)))
    return S.SoftmaxOutput(S.FullyConnected(x, num_hidden=5, name="fc"), name="softmax"), IMAGE


def separable() -> tuple[Any, dict[str, tuple]]:
    x = conv(S.Variable("data"), 8, "first", stride=2)
    for i in range(2):
        x = conv(conv(x, 8, f"deep{i}", groups=8), 8, f"point{i}", 1)
    x = S.Concat(S.slice_axis(x, axis=1, begin=0, end=3), S.sigmoid(x) * 0.5, dim=1)
    return S.LinearRegressionOutput(S.FullyConnected(S.Flatten(x), num_hidden=3, name="fc"), name="loss"), IMAGE


def lenet() -> tuple[Any, dict[str, tuple]]:
    x = S.Variable("data")
    for i, filters in enumerate((8, 12)):
        x = S.Activation(S.Convolution(x, num_filter=filters, kernel=(5, 5), name=f"conv{i}"), act_type="tanh")
        x = S.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = S.Dropout(S.Activation(S.FullyConnected(S.Flatten(x), num_hidden=20, name="fc0"), act_type="tanh"), p=0.5)
    return S.SoftmaxOutput(S.FullyConnected(x, num_hidden=10, name="fc1"), name="softmax"), {"data": (16, 1, 28, 28)}


def language() -> tuple[Any, dict[str, tuple]]:
    x = S.Embedding(S.Variable("data"), input_dim=30, output_dim=12, name="embedding")
    x = S.Dropout(S.RNN(x, state_size=16, num_layers=2, mode="lstm", name="lstm"), p=0.3)
    x = S.FullyConnected(S.Reshape(x, shape=(-1, 16)), num_hidden=30, name="decoder")
    return S.SoftmaxOutput(x, S.Reshape(S.Variable("softmax_label"), shape=(-1,)), name="softmax"), {
        "data": (7, 4), "softmax_label": (7, 4), "lstm_state": (2, 4, 16), "lstm_state_cell": (2, 4, 16),
    }  # fmt: skip


def heads_in_the_middle() -> tuple[Any, dict[str, tuple]]:
    x = conv(S.Variable("data"), 8, "first")
    y = S.relu(S.Convolution(x, num_filter=4, kernel=(3, 3), dilate=(2, 2), pad=(2, 2), name="second"))
    loss = S.SoftmaxOutput(S.FullyConnected(y, num_hidden=4, name="fc"), name="softmax")
    total = S.broadcast_add(y, S.sum(y, axis=1, keepdims=True), name="total")
    return S.Group([x, loss, S.BlockGrad(y, name="blocked"), total]), IMAGE


NETWORKS = [residual, separable, lenet, language, heads_in_the_middle]


def executor(network: Any, grad_req: Any = "write") -> Any:
    symbol, shapes = network()
    return bound(symbol, shapes, "engine", grad_req, {}, 3)


def head_gradients(one: Any) -> list[Any]:
    rng = np.random.default_rng(5)
    return [mx.nd.array(rng.standard_normal(output.shape)) for output in one.outputs]


def answers(one: Any) -> dict[str, bytes]:
    """Return the bytes of all that a user can see."""
    found = {**one.output_dict, **one.aux_dict, **{f"{name}'": array for name, array in one.grad_dict.items()}}
    return {name: array.asnumpy().tobytes() for name, array in found.items() if array is not None}


def arena(one: Any) -> Any:
    return one._lowered.arena


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("grad_req", ["write", "add", "null"])
def test_what_memory_held_before_changes_nothing(network, grad_req):
    found = []
    for byte in (0, 0xFF):  # 0xFFFFFFFF is not a number
        one = executor(network, grad_req)
        for is_train in (True, False, True):
            arena(one).block.fill(byte)
            one.forward(is_train=is_train)
            if grad_req != "null":
                one.backward(head_gradients(one))
        found.append(answers(one))
    assert found[0] == found[1]
    numbers = np.concatenate([output.asnumpy().reshape(-1) for output in one.outputs])
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("network", NETWORKS)
def test_values_share_memory(network):
    apart = sum(span.size for span in arena(executor(network))._spans)
    assert arena(executor(network)).planned < 0.9 * apart


@pytest.mark.parametrize("network", NETWORKS)
def test_backward_twice_gives_the_same_twice(network):
    once, twice = executor(network), executor(network)
    heads = head_gradients(once)
    for one, times in ((once, 1), (twice, 2)):
        one.forward(is_train=True)
        for _ in range(times):
            one.backward(heads)
        if times == 1:
            expected = {name: array.asnumpy() for name, array in one.grad_dict.items()}
    for name, array in twice.grad_dict.items():
        np.testing.assert_array_equal(array.asnumpy(), expected[name], err_msg=name)


def test_forward_twice_goes_back_from_the_second():
    one, other = executor(lenet), executor(lenet)
    one.forward(is_train=True)
    for each in (one, other):
        each.arg_dict["data"][:] = 0.5
        each._key[2] = 7
        each.forward(is_train=True)
        each.backward()
    assert answers(one) == answers(other)


def test_heads_may_have_other_gradients_than_at_first():
    one, other = executor(heads_in_the_middle), executor(heads_in_the_middle)
    heads = head_gradients(one)
    given = [heads[0], None, None, heads[3]]
    one.forward(is_train=True)
    one.backward(heads)
    for each in (one, other):
        each.forward(is_train=True)
        each.backward(given)
    assert {name: value for name, value in answers(one).items() if name.endswith("'")} == {
        name: value for name, value in answers(other).items() if name.endswith("'")
    }


def test_outputs_that_a_user_keeps_are_not_used_again():
    one = executor(residual)
    kept = one.forward(is_train=False)[0]
    before = kept.asnumpy()
    arena(one).block.fill(0xFF)
    one.backward()
    np.testing.assert_array_equal(kept.asnumpy(), before)


# ---- several executors over one block


def test_reshaped_executors_take_turns_in_one_block():
    one = executor(residual)
    small = one.reshape(allow_up_sizing=True, data=(8, 3, 12, 16), softmax_label=(8,))
    one.forward(is_train=True)
    alone = executor(residual)
    alone.forward(is_train=True)
    small.forward(is_train=True)
    assert arena(small).block is arena(one).block
    for each in (one, alone):
        each.backward()
    gradients = [{name: array.asnumpy() for name, array in each.grad_dict.items() if name not in IMAGE}
                 for each in (one, alone)]  # fmt: skip
    for name in gradients[0]:
        np.testing.assert_array_equal(gradients[0][name], gradients[1][name], err_msg=name)


def test_a_larger_executor_brings_a_larger_block():
    one = executor(residual)
    one.forward()
    large = one.reshape(allow_up_sizing=True, data=(256, 3, 48, 48), softmax_label=(256,))
    large.forward()
    other = large.reshape(data=(16, 3, 12, 16), softmax_label=(16,))
    other.forward()
    assert arena(large).block is not arena(one).block
    assert arena(other).block is arena(large).block


def test_devices_have_blocks_of_their_own():
    symbol, shapes = residual()
    module = mx.mod.Module(symbol, context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", shapes["data"])], [("softmax_label", (16,))])
    module.init_params()
    module.forward(mx.io.DataBatch([mx.nd.zeros(shapes["data"])], [mx.nd.zeros((16,))]), is_train=True)
    first, second = (arena(one).block for one in module._group.execs)
    assert first is not second


# ---- what cannot be computed again


class Counted(mx.operator.CustomOp):
    calls = 0

    def forward(self, is_train, req, in_data, out_data, aux):
        Counted.calls += 1
        self.assign(out_data[0], req[0], in_data[0] * Counted.calls)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0])


@mx.operator.register("counted_for_plan")
class CountedProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, shapes, dtypes):
        return Counted()


def test_user_written_operators_run_once_and_their_values_stay():
    x = S.Custom(conv(S.Variable("data"), 8, "first"), op_type="counted_for_plan")
    x = S.SoftmaxOutput(S.FullyConnected(conv(x, 8, "second"), num_hidden=3, name="fc"), name="softmax")
    one = bound(x, IMAGE, "engine", "write", {}, 3)
    Counted.calls = 0
    one.forward(is_train=True)
    one.backward()
    first = answers(one)
    one.backward()
    assert Counted.calls == 1
    assert {name: value for name, value in answers(one).items() if name.endswith("'")} == {
        name: value for name, value in first.items() if name.endswith("'")
    }


# ---- what a run takes

MEASURE = """
import json, os, resource, sys
import symcli as mx
from tests.engine.compare import bound
from tests.executor.test_plan import residual

def resident():
    if os.path.exists("/proc/self/statm"):  # where it exists, ru_maxrss begins at what the parent process has
        return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def trained(batch):
    symbol, _ = residual()
    one = bound(symbol, {"data": (batch, 3, 12, 16)}, "engine", "write", {}, 3)
    for _ in range(2):
        one.forward(is_train=True)
        one.backward()
    return one

kept = trained(64)
before = resident()
large = trained(1024)
planned = large.memory(True)
print(json.dumps([resident() - before, sum(planned.values())]))
"""


def test_a_run_takes_what_was_planned():
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    taken, planned = json.loads(done.stdout)
    assert planned > 64 << 20
    assert 0.9 * planned < taken < 1.05 * planned + (8 << 20)
