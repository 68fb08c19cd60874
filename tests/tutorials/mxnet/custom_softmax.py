"""A softmax with its loss as an operator in Python, in a network that Module trains on digits."""

import sys

import mxnet as mx
import numpy as np


class Softmax(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        self.assign(out_data[0], req[0], mx.nd.array(y))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        labels = in_data[1].asnumpy().astype(int)
        y = out_data[0].asnumpy().copy()
        y[np.arange(labels.shape[0]), labels] -= 1.0
        self.assign(in_grad[0], req[0], mx.nd.array(y))


@mx.operator.register("softmax_in_python")
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


def main(path):
    np.random.seed(1)
    mx.random.seed(1)
    digits = np.load(path)
    images, labels = digits["images"].reshape(-1, 64).astype("float32") / 16, digits["labels"].astype("float32")
    train = mx.io.NDArrayIter(images[:1400], labels[:1400], 50, shuffle=True, label_name="softmax_label")
    test = mx.io.NDArrayIter(images[1400:1750], labels[1400:1750], 50, label_name="softmax_label")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=32, name="fc1")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), num_hidden=10, name="fc2")
    net = mx.sym.Custom(net, op_type="softmax_in_python", name="softmax")
    module = mx.mod.Module(net, context=mx.cpu())
    module.fit(train, num_epoch=4, optimizer_params={"learning_rate": 0.2}, initializer=mx.init.Xavier())
    print("accuracy", dict(module.score(test, "acc"))["accuracy"])


if __name__ == "__main__":
    main(sys.argv[1])
