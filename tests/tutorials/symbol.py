"""The programs of MXNet's symbol tutorials; each function returns what the program shows."""

import numpy as np

import symcli as mx


def composition():
    """Two layers of a network: types, outputs, arguments."""
    fc1 = mx.sym.FullyConnected(data=mx.sym.Variable("data"), num_hidden=128, name="fc1")
    act1 = mx.sym.Activation(fc1, act_type="relu")
    return type(fc1), act1.list_outputs(), act1.list_arguments()


def mlp():
    """The multilayer perceptron that the tutorials go on with."""
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(data=net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(data=net, name="fc2", num_hidden=10)
    return mx.sym.SoftmaxOutput(data=net, name="softmax")


def expression():
    """An expression of two variables, and its shapes."""
    a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
    d = (a + b) / 10 + 1
    return d.infer_shape(A=(10, 2), B=(10, 2))


def several_inputs():
    """A network of two inputs that meet."""
    lhs = mx.sym.FullyConnected(data=mx.sym.Variable("data1"), name="fc1", num_hidden=128)
    rhs = mx.sym.FullyConnected(data=mx.sym.Variable("data2"), name="fc2", num_hidden=128)
    net = mx.sym.FullyConnected(data=lhs + rhs, name="head", num_hidden=10)
    return net.list_arguments()


def composed():
    """A network put in the place of another's variable."""
    data = mx.sym.Variable("data")
    net1 = mx.sym.FullyConnected(data=data, name="fc1", num_hidden=10)
    net2 = mx.sym.FullyConnected(data=mx.sym.Variable("data2"), name="fc2", num_hidden=10)
    return net2(data2=net1, name="composed").list_arguments()


def arrays():
    return {"A": mx.nd.array([[1, 2], [3, 4]]), "B": mx.nd.array([[2, 2], [2, 2]]), "D": mx.nd.ones((2, 2))}


def variables():
    return mx.sym.Variable("A"), mx.sym.Variable("B"), mx.sym.Variable("D")


def bound():
    """An expression bound to arrays: names of its arguments, and its value before and after one changes."""
    a, b, d = variables()
    values = arrays()
    E = a * b + d
    executor = E.bind(ctx=mx.cpu(), args={"A": values["A"], "B": values["B"], "D": values["D"]})
    executor.forward()
    first = executor.outputs[0].asnumpy()
    executor.arg_dict["D"][:] = np.zeros((2, 2))
    executor.forward()
    return sorted(executor.arg_dict), first, executor.outputs[0].asnumpy()


def grouped():
    """Two outputs of one graph, bound together."""
    a, b, d = variables()
    C = a * b
    E = C + d
    executor = mx.sym.Group([E, C]).bind(ctx=mx.cpu(), args=arrays())
    executor.forward()
    return [output.asnumpy() for output in executor.outputs]


def gradients():
    """The gradients of an expression, from that of its output."""
    a, b, d = variables()
    E = a * b + d
    grads = {name: mx.nd.zeros((2, 2)) for name in ("A", "B", "D")}
    executor = E.bind(ctx=mx.cpu(), args=arrays(), args_grad=grads)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([[1, 0], [2, 1]]))
    return {name: grad.asnumpy() for name, grad in grads.items()}


def simply_bound():
    """A network whose arrays are made from the shape of its data."""
    executor = mlp().simple_bind(mx.cpu(), data=(5, 4))
    executor.forward(is_train=True)
    executor.backward()
    shapes = {name: array.shape for name, array in executor.arg_dict.items()}
    return shapes, executor.outputs[0].asnumpy(), executor.grad_dict["fc2_bias"].asnumpy()


def auxiliary_states():
    """A network with BatchNorm: its states, before and after a training step."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc1")
    net = mx.sym.BatchNorm(net, name="bn", momentum=0.5)
    executor = net.simple_bind(mx.cpu(), data=(2, 1))
    executor.copy_params_from({"data": mx.nd.array([[1], [3]]), "fc1_weight": mx.nd.array([[1], [2]])})
    before = executor.aux_dict["bn_moving_mean"].asnumpy()
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 2)))
    return net.list_auxiliary_states(), before, executor.aux_dict["bn_moving_mean"].asnumpy()


def saved(folder):
    """A symbol saved to a file and read again."""
    net = mlp()
    net.save(str(folder / "mlp-symbol.json"))
    again = mx.sym.load(str(folder / "mlp-symbol.json"))
    return net.tojson() == again.tojson(), again.list_arguments()
