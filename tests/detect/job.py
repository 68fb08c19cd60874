"""A detector small enough to be trained in a test: bright squares on dark images."""

from pathlib import Path

import numpy as np
from PIL import Image

from symcli.data.detection_list import AnnotatedImage, write_list

__all__ = ["JOB", "NETWORK", "squares", "write_job"]

SIZE = 32
NETWORK = """\
network:
  inputs: {data: [batch, 3, 32, 32], label: [batch, objects, 5]}
  blocks: {file: BLOCKS}
  graph:
    body: [{conv_bn_relu: {channels: 8, stride: 2}}, {conv_bn_relu: {channels: 16, stride: 2}}]
    head: {head: {data: body, classes: 2, sizes: [0.25, 0.4], ratios: [1], anchors: 2}}
    ssd: {multibox: {data: "head[0]", boxes: "head[1]", anchors: "head[2]", label: label, classes: 2}}
    cls_prob: ssd[0]
    loc_loss: ssd[1]
    cls_label: ssd[2]
    det_out: ssd[3]
  outputs: [cls_prob, loc_loss, cls_label, det_out]
"""
JOB = """\
network: {file: network.yaml}
data:
  train: {detection: {path: squares, split: train, shuffle: true}}
  valid: {detection: {path: squares, split: val}}
  transforms:
    train: [{random_expand: {max_ratio: 1.2, fill: 0}}, random_iou_crop, {resize: 32}, random_flip_left_right]
    all: [{resize: 32}, to_tensor]
train:
  epochs: 3
  batch_size: 4
  seed: 3
  optimizer: {adam: {learning_rate: 0.01, rescale_grad: 1}}
  checkpoint: {best: map}
"""


def squares(folder: Path, train=24, val=5) -> Path:
    """Write a prepared data set: grey (class 0) and red (class 1) squares, up to two in an image, none in the last."""
    rng = np.random.default_rng(5)
    (folder / "images").mkdir(parents=True)
    (folder / "classes.txt").write_text("grey\nred\n")
    for split, count in (("train", train), ("val", val)):
        images = []
        for number in range(count):
            pixels = rng.integers(0, 30, (SIZE, SIZE, 3)).astype(np.uint8)
            rows = []
            for side in range(int(rng.integers(1, 3)) if number < count - 1 else 0):
                x, y = int(rng.integers(0, 6)) + 16 * side, int(rng.integers(0, 20))
                label, size = int(rng.integers(0, 2)), int(rng.integers(8, 11))
                pixels[y : y + size, x : x + size] = (200, 20, 20) if label else (180, 180, 180)
                rows.append([label, x / SIZE, y / SIZE, (x + size) / SIZE, (y + size) / SIZE, 0])
            name = f"images/{split}{number}.png"
            Image.fromarray(pixels).save(folder / name)
            images.append(AnnotatedImage(name, SIZE, SIZE, np.array(rows).reshape(-1, 6)))
        with open(folder / f"{split}.lst", "wb") as file:
            write_list(file, images)
    return folder


def write_job(folder: Path) -> Path:
    """Write data, network and job; return the job's path."""
    blocks = Path(__file__).parents[2] / "configs" / "networks" / "blocks" / "ssd.yaml"
    squares(folder / "squares")
    (folder / "network.yaml").write_text(NETWORK.replace("BLOCKS", str(blocks)))
    (folder / "job.yaml").write_text(JOB)
    return folder / "job.yaml"
