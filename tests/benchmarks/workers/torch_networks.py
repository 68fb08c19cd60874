"""The networks of the workloads in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10),
    )  # fmt: skip


def conv_bn(before, channels, kernel, stride=1, groups=1):
    conv = nn.Conv2d(before, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels))


def conv_bn_relu(*args):
    return nn.Sequential(*conv_bn(*args), nn.ReLU())


class Residual(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, before, channels, stride):
        super().__init__()
        self.body = nn.Sequential(*conv_bn_relu(before, channels, 3, stride), *conv_bn(channels, channels, 3))
        projects = stride != 1 or before != channels
        self.shortcut = conv_bn(before, channels, 1, stride) if projects else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet(first, stages, depth, classes):
    layers, before = list(first), stages[0][0]
    for channels, stride in stages:
        for i in range(depth):
            layers.append(Residual(before, channels, stride if i == 0 else 1))
            before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


def resnet20():
    return resnet([conv_bn_relu(3, 16, 3)], ((16, 1), (32, 2), (64, 2)), 3, 10)


def resnet18():
    first = [conv_bn_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    return resnet(first, ((64, 1), (128, 2), (256, 2), (512, 2)), 2, 1000)


def mobilenet(multiplier=0.25):
    thin = lambda channels: int(channels * multiplier)  # noqa: E731
    layers, before = [conv_bn_relu(3, thin(32), 3, 2)], thin(32)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for channels, stride in plan:
        layers += [conv_bn_relu(before, before, 3, stride, before), conv_bn_relu(before, thin(channels), 1)]
        before = thin(channels)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))


class LanguageModel(nn.Module):
    """Embedding, two LSTM layers, a decoder."""

    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.decoder = nn.Embedding(10000, 200), nn.LSTM(200, 200, 2), nn.Linear(200, 10000)

    def forward(self, x):
        return self.decoder(self.rnn(self.embed(x))[0].reshape(-1, 200))


SIZES = [(0.2, 0.272), (0.37, 0.447), (0.54, 0.619), (0.71, 0.79), (0.88, 0.961)]
RATIOS = (1.0, 2.0, 0.5)


def priors(height, width, sizes):
    """Return the anchors of a feature map, (height * width * 4, 4), corners in parts of the image."""
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij")
    centre = torch.stack([x.reshape(-1), y.reshape(-1)], 1)
    half = [(s * height / width / 2, s / 2) for s in sizes]
    half += [(sizes[0] * r**0.5 * height / width / 2, sizes[0] / r**0.5 / 2) for r in RATIOS[1:]]
    half = torch.tensor(half)
    return torch.cat([centre[:, None] - half, centre[:, None] + half], 2).reshape(-1, 4)


def targets(anchors, truth, threshold=0.5):
    """Return class, offsets and mask of each anchor, for all images at once."""
    boxes = truth[:, :, 1:]
    low = torch.maximum(anchors[None, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(anchors[None, :, None, 2:], boxes[:, None, :, 2:])
    common = (high - low).clamp(min=0).prod(-1)
    areas = (anchors[:, 2:] - anchors[:, :2]).prod(-1)[None, :, None] + (boxes[..., 2:] - boxes[..., :2]).prod(-1)[
        :, None
    ]
    best, which = (common / (areas - common)).max(2)
    positive = best >= threshold
    top = (common / (areas - common)).argmax(1)
    positive.scatter_(1, top, True)
    which.scatter_(1, top, torch.arange(truth.shape[1]).expand(truth.shape[0], -1))
    chosen = torch.gather(truth, 1, which[..., None].expand(-1, -1, 5))
    classes = torch.where(positive, chosen[..., 0].long() + 1, 0)
    size, centre = chosen[..., 3:] - chosen[..., 1:3], (chosen[..., 3:] + chosen[..., 1:3]) / 2
    own_size, own_centre = anchors[:, 2:] - anchors[:, :2], (anchors[:, 2:] + anchors[:, :2]) / 2
    offsets = torch.cat([(centre - own_centre) / own_size / 0.1, torch.log(size / own_size + 1e-6) / 0.2], -1)
    mask = positive[..., None].float()
    return classes, offsets * mask, mask


class TinySSD(nn.Module):
    """Five scales of four anchors a place; returns anchors, class scores and box offsets."""

    def __init__(self):
        super().__init__()

        def halve(before, channels):
            return nn.Sequential(
                conv_bn_relu(before, channels, 3), conv_bn_relu(channels, channels, 3), nn.MaxPool2d(2)
            )

        first = nn.Sequential(halve(3, 16), halve(16, 32), halve(32, 64))
        rest = [halve(64, 128), halve(128, 128), halve(128, 128), nn.AdaptiveMaxPool2d(1)]
        self.scales = nn.ModuleList([first, *rest])
        self.classes = nn.ModuleList([nn.Conv2d(c, 8, 3, 1, 1) for c in (64, 128, 128, 128, 128)])
        self.boxes = nn.ModuleList([nn.Conv2d(c, 16, 3, 1, 1) for c in (64, 128, 128, 128, 128)])

    def forward(self, x):
        anchors, scores, offsets = [], [], []
        for scale, classes, boxes, sizes in zip(self.scales, self.classes, self.boxes, SIZES, strict=True):
            x = scale(x)
            anchors.append(priors(x.shape[2], x.shape[3], sizes))
            scores.append(classes(x).permute(0, 2, 3, 1).flatten(1))
            offsets.append(boxes(x).permute(0, 2, 3, 1).flatten(1))
        scores = torch.cat(scores, 1)
        return torch.cat(anchors), scores.reshape(scores.shape[0], -1, 2), torch.cat(offsets, 1)


def detection_loss(out, truth):
    """Return the sum of the class and the box loss of TinySSD."""
    anchors, scores, offsets = out
    with torch.no_grad():
        classes, wanted, mask = targets(anchors, truth)
    box_loss = F.l1_loss(offsets.reshape(offsets.shape[0], -1, 4) * mask, wanted)
    return F.cross_entropy(scores.reshape(-1, 2), classes.reshape(-1)) + box_loss


def network(workload):
    """Return the network of a workload."""
    made = {"W1": mlp, "W2": lenet, "W3": resnet20, "W4": resnet18, "W5": TinySSD, "W6": LanguageModel, "W7": mobilenet}
    return made[workload[:2]]()
