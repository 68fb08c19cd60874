"""Capture: operators only describe; what they describe is replayed on the real arrays."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import symcli as mx
from symcli import kernels
from symcli.executor.capture import Capture
from symcli.executor.memory import Pool, owner
from symcli.ops.op import REGISTRY, Op


@contextmanager
def operator(forward, **body) -> Iterator[type[Op]]:
    """Register an operator for the length of a test."""
    cls = type("_TestOperator", (Op,), {"__doc__": "For a test.", "forward": forward, **body})
    try:
        yield cls
    finally:
        del REGISTRY["_TestOperator"]


def run(cls, values=(1.0, 2.0)):
    executor = mx.sym._TestOperator(mx.sym.Variable("data")).simple_bind(mx.cpu(), data=(len(values),), grad_req="null")
    return [executor.forward(data=mx.nd.array(values))[0].asnumpy().tolist() for _ in range(2)]


def test_an_operator_that_writes_an_element_is_caught():
    def forward(self, ctx, in_data, out_data, aux):
        out_data[0][0] = 1

    with operator(forward) as cls, pytest.raises(ValueError, match="read-only"):
        run(cls)


def test_an_operator_that_reads_an_element_gets_nan():
    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.fill(float(in_data[0][0]), out_data[0])

    with operator(forward) as cls:
        assert np.isnan(run(cls)).all()


def test_a_kernel_is_refused_an_array_that_is_no_view():
    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0] + 1, out_data[0])

    with operator(forward) as cls, pytest.raises(TypeError, match="no view of what its operator was given"):
        run(cls)


@pytest.mark.parametrize("argument", [None, "text", [1.0]])
def test_a_kernel_is_refused_what_is_no_array_or_number(argument):
    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(argument, out_data[0])

    with operator(forward) as cls, pytest.raises(TypeError, match="kernels take arrays and numbers"):
        run(cls)


def test_scratch_and_views_are_replayed_in_place():
    def forward(self, ctx, in_data, out_data, aux):
        half = ctx.scratch((2, 2), in_data[0].dtype)
        kernels.move.copy(in_data[0].reshape(2, 2).T, half)
        kernels.elemwise.add(half, half, half)
        kernels.move.copy(half[::-1], out_data[0].reshape(2, 2))

    with operator(forward) as cls:
        assert run(cls, (1.0, 2.0, 3.0, 4.0)) == [[4.0, 8.0, 2.0, 6.0]] * 2


def test_an_operator_that_is_not_captured_runs_each_time():
    runs = []

    def forward(self, ctx, in_data, out_data, aux):
        runs.append(in_data[0].tolist())
        kernels.move.copy(in_data[0], out_data[0])

    with operator(forward, captured=False) as cls:
        assert run(cls) == [[1.0, 2.0]] * 2
    assert runs == [[1.0, 2.0]] * 2


def test_undeclared_uses_in_backward_arrive_as_none():
    seen = []

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        seen.append((in_data[0] is None, out_data[0] is None))
        kernels.move.copy(out_grad[0], in_grad[0])

    with operator(forward, backward=backward, backward_uses=("output",)):
        executor = mx.sym._TestOperator(mx.sym.Variable("data")).simple_bind(mx.cpu(), data=(2,))
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2,)))
    assert seen == [(True, False)]


def test_capture_of_large_arrays_does_not_touch_stand_ins():
    capture = Capture(np.zeros(3, np.uint64))
    large = np.zeros(1 << 20, np.float32)
    capture._stand_in(large)
    ((shadow, real),) = capture._real.values()
    assert real is large
    assert shadow.nbytes == large.nbytes


def test_pool_lends_the_smallest_block_that_fits():
    pool = Pool()
    small, large = pool.take((2,), "float32"), pool.take((100,), "float64")
    pool.give_back(small)
    pool.give_back(large)
    assert owner(pool.take((1,), "float64")) is owner(small)
    assert owner(pool.take((3,), "float32")) is owner(large)
