"""Where no machine code can be made for a kernel, plain operators take its place, and one warning says so."""

import logging

import numpy as np
import pytest

import symcli as mx
from symcli import engine
from symcli.executor import modes
from symcli.executor.lower.op import Lowered
from symcli.kernels.kernel import NotCompiled
from tests.engine.compare import bound, check
from tests.executor.test_plan import lenet, residual


@pytest.fixture
def broken(monkeypatch):
    """Let the generators of some instructions raise."""
    modes._warned.cache_clear()

    def failing(*kernels):
        for kernel in kernels:
            monkeypatch.setattr(kernel, "run", engine.instruction.Instruction(_unknown(kernel.__name__)))

    yield failing
    modes._warned.cache_clear()


def _unknown(name):
    """Return a body that uses what no compiler knows."""

    def body(p, thread, threads):
        lowers_nothing_known(p)  # noqa: F821

    body.__name__ = name
    return body


def operators(executor):
    return [type(step.op).__name__ for step in executor._lowered.program.steps if isinstance(step.op, Lowered)]


@pytest.mark.parametrize(("network", "kernels", "lost"), [
    (residual, [engine.batch_norm.batch_norm], "Block"),
    (residual, [engine.batch_norm.batch_norm_gradient], "Block"),
    (residual, [engine.softmax.softmax], "SoftmaxLoss"),
    (lenet, [engine.square_pool.activated_pool["tanh"]], "ActivatedPool"),
    (lenet, [engine.gemm.product_t], "Dense"),
    (residual, [engine.convert.from_planes], None),
    (residual, [engine.convert.to_planes, engine.convert.from_planes], None),
])  # fmt: skip
@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_what_needs_it_runs_on_plain_operators(network, kernels, lost, grad_req, broken, caplog):
    symbol, shapes = network()
    broken(*kernels)
    with caplog.at_level(logging.WARNING, "symcli"):
        executor = check(symbol, None, grad_req, rtol=1e-3, atol=2e-3, **shapes)
    assert lost is None or lost not in operators(executor)
    (record,) = caplog.records
    text = record.getMessage()
    assert any(kernel.__name__ in text for kernel in kernels) and "\n" not in text
    assert "plain operators" in text and "symcli doctor" in text and "SYMCLI_EXECUTOR=replay" in text


def test_all_else_stays_in_the_engine(broken):
    symbol, shapes = residual()
    broken(engine.softmax.softmax)
    executor = bound(symbol, shapes, "engine", "write", {}, 0)
    executor.forward(is_train=True)
    executor.backward()
    assert {"Block", "Dense", "GlobalPool"} <= set(operators(executor))


def test_a_failure_in_backward_does_not_run_states_twice(broken):
    symbol, shapes = residual()
    executors = [bound(symbol, shapes, "engine", "write", {}, 0)]
    executors[0].forward(is_train=True)
    broken(engine.batch_norm.batch_norm_gradient)
    executors.append(bound(symbol, shapes, "interpreter", "write", {}, 0))
    executors[1].forward(is_train=True)
    for one in executors:
        one.backward()
    for name, array in executors[1].aux_dict.items():
        np.testing.assert_allclose(executors[0].aux_dict[name].asnumpy(), array.asnumpy(), rtol=1e-4, err_msg=name)


def updated():
    """Return the weights after two steps."""
    symbol, shapes = residual()
    module = mx.mod.Module(symbol)
    module.bind([("data", shapes["data"])], [("softmax_label", (16,))])
    mx.random.seed(2)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    batch = mx.io.DataBatch([mx.nd.ones(shapes["data"])], [mx.nd.ones((16,))])
    for _ in range(2):
        module.forward_backward(batch)
        module.update()
    return {name: array.asnumpy() for name, array in module.get_params()[0].items()}


def test_updates_run_one_by_one(broken, caplog):
    expected = updated()
    broken(*engine.update.update.values())
    with caplog.at_level(logging.WARNING, "symcli"):
        got = updated()
    assert len(caplog.records) == 1
    for name, array in expected.items():
        np.testing.assert_allclose(got[name], array, rtol=1e-3, atol=1e-4, err_msg=name)


def test_a_family_that_cannot_be_imported_is_told_as_such(monkeypatch):
    monkeypatch.setattr(engine.importlib, "import_module", lambda name: 1 / 0)
    with pytest.raises(NotCompiled, match=r"engine\.pooling: ZeroDivisionError"):
        engine.__getattr__("pooling")
