"""Module: training, prediction, shapes, several contexts."""

import logging

import numpy as np
import pytest

import symcli as mx

RNG = np.random.RandomState(0)
X = RNG.randn(40, 6).astype("f")
Y = (X[:, 0] + X[:, 1] > 0).astype("f")


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc0")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="tanh"), num_hidden=2, name="fc1")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def data(batch_size=10, **kwargs):
    return mx.io.NDArrayIter(X, Y, batch_size, **kwargs)


def trained(num_epoch=3, **kwargs):
    mx.random.seed(0)
    module = mx.mod.Module(network(), **kwargs)
    module.fit(data(), num_epoch=num_epoch, initializer=mx.init.Xavier(),
               optimizer_params={"learning_rate": 0.5, "momentum": 0.9, "wd": 1e-4})  # fmt: skip
    return module


def bound(batch_size=10, **kwargs):
    module = mx.mod.Module(network(), **kwargs)
    module.bind([("data", (batch_size, 6))], [("softmax_label", (batch_size,))])
    mx.random.seed(0)
    module.init_params(mx.init.Xavier())
    return module


def numbers(module):
    return {name: array.asnumpy() for name, array in module.get_params()[0].items()}


def test_fit_learns():
    module = trained(20)
    assert dict(module.score(data(), "acc"))["accuracy"] > 0.95
    assert module.predict(data(7)).shape == (40, 2)


def test_step_by_step_is_fit():
    module = bound()
    module.init_optimizer(optimizer_params={"learning_rate": 0.5, "momentum": 0.9, "wd": 1e-4})
    for _ in range(3):
        for batch in data():
            module.forward_backward(batch)
            module.update()
    for name, array in numbers(trained()).items():
        np.testing.assert_array_equal(array, numbers(module)[name])


@pytest.mark.parametrize("work", [None, [1, 3]])
def test_two_contexts_are_one(work):
    one, two = trained(), trained(context=[mx.cpu(0), mx.cpu(1)], work_load_list=work)
    for name, array in numbers(one).items():
        np.testing.assert_allclose(numbers(two)[name], array, 1e-4, 1e-5)
    np.testing.assert_allclose(two.predict(data()).asnumpy(), one.predict(data()).asnumpy(), 1e-4, 1e-5)
    sizes = [executor.arg_dict["data"].shape[0] for executor in two._group.execs]
    assert sizes == ([5, 5] if work is None else [2, 8])
    assert two.score(data(), "acc") == one.score(data(), "acc")
    assert [part.shape for part in two.get_outputs(merge_multi_context=False)[0]] == [(size, 2) for size in sizes]


def test_two_contexts_average_auxiliary_states():
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn", momentum=0.0)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2), name="softmax")
    module = mx.mod.Module(net, context=[mx.cpu(0), mx.cpu(1)])
    module.fit(mx.io.NDArrayIter(X, Y, 40), num_epoch=1)
    np.testing.assert_allclose(module.get_params()[1]["bn_moving_mean"].asnumpy(), X.mean(0), 1e-4, 1e-5)
    states = [executor.aux_dict["bn_moving_mean"].asnumpy() for executor in module._group.execs]
    np.testing.assert_array_equal(states[0], states[1])


def test_two_contexts_draw_the_same_again():
    net = mx.sym.Dropout(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=64, name="fc"), p=0.5)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="out"), name="softmax")

    def learnt():
        mx.random.seed(3)
        module = mx.mod.Module(net, context=[mx.cpu(i) for i in range(3)])
        module.fit(data(), num_epoch=3, initializer=mx.init.Xavier())
        return numbers(module)

    one, two = learnt(), learnt()
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_an_error_in_one_of_two_contexts_is_raised():
    class Breaks(Exception):
        pass

    module = bound(context=[mx.cpu(0), mx.cpu(1)])

    def fail():
        raise Breaks

    module._group.execs[1].compute = fail
    with pytest.raises(Breaks):
        module.forward(next(data()))


def test_monitors_watch_all_contexts():
    module = bound(context=[mx.cpu(0), mx.cpu(1)])
    monitor = mx.mon.Monitor(1)
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(next(data()))
    names = [name for _, name, _ in monitor.toc()]
    assert names.count("softmax_output") == 2


def test_batch_too_small_for_its_contexts_is_a_value_error():
    with pytest.raises(ValueError, match="a batch of 1 leaves nothing for some of 2 contexts"):
        bound(1, context=[mx.cpu(0), mx.cpu(1)])


def test_other_batch_sizes_reshape_and_share_parameters():
    module = bound()
    whole = module.predict(X).asnumpy()
    np.testing.assert_allclose(module.predict(data(10)).asnumpy(), whole, 1e-6)
    module.forward(mx.io.DataBatch([mx.nd.array(X[:4])], [mx.nd.array(Y[:4])]), is_train=True)
    module.backward()
    module.init_optimizer(optimizer_params={"learning_rate": 1.0, "rescale_grad": 1.0})
    before = numbers(module)["fc1_bias"].copy()
    module.update()
    wanted = before - (whole[:4] - np.eye(2)[Y[:4].astype(int)]).sum(0)
    np.testing.assert_allclose(numbers(module)["fc1_bias"], wanted, 1e-4, 1e-6)
    assert module.output_shapes == [("softmax_output", (4, 2))] and module.data_shapes == [("data", (4, 6))]


def test_reshape_to_a_shape_that_changes_parameters_is_refused_and_leaves_the_module():
    module = bound()
    with pytest.raises(mx.MXNetError, match="fc0_weight"):
        module.forward(mx.io.DataBatch([mx.nd.ones((10, 7))]))
    assert module.data_shapes == [("data", (10, 6))]
    module.forward(mx.io.DataBatch([mx.nd.ones((10, 6))]))


def test_evaluation_takes_turns_with_training_without_binding_anew():
    module = bound()
    seen = set()
    for _ in range(3):
        for size in (10, 20):
            module.forward(mx.io.DataBatch([mx.nd.ones((size, 6))], [mx.nd.ones((size,))]))
            seen.add(id(module._group.execs[0]))
    assert len(seen) == 2


def test_input_gradients_and_heads():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, no_bias=True, name="fc")
    for context in (mx.cpu(), [mx.cpu(0), mx.cpu(1)]):
        module = mx.mod.Module(net, label_names=None, context=context)
        module.bind([("data", (4, 6))], inputs_need_grad=True)
        module.init_params()
        module.forward(mx.io.DataBatch([mx.nd.array(X[:4])]), is_train=True)
        head = RNG.randn(4, 3).astype("f")
        module.backward([mx.nd.array(head)])
        wanted = head @ numbers(module)["fc_weight"]
        np.testing.assert_allclose(module.get_input_grads()[0].asnumpy(), wanted, 1e-5, 1e-6)


def test_fixed_parameters_and_states_stay():
    net = mx.sym.FullyConnected(mx.sym.Variable("data") + mx.sym.Variable("offset"), num_hidden=2, name="fc")
    module = mx.mod.Module(
        mx.sym.SoftmaxOutput(net, name="softmax"), fixed_param_names=["fc_bias"], state_names=["offset"]
    )
    module.fit(data(), num_epoch=1, initializer=mx.init.One())
    assert (numbers(module)["fc_bias"] == 0).all() and "offset" not in numbers(module)
    module.set_states(value=2.0)
    assert (module.get_states(merge_multi_context=False)[0][0].asnumpy() == 2).all()
    module.set_states(states=[[mx.nd.ones((10, 6))]])
    assert (module.get_states(merge_multi_context=False)[0][0].asnumpy() == 1).all()


def test_gradients_add_up_with_grad_req_add():
    module = mx.mod.Module(network())
    module.bind([("data", (10, 6))], [("softmax_label", (10,))], grad_req="add")
    module.init_params(mx.init.Xavier())
    batch = next(data())
    module.forward_backward(batch)
    once = module._group.grad_arrays[0][0].asnumpy()
    module.forward_backward(batch)
    np.testing.assert_allclose(module._group.grad_arrays[0][0].asnumpy(), 2 * once, 1e-6)


def test_shared_module_uses_the_same_parameters_and_optimizer():
    module = bound()
    module.init_optimizer()
    other = mx.mod.Module(network())
    other.bind([("data", (5, 6))], [("softmax_label", (5,))], shared_module=module)
    assert other.optimizer_initialized and other._updater is module._updater
    other.forward_backward(mx.io.DataBatch([mx.nd.array(X[:5])], [mx.nd.array(Y[:5])]))
    before = module._group.param_arrays[0][0].asnumpy()
    other.update()
    assert (module._group.param_arrays[0][0].asnumpy() != before).any()


def test_predict_takes_arrays_iterators_and_gives_lists():
    module = bound()
    whole = module.predict(X).asnumpy()
    np.testing.assert_allclose(module.predict(mx.nd.array(X)).asnumpy(), whole, 1e-6)
    assert len(module.predict(data(), num_batch=2, merge_batches=False)) == 2
    assert module.predict(data(), always_output_list=True)[0].shape == (40, 2)
    padded = [outputs[0].shape[0] for outputs, _, _ in module.iter_predict(data(16))]
    assert padded == [16, 16, 8]
    with pytest.raises(ValueError, match="predict: the data is a list"):
        module.predict([X])


def test_set_params_and_missing_ones():
    module = bound()
    arguments = {"fc0_bias": mx.nd.ones((8,))}
    with pytest.raises(RuntimeError, match="fc0_weight is not presented"):
        module.set_params(arguments, {})
    before = numbers(module)["fc0_weight"].copy()
    module.set_params(arguments, {}, allow_missing=True)
    assert (numbers(module)["fc0_bias"] == 1).all()
    np.testing.assert_array_equal(numbers(module)["fc0_weight"], before)
    with pytest.raises(ValueError, match=r"fc0_bias is \(3,\); the network needs \(8,\)"):
        module.init_params(arg_params={"fc0_bias": mx.nd.ones((3,))}, allow_missing=True, force_init=True)


def test_optimizer_divides_by_the_batch_size():
    module = bound()
    module.init_optimizer()
    assert module._optimizer.rescale_grad == 0.1
    assert module._optimizer.idx2name == dict(enumerate(["fc0_weight", "fc0_bias", "fc1_weight", "fc1_bias"]))
    with pytest.warns(UserWarning, match="rescale_grad is 1.0"):
        bound().init_optimizer(optimizer=mx.optimizer.SGD())
    with pytest.raises(mx.MXNetError, match="kvstore='dist_sync' is one across machines"):
        bound().init_optimizer(kvstore="dist_sync")


def test_monitor_sees_outputs():
    seen = []

    class Watch:
        def install(self, executor):
            executor.set_monitor_callback(lambda name, array: seen.append(name))

        def tic(self):
            seen.append("tic")

        def toc_print(self):
            seen.append("toc")

    module = mx.mod.Module(network())
    module.fit(data(), num_epoch=1, monitor=Watch())
    assert seen[0] == "tic" and seen[-1] == "toc" and "fc0_output" in seen and seen.count("tic") == 4


def test_fit_logs_each_epoch(caplog):
    with caplog.at_level(logging.INFO):
        mx.mod.Module(network()).fit(data(), eval_data=data(), num_epoch=2)
    lines = [record.getMessage().split("=")[0] for record in caplog.records]
    assert lines == [
        f"Epoch[{i}] {what}" for i in (0, 1) for what in ("Train-accuracy", "Time cost", "Validation-accuracy")
    ]


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: mx.mod.Module(network(), data_names=["dat"]), ValueError, "did you mean 'data'"),
    (lambda: mx.mod.Module(network(), work_load_list=[1, 2]), ValueError, "2 workloads for 1 contexts"),
    (lambda: mx.mod.Module(network()).bind([("x", (1, 6))]), ValueError, "are of x; the module's data_names are data"),
    (lambda: mx.mod.Module(network()).get_params(), mx.MXNetError, "call init_params first"),
    (lambda: mx.mod.Module(network()).init_params(), mx.MXNetError, "call bind first"),
    (lambda: mx.mod.Module(network()).fit(data()), mx.MXNetError, "say num_epoch="),
    (lambda: bound().update(), mx.MXNetError, "call init_optimizer first"),
    (lambda: bound().get_input_grads(), mx.MXNetError, "inputs_need_grad=True"),
    (lambda: bound().forward(mx.io.DataBatch([mx.nd.ones((10, 6))], [mx.nd.ones((10, 1))])), mx.MXNetError,
     r"softmax_label is \(10, 1\); needs \(10,\)"),
])  # fmt: skip
def test_what_is_wrong_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_label_that_the_network_lacks_is_a_warning():
    with pytest.warns(UserWarning, match="label_names has 'softmax_label'"):
        module = mx.mod.Module(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2))
    module.bind([("data", (10, 6))], [("softmax_label", (10,))])
    module.init_params()
    assert dict(module.score(data(), "acc"))["accuracy"] >= 0


def test_bind_for_prediction_has_no_gradients():
    module = mx.mod.Module(network())
    with pytest.warns(UserWarning, match="label_shapes are of nothing"):
        module.bind([("data", (10, 6))], for_training=False)
    module.init_params()
    assert module.predict(X[:10]).shape == (10, 2)
    with pytest.raises(mx.MXNetError, match="bind it with for_training=True"):
        module.backward()
