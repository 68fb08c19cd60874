"""MXNet: the same symbol, as symcli writes it, on its executor; or a hybridized Gluon network.

The suffix ``-fused`` lets its oneDNN backend join layers, for inference.
"""

import os

from timing import description, inputs, report

work = description()
os.environ["OMP_NUM_THREADS"] = str(work["threads"])

import mxnet as mx  # noqa: E402

arrays = {name: mx.nd.array(array) for name, array in inputs(work).items()}
momentum = work.get("momentum")
mode, _, fused = work["mode"].partition("-")


def symbol_step():
    symbol = mx.sym.load(work["symbol"])
    if fused:
        symbol = symbol.optimize_for("MKLDNN")
    shapes = {name: array.shape for name, array in arrays.items()}
    shapes = {name: shape for name, shape in shapes.items() if name in symbol.list_arguments()}
    wanted = {name: "null" if name in shapes or momentum is None else "write" for name in symbol.list_arguments()}
    bound = symbol.simple_bind(mx.cpu(), grad_req=wanted, **shapes)
    initializer = mx.init.Xavier()
    for name, array in bound.aux_dict.items():
        array[:] = name.endswith("var")
    for name, array in bound.arg_dict.items():
        if name in shapes:
            arrays[name].copyto(array)
        elif name == "lstm_parameters":
            array[:] = mx.nd.random.uniform(-0.1, 0.1, array.shape)
        else:
            initializer(mx.init.InitDesc(name), array)
    if momentum is None:
        return lambda: bound.forward(is_train=False)[0].wait_to_read()
    learnt = [(bound.arg_dict[name], gradient) for name, gradient in bound.grad_dict.items() if gradient is not None]
    states = [mx.nd.zeros_like(weight) for weight, _ in learnt]

    def step():
        bound.forward(is_train=True)
        bound.backward()
        for (weight, gradient), state in zip(learnt, states):  # noqa: B905  Python 3.8
            if momentum:
                mx.nd.sgd_mom_update(weight, gradient, state, lr=1e-4, momentum=momentum, wd=0, out=weight)
            else:
                mx.nd.sgd_update(weight, gradient, lr=1e-4, wd=0, out=weight)
        mx.nd.waitall()

    return step


def gluon_step():
    from mxnet import autograd, gluon
    from mxnet_networks import network

    net, data = network(work["name"]), arrays["data"]
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    net(data).wait_to_read()
    if fused:
        net.optimize_for(data, backend="MKLDNN", static_alloc=True, static_shape=True)
    if momentum is None:
        return lambda: net(data).wait_to_read()
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    loss_of.hybridize(static_alloc=True, static_shape=True)
    options = {"learning_rate": 1e-4, "momentum": momentum}
    trainer = gluon.Trainer(net.collect_params(), "sgd", options)

    def step():
        with autograd.record():
            loss = loss_of(net(data), arrays["softmax_label"])
        loss.backward()
        trainer.step(data.shape[0])
        mx.nd.waitall()

    return step


report(work, gluon_step() if mode == "gluon" else symbol_step())
