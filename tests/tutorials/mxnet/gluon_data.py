"""Gluon's data sets and loader, a network of nd functions, gradients by autograd, SGD by hand."""

import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd


class Digits(gluon.data.Dataset):
    def __init__(self, path, start, stop):
        with np.load(path) as file:
            self._images = nd.array(file["images"][start:stop, :, :, None], dtype="uint8")
            self._labels = file["labels"][start:stop].astype("int32")

    def __getitem__(self, idx):
        return self._images[idx], self._labels[idx]

    def __len__(self):
        return len(self._labels)


def transform(image, label):
    return nd.transpose(image.astype("float32"), (2, 0, 1)).reshape((-1,)) / 16, np.float32(label)


def accuracy(loader, net):
    metric = mx.metric.Accuracy()
    for data, label in loader:
        metric.update([label], [net(data)])
    return metric.get()[1]


def main(path):
    mx.random.seed(1)
    np.random.seed(1)
    train = gluon.data.DataLoader(Digits(path, 0, 1000).transform(transform), batch_size=50, shuffle=True)
    test = gluon.data.DataLoader(Digits(path, 1000, 1400).transform(transform), batch_size=50, num_workers=0)
    ctx = mx.cpu()
    W1, b1 = nd.random.normal(scale=0.1, shape=(64, 64), ctx=ctx), nd.zeros(64, ctx=ctx)
    W2, b2 = nd.random.normal(scale=0.1, shape=(64, 10), ctx=ctx), nd.zeros(10, ctx=ctx)
    params = [W1, b1, W2, b2]
    for param in params:
        param.attach_grad()

    def net(X):
        hidden = nd.relu(nd.dot(X, W1) + b1)
        return nd.dot(hidden, W2) + b2

    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for epoch in range(8):
        total = 0.0
        for data, label in train:
            data, label = data.as_in_context(ctx), label.as_in_context(ctx)
            with autograd.record():
                batch_loss = loss(net(data), label)
            batch_loss.backward()
            for param in params:
                param[:] = param - 0.5 * param.grad / data.shape[0]
            total += batch_loss.mean().asscalar()
        print("epoch %d, loss %.3f" % (epoch, total / len(train)), file=sys.stderr)
    return accuracy(test, net)


if __name__ == "__main__":
    print("accuracy %.3f" % main(sys.argv[1]))
