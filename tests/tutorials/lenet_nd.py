"""LeNet on handwritten digits, from arrays and their gradients alone: ``python tests/tutorials/lenet_nd.py``."""

import logging
import pathlib

import numpy as np

import symcli as mx
from symcli import autograd, nd

DIGITS = pathlib.Path(__file__).parents[2] / "datasets" / "digits" / "digits.npz"
SHAPES = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (64, 128), (64,), (10, 64), (10,)]


def parameters(seed=0):
    """Weights and biases, each with its gradient."""
    rng = np.random.RandomState(seed)
    arrays = [nd.array(rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else np.zeros(shape))
              for shape in SHAPES]  # fmt: skip
    for array in arrays:
        array.attach_grad()
    return arrays


def lenet(images, w1, b1, w2, b2, w3, b3, w4, b4):
    """Return a score for each of ten digits; images are (batch, 1, 8, 8)."""
    net = images
    for weight, bias in ((w1, b1), (w2, b2)):
        net = nd.Convolution(net, weight, bias, kernel=(3, 3), pad=(1, 1), num_filter=len(bias))
        net = nd.Pooling(nd.relu(net), kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = nd.relu(nd.FullyConnected(net, w3, b3, num_hidden=64))
    return nd.FullyConnected(net, w4, b4, num_hidden=10)


def step(params, images, labels, rate):
    """Go one step down the slope; return the loss of the batch."""
    with autograd.record():
        loss = -nd.pick(nd.log_softmax(lenet(images, *params)), labels).mean()
    loss.backward()
    for parameter in params:
        parameter -= rate * parameter.grad
    return loss.asscalar()


def main(epochs=8, rate=0.2):
    """Return the accuracy on digits that were held out."""
    digits = np.load(DIGITS)
    images, labels = digits["images"][:, None] / 16.0, digits["labels"]
    held_out = np.arange(len(labels)) % 5 == 4
    np.random.seed(0)
    train = mx.io.NDArrayIter(images[~held_out], labels[~held_out], batch_size=32, shuffle=True)
    params = parameters()
    for epoch in range(epochs):
        train.reset()
        losses = [step(params, batch.data[0], batch.label[0], rate) for batch in train]
        logging.info("epoch %d: loss %.4f", epoch, np.mean(losses))
    accuracy = mx.metric.Accuracy()
    accuracy.update([nd.array(labels[held_out])], [lenet(nd.array(images[held_out]), *params)])
    return accuracy.get()[1]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.info("test accuracy %.4f", main())
