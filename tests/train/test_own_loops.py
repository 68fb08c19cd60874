"""Training loops and modules that programs write on top of MXNet's private names."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import ParamError

NAMES = ["fc_weight", "fc_bias"]


def network():
    return mx.sym.LinearRegressionOutput(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc"), name="l"
    )


def batches():
    random = np.random.RandomState(3)
    return [(random.rand(6, 3).astype("float32"), random.rand(6, 2).astype("float32")) for _ in range(4)]


def first():
    random = np.random.RandomState(4)
    return {"fc_weight": mx.nd.array(random.rand(2, 3)), "fc_bias": mx.nd.array(random.rand(2))}


def by_module():
    data = mx.io.NDArrayIter(
        *(np.concatenate(parts) for parts in zip(*batches(), strict=True)), 6, label_name="l_label"
    )
    module = mx.mod.Module(network(), label_names=["l_label"])
    module.bind(data.provide_data, data.provide_label)
    module.init_params(arg_params=first())
    optimizer = mx.optimizer.Adam(learning_rate=0.1, rescale_grad=1 / 6)
    module.fit(data, num_epoch=1, optimizer=optimizer, eval_metric="mse")
    return {name: value.asnumpy() for name, value in module.get_params()[0].items()}


def by_hand(devices, kvstore, updater=None):
    """Train with executors, one a device, in the way of MXNet's own loop."""
    parts = mx.executor_manager._split_input_slice(6, [1] * devices)
    executors = [network().simple_bind(mx.cpu(k), data=(part.stop - part.start, 3), l_label=(part.stop - part.start, 2))
                 for k, part in enumerate(parts)]  # fmt: skip
    weights, grads = ([[getattr(one, which)[name] for one in executors] for name in NAMES]
                      for which in ("arg_dict", "grad_dict"))  # fmt: skip
    for name, arrays in zip(NAMES, weights, strict=True):
        for array in arrays:
            array[:] = first()[name]
    store, in_store = mx.model._create_kvstore(kvstore, devices, first())
    optimizer = mx.optimizer.Adam(learning_rate=0.1, rescale_grad=1 / 6)
    if store:
        mx.model._initialize_kvstore(store, weights, first(), NAMES, in_store)
        if in_store:
            store.set_optimizer(optimizer)
    updater = updater(optimizer) if updater else mx.optimizer.get_updater(optimizer)
    for x, y in batches():
        batch = mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(y)])
        mx.executor_manager._load_data(
            batch, [list(zip(parts, [one.arg_dict["data"] for one in executors], strict=True))]
        )
        mx.executor_manager._load_label(
            batch, [list(zip(parts, [one.arg_dict["l_label"] for one in executors], strict=True))]
        )
        for executor in executors:
            executor.forward(is_train=True)
            executor.backward()
        if in_store:
            mx.model._update_params_on_kvstore(weights, grads, store, NAMES)
        else:
            mx.model._update_params(weights, grads, updater, devices, store, NAMES)
    return [{name: arrays[k].asnumpy() for name, arrays in zip(NAMES, weights, strict=True)} for k in range(devices)]


def one_by_one(optimizer):
    updater = mx.optimizer.get_updater(optimizer)
    return lambda index, grad, weight: updater(index, grad, weight)


@pytest.mark.parametrize(
    ("devices", "kvstore", "updater"),
    [(1, "local", None), (2, "local", None), (2, "device", one_by_one), (1, None, one_by_one)],
)
def test_loop_of_a_programs_own_trains_as_module(devices, kvstore, updater):
    expected = by_module()
    for found in by_hand(devices, kvstore, updater):
        for name in NAMES:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)


def test_store_does_not_update_where_the_environment_says_so(monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    assert mx.model._create_kvstore("device", 2, first())[1] is False
    for found in by_hand(2, "device"):
        np.testing.assert_allclose(found["fc_weight"], by_module()["fc_weight"], rtol=1e-5)


def test_which_store_is_made():
    assert mx.model._create_kvstore("local", 1, first()) == (None, False)
    assert mx.model._create_kvstore(None, 4, first()) == (None, False)
    store = mx.kv.create("local")
    assert mx.model._create_kvstore(store, 1, first()) == (store, True)
    with pytest.raises(TypeError, match="kvstore is a int"):
        mx.model._create_kvstore(3, 1, first())


def test_batches_are_split_as_mxnet_splits_them():
    assert mx.executor_manager._split_input_slice(10, [1, 1, 1]) == [slice(0, 3), slice(3, 6), slice(6, 10)]
    assert mx.executor_manager._split_input_slice(10, [1, 3]) == [slice(0, 2), slice(2, 10)]
    with pytest.raises(ValueError, match="leaves nothing"):
        mx.executor_manager._split_input_slice(1, [1, 1])


def test_repeated_arguments_are_named():
    twice = mx.sym.Variable("a") + mx.sym.Variable("a")
    with pytest.raises(ValueError, match="several arguments are called a;"):
        mx.executor_manager._check_arguments(twice)
    mx.executor_manager._check_arguments(network())
    with pytest.raises(AttributeError, match="with context="):
        _ = mx.executor_manager.DataParallelExecutorManager


def test_names_for_modules_of_a_programs_own():
    names = mx.mod.base_module
    assert names._as_list("a") == ["a"] and names._as_list(("a",)) == ("a",)
    data, label = names._parse_data_desc(["data"], ["l_label"], [("data", (6, 3))], [mx.io.DataDesc("l_label", (6, 2))])
    assert data[0].shape == (6, 3) and label[0].name == "l_label"
    assert names._parse_data_desc(["data"], [], [("data", (6, 3))], None)[1] is None
    with pytest.raises(ValueError, match="data_shapes are of x"):
        names._parse_data_desc(["data"], [], [("x", (6, 3))], None)
    names._check_input_names(network(), ["data"], "data", True)
    with pytest.raises(ParamError, match="no argument of the symbol"):
        names._check_input_names(network(), ["date"], "label", True)
    with pytest.warns(UserWarning, match="data_names has 'date', which is no argument"):
        names._check_input_names(network(), ["date"], "data", False)


def test_modules_without_states_have_none():
    module = mx.mod.SequentialModule().add(mx.mod.Module(network(), label_names=["l_label"]), take_labels=True)
    module.bind([("data", (6, 3))], [("l_label", (6, 2))])
    module.init_params()
    assert module.get_states() == [] and module.set_states() is None
    with pytest.raises(mx.MXNetError, match="SequentialModule keeps no states"):
        module.set_states(value=1)


def test_composite_metrics_take_dictionaries_by_mxnets_names():
    metric = mx.metric.CompositeEvalMetric([mx.metric.MSE()])
    metric.update_dict(labels={"a": mx.nd.ones((2, 1))}, preds={"b": mx.nd.zeros((2, 1))})
    assert metric.get() == (["mse"], [1.0])
