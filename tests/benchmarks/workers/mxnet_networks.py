"""The networks of the workloads in MXNet's Gluon; where there is none, MXNet runs the symbol alone."""

from mxnet import gluon
from mxnet.gluon import nn, rnn


class Residual(gluon.HybridBlock):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, channels, before, stride):
        super().__init__()
        self.body = nn.HybridSequential()
        self.body.add(
            nn.Conv2D(channels, 3, stride, 1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"),
            nn.Conv2D(channels, 3, 1, 1, use_bias=False), nn.BatchNorm(),
        )  # fmt: skip
        self.shortcut = None
        if stride != 1 or before != channels:
            self.shortcut = nn.HybridSequential()
            self.shortcut.add(nn.Conv2D(channels, 1, stride, use_bias=False), nn.BatchNorm())

    def hybrid_forward(self, F, x):
        return F.relu(self.body(x) + (x if self.shortcut is None else self.shortcut(x)))


class LanguageModel(gluon.HybridBlock):
    """Embedding, two LSTM layers, a decoder."""

    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(10000, 200), rnn.LSTM(200, 2)
        self.decoder = nn.Dense(10000, in_units=200)

    def hybrid_forward(self, F, x):
        return self.decoder(F.reshape(self.rnn(self.embed(x)), (-1, 200)))


def mlp():
    return [nn.Dense(256, "relu"), nn.Dense(128, "relu"), nn.Dense(10)]


def lenet():
    return [nn.Conv2D(20, 5, activation="tanh"), nn.MaxPool2D(2), nn.Conv2D(50, 5, activation="tanh"),
            nn.MaxPool2D(2), nn.Dense(500, "tanh"), nn.Dense(10)]  # fmt: skip


def resnet(first, stages, depth, classes):
    layers, before = [*first, nn.BatchNorm(), nn.Activation("relu")], stages[0][0]
    if classes == 1000:
        layers.append(nn.MaxPool2D(3, 2, 1))
    for channels, stride in stages:
        for i in range(depth):
            layers.append(Residual(channels, before, stride if i == 0 else 1))
            before = channels
    return [*layers, nn.GlobalAvgPool2D(), nn.Dense(classes)]


def resnet20():
    return resnet([nn.Conv2D(16, 3, 1, 1, use_bias=False)], ((16, 1), (32, 2), (64, 2)), 3, 10)


def resnet18():
    return resnet([nn.Conv2D(64, 7, 2, 3, use_bias=False)], ((64, 1), (128, 2), (256, 2), (512, 2)), 2, 1000)


def network(workload):
    """Return the network of a workload."""
    if workload.startswith("W6"):
        return LanguageModel()
    if workload.startswith("W7"):
        return gluon.model_zoo.vision.mobilenet0_25()
    net = nn.HybridSequential()
    net.add(*{"W1": mlp, "W2": lenet, "W3": resnet20, "W4": resnet18}[workload[:2]]())
    return net
