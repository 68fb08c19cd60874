"""MTCNN: faces found by a cascade of three small networks (Zhang et al., 2016, https://arxiv.org/abs/1604.02878).

P-Net looks at the image in many sizes, R-Net at each box that is left at 24×24 pixels, O-Net at 48×48; each moves the
boxes and leaves some out. Boxes are inclusive pixels, as in the networks' training: a side is x2 - x1 + 1.
"""

from collections.abc import Callable, Sequence

import numpy as np

from symcli.data.transforms import resized

__all__ = ["CELL", "SIDES", "Network", "find_faces", "pyramid"]

Array = np.ndarray
# Images (n, 3, h, w) -> probability of a face (n, ...), box offsets (n, 4, ...), and of O-Net landmarks (n, 10).
Network = Callable[[Array], Sequence[Array]]

STRIDE, CELL = 2, 12  # of P-Net, in pixels
SIDES = (24, 48)  # of the images that R-Net and O-Net see
_MEAN, _SCALE = 127.5, 1 / 128


def pyramid(height: int, width: int, min_face: int = 20, factor: float = 0.709) -> list[float]:
    """Return by what an image is scaled, so that faces from ``min_face`` pixels on become P-Net's cell."""
    scales, scale = [], CELL / min_face
    while min(height, width) * scale >= CELL:
        scales.append(scale)
        scale *= factor
    return scales


def find_faces(image: Array, networks: Sequence[Network], thresholds: Sequence[float] = (0.6, 0.7, 0.7),
               min_face: int = 20, factor: float = 0.709) -> tuple[Array, Array | None]:  # fmt: skip
    """Return faces (n, 5) as corners in pixels and probability, the most certain first, and landmarks (n, 5, 2).

    Parameters
    ----------
    image : (H, W, 3), uint8, red first.
    networks : P-Net, then R-Net and O-Net as far as they are there; without O-Net there are no landmarks.
    thresholds : the probability that a box needs to be left, by network.
    """
    first, *others = networks
    boxes = _propose(image, first, thresholds[0], min_face, factor)
    points = None
    for side, network, threshold in zip(SIDES, others, thresholds[1:], strict=False):
        boxes = _square(boxes)
        if not len(boxes):
            break
        probability, offsets, *landmarks = network(_crops(image, boxes, side))
        probability = probability.reshape(len(boxes))
        left = probability > threshold
        boxes = np.column_stack([boxes[left, :4], probability[left]])
        if landmarks:
            points = _landmarks(boxes, landmarks[0][left])
            boxes = _moved(boxes, offsets[left])
        else:
            kept = _suppressed(boxes, 0.7)
            boxes = _moved(boxes[kept], offsets[left][kept])
    kept = _suppressed(boxes, 0.7, smaller=True)
    boxes = boxes[kept]
    boxes[:, 2:4] += 1  # corners between pixels
    return boxes, None if points is None else points[kept]


def _propose(image: Array, network: Network, threshold: float, min_face: int, factor: float) -> Array:
    """Return the boxes that P-Net sees in any size of the image."""
    height, width = image.shape[:2]
    found = [np.empty((0, 9))]
    for scale in pyramid(height, width, min_face, factor):
        size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
        probability, offsets = network(_seen(resized(image, size)[None]))[:2]
        rows, columns = np.nonzero(probability[0] > threshold)
        corner = np.column_stack([columns, rows]) * STRIDE
        boxes = np.column_stack([
            np.floor((corner + 1) / scale), np.floor((corner + CELL) / scale), probability[0, rows, columns],
            offsets[0][:, rows, columns].T,
        ])  # fmt: skip
        found.append(boxes[_suppressed(boxes, 0.5)])
    boxes = np.concatenate(found)
    boxes = boxes[_suppressed(boxes, 0.7)]
    return _moved(boxes[:, :5], boxes[:, 5:])


def _seen(images: Array) -> Array:
    """Return images (n, h, w, 3), red first, as the networks take them: (n, 3, h, w), blue first as OpenCV reads."""
    return np.ascontiguousarray((images[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - _MEAN) * _SCALE)


def _crops(image: Array, boxes: Array, side: int) -> Array:
    """Return what is inside of boxes at one size; what is outside of the image is black."""
    height, width = image.shape[:2]
    made = np.empty((len(boxes), side, side, 3), np.float32)
    for i, (x1, y1, x2, y2) in enumerate(boxes[:, :4].astype(int).tolist()):
        part = np.zeros((max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1), 3), np.uint8)
        left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2 + 1, width), min(y2 + 1, height)
        if right > left and bottom > top:
            part[top - y1 : bottom - y1, left - x1 : right - x1] = image[top:bottom, left:right]
        made[i] = resized(part, (side, side))
    return _seen(made)


def _sides(boxes: Array) -> Array:
    return boxes[:, 2:4] - boxes[:, :2] + 1


def _moved(boxes: Array, offsets: Array) -> Array:
    """Return boxes moved by offsets (n, 4) in parts of their sides."""
    sides = _sides(boxes)
    return np.column_stack([boxes[:, :4] + offsets * np.tile(sides, 2), boxes[:, 4:]])


def _square(boxes: Array) -> Array:
    """Return boxes made as wide as high around their centres, in whole pixels."""
    sides = _sides(boxes)
    longest = sides.max(1, keepdims=True)
    corner = boxes[:, :2] + sides / 2 - longest / 2
    return np.column_stack([np.rint(corner), np.rint(corner + longest - 1), boxes[:, 4:]])


def _landmarks(boxes: Array, points: Array) -> Array:
    """Return five points x, y in pixels; the network gives all x, then all y, in parts of the box."""
    relative = points.reshape(-1, 2, 5).transpose(0, 2, 1)
    return boxes[:, None, :2] + relative * _sides(boxes)[:, None]


def _suppressed(boxes: Array, threshold: float, smaller: bool = False) -> Array:
    """Return the numbers of the boxes that no better one overlaps by more, the most certain first.

    The overlap is the shared area over that of both together, or over the smaller one's.
    """
    areas = _sides(boxes).prod(1)
    order = np.argsort(-boxes[:, 4], kind="stable")
    kept = []
    while len(order):
        best, others = order[0], order[1:]
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[others, :2]), np.minimum(boxes[best, 2:4], boxes[others, 2:4])
        shared = (high - low + 1).clip(0).prod(1)
        whole = np.minimum(areas[best], areas[others]) if smaller else areas[best] + areas[others] - shared
        order = others[shared / whole <= threshold]
    return np.array(kept, np.int64)
