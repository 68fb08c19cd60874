"""Make ``cascade.npz``, a cascade run in MXNet, with what its networks saw and said: ``MXNET_PYTHON make_cascade.py``.

The steps are those that Zhang et al. published, written out anew; needs MXNet 1.9.1, and no symcli.
"""

import math
import os

import mxnet as mx
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
MIN_FACE, FACTOR, THRESHOLDS = 16, 0.709, (0.6, 0.02)


def resized(image, width, height):
    """Blend neighbouring pixels, whose places are counted from their middles, as OpenCV does by default."""
    made = image.astype(np.float32)
    for axis, size in ((1, width), (0, height)):
        old = image.shape[axis]
        place = (np.arange(size) + 0.5) * (old / size) - 0.5
        first = np.floor(place).astype(int)
        share = (place - first).astype(np.float32).reshape((1, -1, 1) if axis else (-1, 1, 1))
        low, high = (made.take(np.clip(first + i, 0, old - 1), axis) for i in (0, 1))
        made = low * (1 - share) + high * share
    return np.floor(made + 0.5).clip(0, 255).astype(np.uint8)


def ask(name, images, record):
    """Return the probabilities and offsets that a network gives for images (n, h, w, 3), red first."""
    symbol, arguments, states = mx.model.load_checkpoint(os.path.join(FOLDER, name), 1)
    data = ((images[..., ::-1].astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2)
    executor = symbol.simple_bind(mx.cpu(), data=data.shape, grad_req="null")
    executor.copy_params_from(arguments, states, allow_extra_params=True)
    outputs = {one.shape[1]: one.asnumpy() for one in executor.forward(is_train=False, data=mx.nd.array(data))}
    number = sum(key.startswith("images") for key in record)
    record.update({f"images{number}": images, f"faces{number}": outputs[2], f"offsets{number}": outputs[4]})
    return outputs[2][:, 1], outputs[4]


def suppress(boxes, most, smaller=False):
    """Return the numbers of the boxes that are left, one after another from the best on."""
    x1, y1, x2, y2, score = boxes[:, :5].T
    area = (x2 - x1 + 1) * (y2 - y1 + 1)
    left, kept = sorted(range(len(boxes)), key=lambda i: -score[i]), []
    while left:
        best = left.pop(0)
        kept.append(best)
        rest = []
        for i in left:
            wide = max(0, min(x2[best], x2[i]) - max(x1[best], x1[i]) + 1)
            shared = wide * max(0, min(y2[best], y2[i]) - max(y1[best], y1[i]) + 1)
            whole = min(area[best], area[i]) if smaller else area[best] + area[i] - shared
            if shared / whole <= most:
                rest.append(i)
        left = rest
    return kept


def moved(boxes, offsets):
    wide, high = boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1
    sides = (wide, high, wide, high)
    return np.stack([*(boxes[:, i] + offsets[:, i] * sides[i] for i in range(4)), boxes[:, 4]], 1)


def main():
    image = np.load(os.path.join(FOLDER, "recorded.npz"))["image"][:56, :112]
    height, width = image.shape[:2]
    record = {"image": image}
    found, scale = [], 12 / MIN_FACE
    while min(height, width) * scale >= 12:
        seen = resized(image, math.ceil(width * scale), math.ceil(height * scale))
        faces, offsets = ask("det1", seen[None], record)
        rows, columns = np.where(faces[0] > THRESHOLDS[0])
        corners = [np.fix((2 * place + far) / scale) for far in (1, 12) for place in (columns, rows)]
        boxes = np.stack([*corners, faces[0][rows, columns], *offsets[0][:, rows, columns]], 1)
        found.append(boxes[suppress(boxes, 0.5)])
        scale *= FACTOR
    boxes = np.concatenate(found)
    boxes = boxes[suppress(boxes, 0.7)]
    boxes = moved(boxes, boxes[:, 5:])
    sides = np.maximum(boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1)
    middle = (boxes[:, :2] + boxes[:, 2:4] + 1) / 2
    corner = middle - sides[:, None] / 2
    boxes[:, :4] = np.round(np.concatenate([corner, corner + sides[:, None] - 1], 1))
    crops = []
    for x1, y1, x2, y2 in boxes[:, :4].astype(int):
        crop = np.zeros((y2 - y1 + 1, x2 - x1 + 1, 3), np.uint8)
        for y in range(max(y1, 0), min(y2 + 1, height)):
            for x in range(max(x1, 0), min(x2 + 1, width)):
                crop[y - y1, x - x1] = image[y, x]
        crops.append(resized(crop, 24, 24))
    faces, offsets = ask("det2", np.stack(crops), record)
    sure = faces > THRESHOLDS[1]
    boxes, offsets = np.column_stack([boxes[sure, :4], faces[sure]]), offsets[sure]
    kept = suppress(boxes, 0.7)
    boxes = moved(boxes[kept], offsets[kept])
    record["boxes"] = boxes[suppress(boxes, 0.7, smaller=True)] + np.array([0, 0, 1, 1, 0])  # corners between pixels
    np.savez_compressed(os.path.join(FOLDER, "cascade.npz"), **record)


if __name__ == "__main__":
    main()
