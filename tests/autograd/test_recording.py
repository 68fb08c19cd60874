"""What is recorded, and what may not be written meanwhile."""

import json
import pickle
import threading
import weakref

import numpy as np
import pytest

import symcli as mx
from symcli import autograd, nd
from symcli.errors import MXNetError, ParamError, ShapeError


def matrix():
    x = nd.array([[1, 2, 3], [4, 5, 6]])
    x.attach_grad()
    return x


def modes():
    return autograd.is_recording(), autograd.is_training()


def test_scopes_set_recording_and_training_and_put_them_back():
    seen = [modes()]
    with autograd.record():
        for scope in (autograd.pause(), autograd.predict_mode(), autograd.record(False), autograd.pause(True)):
            with scope:
                seen.append(modes())
        seen.append(modes())
    with autograd.train_mode():
        seen.append(modes())
    wanted = [(False, False), (False, False), (True, False), (True, False), (False, True), (True, True), (False, True)]
    assert seen == wanted and modes() == (False, False)
    assert [autograd.set_recording(True), autograd.set_recording(False)] == [False, True]
    assert [autograd.set_training(True), autograd.set_training(False)] == [False, True]


def test_scope_ends_with_an_error_and_serves_again():
    scope = autograd.record()
    with pytest.raises(ValueError, match="inside"), scope:
        raise ValueError("inside")
    assert modes() == (False, False)
    with scope:
        assert modes() == (True, True)


def test_each_thread_records_for_itself():
    seen = []
    with autograd.record():
        thread = threading.Thread(target=lambda: seen.append(modes()))
        thread.start()
        thread.join()
    assert seen == [(False, False)]


PARTS = [
    (0, (3,), [[2, 2, 2], [0, 0, 0]]),
    (-1, (3,), [[0, 0, 0], [2, 2, 2]]),
    ((0, 1), (1,), [[0, 2, 0], [0, 0, 0]]),
    ((slice(None), 1), (2,), [[0, 2, 0], [0, 2, 0]]),
    ((slice(0, 1), slice(None, 2)), (1, 2), [[2, 2, 0], [0, 0, 0]]),
    ((0, slice(None, 2)), (2,), [[2, 2, 0], [0, 0, 0]]),
    ([1, 0], (2, 3), [[2, 2, 2], [2, 2, 2]]),
    (([0, 1], [1, 2]), (2,), [[0, 2, 0], [0, 0, 2]]),
    ((slice(None), [0, 2]), (2, 2), [[2, 0, 2], [2, 0, 2]]),
    (None, (1, 2, 3), [[2, 2, 2], [2, 2, 2]]),
    ((..., None), (2, 3, 1), [[2, 2, 2], [2, 2, 2]]),
    (slice(None), (2, 3), [[2, 2, 2], [2, 2, 2]]),
    ((), (2, 3), [[2, 2, 2], [2, 2, 2]]),
    (slice(None, None, -1), (2, 3), [[2, 2, 2], [2, 2, 2]]),
    ((slice(None), slice(None, None, -2)), (2, 2), [[2, 0, 2], [2, 0, 2]]),
    (nd.array([1, 1]), (2, 3), [[0, 0, 0], [4, 4, 4]]),
    ((1, [2, 2]), (2,), [[0, 0, 0], [0, 0, 4]]),
]


@pytest.mark.parametrize(("key", "shape", "gradient"), PARTS, ids=lambda value: str(value).replace("\n", ""))
def test_parts_are_recorded(key, shape, gradient):
    x = matrix()
    with autograd.record():
        part = x[key]
        y = part * 2
    y.backward()
    assert part.shape == shape
    np.testing.assert_array_equal(x.grad.asnumpy(), gradient)
    np.testing.assert_array_equal(part.asnumpy(), x[key].asnumpy())


def test_gradient_of_a_part_goes_to_its_places():
    x = nd.arange(24).reshape((2, 3, 4))
    x.attach_grad()
    weights = nd.array([[1, 2], [3, 4]])
    with autograd.record():
        y = x[:, 2:0:-1, 3] * weights
    y.backward()
    wanted = np.zeros((2, 3, 4))
    wanted[:, 2:0:-1, 3] = weights.asnumpy()
    np.testing.assert_array_equal(x.grad.asnumpy(), wanted)


CALLS = {
    "reshape": lambda x: x.reshape((3, -1)),
    "reshape_like": lambda x: x.reshape_like(nd.ones((3, 2))),
    "T": lambda x: x.T,
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype("float64"),
    "astype_same": lambda x: x.astype("float32", copy=False),
    "as_in_context": lambda x: x.as_in_context(mx.cpu(1)),
    "copyto_device": lambda x: x.copyto(mx.cpu(0)),
    "copyto": lambda x: x.copyto(nd.zeros((2, 3))),
    "copyto_cast": lambda x: x.copyto(nd.zeros((2, 3), dtype="float64")),
    "expand_dims": lambda x: x.expand_dims(0),
    "expand_dims_view": lambda x: x.expand_dims(0, inplace=True),
    "flatten": lambda x: x.flatten(),
    "squeeze": lambda x: x.squeeze(),
    "broadcast_to": lambda x: x.broadcast_to((2, 3)),
    "moveaxis": lambda x: nd.moveaxis(x, 0, 1),
    "array": lambda x: nd.array(x),
    "tostype": lambda x: x.tostype("default"),
    "sum": lambda x: x.sum(),
    "sum_axis": lambda x: x.sum(axis=1),
    "absolute": lambda x: abs(x),
    "modulo": lambda x: x % 2,
    "fmod": lambda x: nd.fmod(x, 2),
    "broadcast_like": lambda x: x.broadcast_like(nd.ones((2, 3))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_that_keep_each_element_have_gradient_one(call):
    x = matrix()
    with autograd.record():
        y = call(x) * 2
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.full((2, 3), 2))


@pytest.mark.parametrize(
    ("call", "gradient"),
    [
        (lambda x: x.broadcast_to((4, 2, 3)), np.full((2, 3), 4)),
        (lambda x: nd.concatenate([x, x]), np.full((2, 3), 2)),
        (lambda x: nd.concat(x, x * 2, dim=0), np.full((2, 3), 3)),
        (lambda x: nd.split_v2(x, 2, axis=0)[1], [[0, 0, 0], [1, 1, 1]]),
        (lambda x: next(iter(x)), [[1, 1, 1], [0, 0, 0]]),
        (lambda x: x**2, [[2, 4, 6], [8, 10, 12]]),
        (lambda x: 12 / x, [[-12, -3, -4 / 3], [-0.75, -0.48, -1 / 3]]),
        (lambda x: 7 % x, [[-7, -3, -2], [-1, -1, -1]]),
        (lambda x: x > 2, np.zeros((2, 3))),
        (lambda x: nd.topk(x), np.zeros((2, 3))),
        (lambda x: nd.dot(x, x.T), [[10, 14, 18], [10, 14, 18]]),
        (lambda x: x.take(nd.array([0, 0])), [[2, 2, 2], [0, 0, 0]]),
    ],
)
def test_calls_have_the_gradients_of_mxnet(call, gradient):
    x = matrix()
    with autograd.record():
        y = call(x)
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), gradient, 1e-5)


def test_arrays_of_a_graph_are_not_written_while_recording():
    def add_one(x):
        x += 1

    def set_item(x):
        x[0] = 1

    writes = [
        add_one, set_item, lambda x: nd.ones((2, 3)).copyto(x), lambda x: nd.elemwise_add(x, x, out=x),
        lambda x: nd.ones((2, 3), out=x), lambda x: nd.random.uniform(shape=(2, 3), out=x),
    ]  # fmt: skip
    for write in writes:
        x, c = matrix(), nd.ones((2, 3))
        with autograd.record():
            y = x * c
            for one in (x, c, y):
                with pytest.raises(MXNetError, match="written while autograd records"):
                    write(one)
            with autograd.pause():
                write(c)
        write(c)
        y.backward()


def test_array_that_takes_in_recorded_values_in_place_is_refused():
    x = matrix()
    with autograd.record():
        y = nd.ones((2, 3))
        with pytest.raises(MXNetError, match="are not recorded"):
            y += x
        with pytest.raises(MXNetError, match="are not recorded"):
            y[0] = x[0]
        y[0] = 5  # in no graph yet
        z = y * x
    z.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[5, 5, 5], [1, 1, 1]])


@pytest.mark.parametrize("key", [slice(None), ..., slice(0, 2)], ids=str)
def test_array_written_as_a_whole_is_recorded(key):
    x = nd.array([1, 2, 3])
    x.attach_grad()
    z = nd.zeros((2, 3), dtype="float64")
    with autograd.record():
        z[key] = x
        y = z * 2
    y.backward()
    np.testing.assert_array_equal(z.asnumpy(), [[1, 2, 3], [1, 2, 3]])
    np.testing.assert_array_equal(x.grad.asnumpy(), [4, 4, 4])


def test_out_is_recorded():
    x, z = matrix(), nd.zeros((2, 3))
    with autograd.record():
        nd.elemwise_mul(x, x, out=z)
    z.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), 2 * x.asnumpy())


def test_views_made_outside_and_detached_ones_are_constants():
    x = matrix()
    row = x[0]
    with autograd.record():
        d = x.detach()
        d += 1
        y = d * x
        with pytest.raises(MXNetError, match="no recorded graph"):
            (row * 2).backward()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), d.asnumpy())
    np.testing.assert_array_equal(x.asnumpy(), [[2, 3, 4], [5, 6, 7]])  # it shares the memory


def test_copies_and_pickles_have_no_gradient():
    x = matrix()
    assert x.copy().grad is None and pickle.loads(pickle.dumps(x)).grad is None and x[0:1].grad is None
    assert x[:].grad is x.grad


def test_creator_is_the_recorded_node():
    x = matrix()
    with autograd.record():
        y = nd.FullyConnected(x, nd.ones((4, 3)), num_hidden=4, no_bias=True)
    assert x.creator is None and (x * 2).creator is None
    assert y.creator.op.name == "FullyConnected" and y.creator.attrs == {"num_hidden": "4", "no_bias": "True"}
    assert [source.op for source, _ in y.creator.inputs] == [None, None]
    y.backward()
    assert y.creator is None


def test_get_symbol_is_the_recorded_graph():
    a, b = matrix(), matrix()
    with autograd.record():
        y = nd.concat(a * b, b * 2, nd.ones((2, 3)) * a, dim=0)
    symbol = autograd.get_symbol(y)
    nodes = json.loads(symbol.tojson())["nodes"]
    assert [node["op"] for node in nodes] == [
        "null", "null", "broadcast_mul", "_mul_scalar", "null", "broadcast_mul", "Concat"
    ]  # fmt: skip
    assert nodes[3]["attrs"] == {"scalar": "2.0"} and nodes[6]["attrs"] == {"dim": "0", "num_args": "3"}
    names = symbol.list_arguments()
    assert [name.rstrip("0123456789") for name in names] == ["var", "var", "null"]
    executor = symbol.bind(mx.cpu(), dict(zip(names, (a, b, nd.ones((2, 3))), strict=True)))
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), y.asnumpy())
    y.backward()
    with pytest.raises(MXNetError, match="get_symbol: this array is in no recorded graph"):
        autograd.get_symbol(y)
    with pytest.raises(TypeError, match="needs an NDArray"):
        autograd.get_symbol(3)
    assert len(autograd.get_symbol(a).list_arguments()) == 1


def test_backward_frees_the_graph():
    x = matrix()
    with autograd.record():
        h = x * 2
        y = h * h
    inner = weakref.ref(h._data)
    del h
    assert inner() is not None
    y.backward()
    assert inner() is None


def test_mark_variables_uses_the_given_gradients():
    a, b, ga, gb = nd.array([1, 2]), nd.array([3, 4]), nd.zeros(2), nd.ones(2)
    autograd.mark_variables([a, b], [ga, gb], ["write", "add"])
    with autograd.record():
        y = a * b
    y.backward()
    assert a.grad is ga and b.grad is gb
    np.testing.assert_array_equal(ga.asnumpy(), [3, 4])
    np.testing.assert_array_equal(gb.asnumpy(), [2, 3])
    autograd.mark_variables(a, ga, "null")
    with pytest.raises(ShapeError, match=r"the gradient is \(3,\), float32; needs .* \(2,\), float32"):
        autograd.mark_variables(a, nd.zeros(3))
    with pytest.raises(MXNetError, match="2 variables, 1 gradients, 2 requests"):
        autograd.mark_variables([a, b], [ga])
    with pytest.raises(ParamError, match="choices"):
        autograd.mark_variables(a, ga, "inplace")
