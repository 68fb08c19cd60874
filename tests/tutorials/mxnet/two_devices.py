"""LeNet on two devices, all by hand: parameters copied to each, a batch split over them, gradients summed.

After the chapter on several devices of Dive into Deep Learning (https://d2l.ai), of its first edition with nd.
"""

import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd


def initial(scale=0.1):
    return [
        nd.random.normal(scale=scale, shape=(20, 1, 3, 3)), nd.zeros(shape=20),
        nd.random.normal(scale=scale, shape=(50, 20, 3, 3)), nd.zeros(shape=50),
        nd.random.normal(scale=scale, shape=(200, 128)), nd.zeros(shape=128),
        nd.random.normal(scale=scale, shape=(128, 10)), nd.zeros(shape=10),
    ]  # fmt: skip


def lenet(X, params):
    h1_conv = nd.Convolution(data=X, weight=params[0], bias=params[1], kernel=(3, 3), num_filter=20)
    h1 = nd.Pooling(data=nd.relu(h1_conv), pool_type="avg", kernel=(2, 2), stride=(2, 2))
    h2_conv = nd.Convolution(data=h1, weight=params[2], bias=params[3], kernel=(3, 3), num_filter=50)
    h2 = nd.Pooling(data=nd.relu(h2_conv), pool_type="avg", kernel=(2, 2), stride=(2, 2))
    h2 = nd.flatten(h2)
    h3 = nd.relu(nd.dot(h2, params[4]) + params[5])
    return nd.dot(h3, params[6]) + params[7]


def get_params(params, ctx):
    new_params = [p.copyto(ctx) for p in params]
    for p in new_params:
        p.attach_grad()
    return new_params


def allreduce(data):
    for i in range(1, len(data)):
        data[0][:] += data[i].copyto(data[0].context)
    for i in range(1, len(data)):
        data[0].copyto(data[i])


def train_batch(X, y, dev_params, ctx, lr, loss):
    Xs, ys = gluon.utils.split_and_load(X, ctx), gluon.utils.split_and_load(y, ctx)
    with autograd.record():
        ls = [loss(lenet(one, params), label) for one, label, params in zip(Xs, ys, dev_params)]
    for one in ls:
        one.backward()
    for i in range(len(dev_params[0])):
        allreduce([dev_params[c][i].grad for c in range(len(ctx))])
    for params in dev_params:
        for param in params:
            param[:] = param - lr * param.grad / X.shape[0]


def main(path, count=2, epochs=4, batch_size=32, lr=0.3):
    mx.random.seed(3)
    with np.load(path) as file:
        images, labels = file["images"].astype("float32") / 16, file["labels"].astype("float32")
    images = np.kron(images, np.ones((2, 2), "float32"))[:, None]  # as large as the pooling of LeNet needs
    ctx = [mx.cpu(i) for i in range(count)]
    dev_params = [get_params(params, c) for params in [initial()] for c in ctx]
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(epochs):
        for start in range(0, 512, batch_size):
            part = slice(start, start + batch_size)
            train_batch(nd.array(images[part]), nd.array(labels[part]), dev_params, ctx, lr, loss)
            nd.waitall()
    scores = lenet(nd.array(images[1200:1500]), dev_params[0])
    return float((scores.argmax(axis=1).asnumpy() == labels[1200:1500]).mean()), dev_params


if __name__ == "__main__":
    accuracy, _ = main(sys.argv[1])
    print("accuracy %.3f" % accuracy)
