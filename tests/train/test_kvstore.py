"""KVStore: what MXNet's tutorial on it shows, and mistakes."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ParamError

SHAPE = (2, 3)


def value(store, key):
    out = mx.nd.zeros(SHAPE)
    store.pull(key, out=out)
    return out.asnumpy()


@pytest.mark.parametrize("kind", ["local", "device"])
def test_push_sums_over_devices_and_pull_copies(kind):
    store = mx.kv.create(kind)
    assert (store.type, store.rank, store.num_workers) == (kind, 0, 1)
    store.init(3, mx.nd.ones(SHAPE) * 2)
    assert (value(store, 3) == 2).all()
    store.push(3, mx.nd.ones(SHAPE) * 8)
    assert (value(store, 3) == 8).all()
    store.push(3, [mx.nd.ones(SHAPE, mx.cpu(i)) for i in range(4)])
    outs = [mx.nd.zeros(SHAPE, mx.cpu(i)) for i in range(4)]
    store.pull(3, out=outs)
    assert all((one.asnumpy() == 4).all() for one in outs)


def test_an_updater_decides_what_is_stored():
    store = mx.kvstore.create()
    seen = []

    def update(key, pushed, stored):
        seen.append(key)
        stored += pushed * 2

    store.init("w", mx.nd.ones(SHAPE))
    store._set_updater(update)
    store.push("w", [mx.nd.ones(SHAPE)] * 3)
    assert (value(store, "w") == 7).all() and seen == ["w"]


def test_lists_of_keys():
    store = mx.kv.create("local")
    store.init([5, 7, 9], [mx.nd.ones(SHAPE)] * 3)
    store.push([5, 7, 9], [[mx.nd.ones(SHAPE) * k] * 2 for k in (1, 2, 3)])
    outs = [[mx.nd.zeros(SHAPE)] * 2 for _ in range(3)]
    store.pull([5, 7, 9], out=outs)
    assert [one[1].asnumpy()[0, 0] for one in outs] == [2, 4, 6]
    both = [mx.nd.ones(SHAPE), mx.nd.ones(SHAPE)]
    store.pushpull(5, both)
    assert [one.asnumpy()[0, 0] for one in both] == [2, 2]
    out = mx.nd.zeros(SHAPE)
    store.broadcast("b", mx.nd.ones(SHAPE) * 6, out)
    assert (out.asnumpy() == 6).all()


def test_an_optimizer_updates_what_is_stored(tmp_path):
    store = mx.kv.create("local")
    store.init(0, mx.nd.ones(SHAPE))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5, momentum=0.9))
    store.push(0, [mx.nd.ones(SHAPE)] * 2)
    np.testing.assert_array_equal(value(store, 0), np.zeros(SHAPE))
    store.save_optimizer_states(str(tmp_path / "a.states"))
    store.push(0, mx.nd.zeros(SHAPE))
    np.testing.assert_allclose(value(store, 0), np.full(SHAPE, -0.9))
    store.load_optimizer_states(str(tmp_path / "a.states"))
    store.push(0, mx.nd.zeros(SHAPE))
    np.testing.assert_allclose(value(store, 0), np.full(SHAPE, -1.8))
    assert store.is_capable("optimizer")


@pytest.mark.parametrize(("mistake", "error", "message"), [
    (lambda store: store.push(4, mx.nd.ones(SHAPE)), MXNetError, "the key 4 was not initialised; .* keys: 3"),
    (lambda store: store.init(3, mx.nd.ones(SHAPE)), MXNetError, "the key 3 was initialised before"),
    (lambda store: store.push(3, mx.nd.ones((1,))), MXNetError, r"is \(2, 3\), pushed is \(1,\)"),
    (lambda store: store.push([3, 4], mx.nd.ones(SHAPE)), ParamError, "push of 2 keys with 1 values"),
    (lambda store: store.push(3, 1.0), TypeError, "push of 3 with a float; needs NDArrays"),
    (lambda store: store.pull(3), ParamError, "give them as out="),
    (lambda store: store.set_optimizer("sgd"), ParamError, "a str is no optimizer"),
    (lambda store: store.save_optimizer_states("x"), MXNetError, "the store has no optimizer"),
    (lambda store: store.row_sparse_pull(3), MXNetError, "no sparse arrays"),
    (lambda store: store.set_gradient_compression({}), MXNetError, "between machines only"),
    (lambda store: mx.kv.create("dist_sync"), ParamError, "one across machines; on this one use 'local'"),
    (lambda store: mx.kv.create("lokal"), ParamError, "there is no kind 'lokal'; kinds: local, device"),
    (lambda store: mx.kv.create(3), TypeError, "the kind is a int; needs a text"),
])  # fmt: skip
def test_mistakes_are_told(mistake, error, message):
    store = mx.kv.create("local")
    store.init(3, mx.nd.ones(SHAPE))
    with pytest.raises(error, match=message):
        mistake(store)
