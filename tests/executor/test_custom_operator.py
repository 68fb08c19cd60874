"""Operators in Python, in graphs and on arrays."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ParamError, ShapeError
from tests.naive import custom  # noqa: F401 - registers tests_wave


class Softmax(mx.operator.CustomOp):
    """The loss of MXNet's tutorial on operators in Python."""

    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1).reshape((x.shape[0], 1)))
        y /= y.sum(axis=1).reshape((x.shape[0], 1))
        self.assign(out_data[0], req[0], mx.nd.array(y))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        label = in_data[1].asnumpy().ravel().astype(int)
        y = out_data[0].asnumpy()
        y[np.arange(label.shape[0]), label] -= 1.0
        self.assign(in_grad[0], req[0], mx.nd.array(y))


@mx.operator.register("tests_softmax")
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def list_outputs(self):
        return ["output"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []

    def infer_type(self, in_type):
        return in_type, [in_type[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


class Counting(mx.operator.CustomOp):
    """Two outputs, a state that counts, and a mask kept between forward and backward."""

    made = 0

    def __init__(self):
        super().__init__()
        Counting.made += 1

    def forward(self, is_train, req, in_data, out_data, aux):
        assert not mx.autograd.is_recording()
        self.mask = in_data[0] > 0
        self.assign(out_data[0], req[0], in_data[0] * self.mask)
        self.assign(out_data[1], req[1], in_data[0] * 2)
        if is_train:
            self.assign(aux[0], "add", 1)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.mask + 2 * out_grad[1])


@mx.operator.register("tests_counting")
class CountingProp(mx.operator.CustomOpProp):
    def list_outputs(self):
        return ["positive", "double"]

    def list_auxiliary_states(self):
        return ["count"]

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0], in_shape[0]], [(1,)]

    def create_operator(self, ctx, shapes, dtypes):
        assert shapes[0] == [3] and dtypes[0] is np.float32
        return Counting()


def test_a_loss_in_python_trains_as_the_built_in_one():
    rng = np.random.RandomState(0)
    x = rng.normal(size=(40, 5)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    scores = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    nets = [mx.sym.Custom(data=scores, name="softmax", op_type="tests_softmax"),
            mx.sym.SoftmaxOutput(scores, name="softmax")]  # fmt: skip
    assert nets[0].list_arguments() == nets[1].list_arguments()
    learnt = []
    for net in nets:
        module = mx.mod.Module(net)
        module.fit(mx.io.NDArrayIter(x, y, 10), num_epoch=4, optimizer_params={"learning_rate": 0.5},
                   initializer=mx.init.One())  # fmt: skip
        learnt.append(module.get_params()[0]["fc_weight"].asnumpy())
    np.testing.assert_allclose(*learnt, 1e-4, 1e-6)


def test_states_outputs_and_what_is_kept_between_passes():
    Counting.made = 0
    net = mx.sym.Custom(mx.sym.Variable("x"), op_type="tests_counting", name="c")
    assert net.list_outputs() == ["c_positive", "c_double"]
    assert net.list_auxiliary_states() == ["c_count"]
    executors = [net.simple_bind(mx.cpu(), x=(3,)) for _ in range(2)]
    for number, one in enumerate(executors):
        one.forward(is_train=True, x=mx.nd.array([[1, -1, 2], [-1, 2, -3]][number]))
    for one, expected in zip(executors, ([3, 2, 3], [2, 3, 2]), strict=True):
        one.backward([mx.nd.ones(3), mx.nd.ones(3)])
        assert one.grad_arrays[0].asnumpy().tolist() == expected
        one.forward(is_train=True)
        assert one.aux_arrays[0].asscalar() == 2
    assert Counting.made == 2  # one for each node that is bound


def test_arrays_and_autograd():
    x, count = mx.nd.array([1, -1, 2]), mx.nd.zeros(1)
    x.attach_grad()
    with mx.autograd.record():
        positive, double = mx.nd.Custom(x, count, op_type="tests_counting")
        loss = positive * 10 + double
    loss.backward()
    assert positive.asnumpy().tolist() == [1, 0, 2] and count.asscalar() == 1
    assert x.grad.asnumpy().tolist() == [12, 2, 12]


def test_parameters_are_texts_and_are_saved():
    net = mx.sym.Custom(mx.sym.Variable("a"), mx.sym.Variable("b"), op_type="tests_wave", scale=2.5, name="w")
    node = json.loads(net.tojson())["nodes"][-1]
    assert (node["op"], node["attrs"]) == ("Custom", {"op_type": "tests_wave", "scale": "2.5"})
    again = mx.sym.load_json(net.tojson())
    made = again.eval(a=mx.nd.ones(2), b=mx.nd.zeros(2))[0].asnumpy()
    np.testing.assert_allclose(made, 2.5 * np.sin([1, 1]), 1e-6)


def test_what_nobody_asks_for_is_not_written():
    grads = {"data": mx.nd.zeros(2)}
    net = mx.sym.Custom(data=mx.sym.Variable("data"), shift=mx.sym.Variable("shift"), op_type="tests_wave")
    bound = net.bind(mx.cpu(), {"data": mx.nd.zeros(2), "shift": mx.nd.zeros(2)}, grads, {"data": "add"})
    for _ in range(2):
        bound.forward(is_train=True)
        bound.backward([mx.nd.ones(2)])
    assert grads["data"].asnumpy().tolist() == [2, 2]


def test_a_class_registered_again_takes_the_place():
    for factor in (2, 3):

        class Times(mx.operator.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux, factor=factor):
                self.assign(out_data[0], req[0], in_data[0].tile(factor))

        @mx.operator.register("tests_again")
        class TimesProp(mx.operator.CustomOpProp):
            def infer_shape(self, in_shape, factor=factor):
                return in_shape, [(in_shape[0][0] * factor,)], []

            def create_operator(self, ctx, shapes, dtypes, times=Times):
                return times()

        assert mx.nd.Custom(mx.nd.ones(2), op_type="tests_again").shape == (2 * factor,)
    assert "tests_again" in mx.operator.get_all_registered_operators()


def wrong(**methods):
    kind = type("Wrong", (mx.operator.CustomOpProp,), methods)
    mx.operator.register("tests_wrong")(kind)
    return mx.nd.Custom(mx.nd.ones(2), op_type="tests_wrong")


@pytest.mark.parametrize(("mistake", "error", "message"), [
    (lambda: mx.nd.Custom(mx.nd.ones(2), op_type="tests_softmux"), MXNetError,
     "op_type='tests_softmux': no operator is registered under this name; did you mean 'tests_softmax'"),
    (lambda: mx.sym.Custom(mx.sym.Variable("x"), op_type="tests_wave", size=3), ParamError,
     "Custom 'tests_wave': _WaveProp cannot be made of size"),
    (lambda: mx.sym.Custom(mx.sym.Variable("x")), ParamError, "needs the parameter op_type"),
    (lambda: mx.operator.register("x")(Softmax), TypeError, "is no child of mx.operator.CustomOpProp"),
    (lambda: wrong(list_arguments=lambda self: "data"), MXNetError, "list_arguments returned 'data'; needs a list"),
    (lambda: wrong(infer_shape=lambda self, shapes: 3), ShapeError, "infer_shape returned 3; needs a list for"),
    (lambda: wrong(infer_shape=lambda self, shapes: (shapes, [])), ShapeError,
     "returned 0 entries for the outputs output; needs 1"),
    (lambda: wrong(infer_shape=lambda self, shapes: shapes[3]), ShapeError, "infer_shape of 'tests_wrong' fails: Ind"),
    (lambda: wrong(create_operator=lambda self, *a: 3), TypeError, "create_operator returned a int; needs a CustomOp"),
    (lambda: wrong(), NotImplementedError, "CustomOp does not say what it computes: define forward"),
    (lambda: mx.operator.CustomOp().assign(mx.nd.ones(1), "wrote", 1), ParamError, "req is 'wrote'; needs write"),
])  # fmt: skip
def test_mistakes_are_told(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()
