"""LeNet on handwritten digits, written as for MXNet: ``python tests/tutorials/lenet_digits.py``."""

import logging
import pathlib

import numpy as np

import symcli as mx

DIGITS = pathlib.Path(__file__).parents[2] / "datasets" / "digits" / "digits.npz"


def lenet():
    net = mx.sym.Variable("data")
    for i, filters in enumerate((16, 32)):
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=f"conv{i}")
        net = mx.sym.Activation(net, act_type="relu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=64, name="fc0"), act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10, name="fc1"), name="softmax")


def main(epochs=10, seed=0):
    mx.random.seed(seed)
    np.random.seed(seed)
    digits = np.load(DIGITS)
    images, labels = digits["images"][:, None] / 16.0, digits["labels"]
    held_out = np.arange(len(labels)) % 5 == 4
    train = mx.io.NDArrayIter(images[~held_out], labels[~held_out], batch_size=32, shuffle=True)
    test = mx.io.NDArrayIter(images[held_out], labels[held_out], batch_size=60)
    rate = mx.lr_scheduler.CosineScheduler(epochs * len(labels) // 40, base_lr=0.003)  # 4 / 5 of them, 32 a batch
    module = mx.mod.Module(lenet())
    module.fit(train, eval_data=test, optimizer="adam", optimizer_params={"learning_rate": 0.003, "lr_scheduler": rate},
               initializer=mx.init.Xavier(), num_epoch=epochs,
               batch_end_callback=mx.callback.Speedometer(32, 20))  # fmt: skip
    return dict(module.score(test, "acc"))["accuracy"]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.info("test accuracy %.4f", main())
