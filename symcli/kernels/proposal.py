"""Region proposals: boxes predicted from anchors at every cell of a feature map, the best of which are kept.

Ren et al., Faster R-CNN, 2015. Boxes are corners (x1, y1, x2, y2) in pixels, the last pixel included.
"""

import numpy as np

from symcli.kernels.boxes import copy, suppress
from symcli.kernels.jit import function, kernel
from symcli.kernels.order import sort_places

__all__ = ["predict", "select"]


@function
def _clipped(x, size):
    return max(min(x, size - 1), 0)


@kernel
def predict(score, offset, image, stride, width, height, least, is_corner_offset, box):
    """box[b, v, u] = corners and score of what the anchor at cell (v, u) of image b predicts.

    The anchor is width x height pixels around the middle of the cell's first stride x stride pixels. Offsets
    move centre and log size, or the corners themselves; results are cut at the image's edges. The score is
    -1 outside of the image, and for boxes smaller than ``least`` times the image's scale, which grow by that.
    score (batch, h, w), offset (batch, 4, h, w), image (batch, 3): height, width, scale; box (batch, h, w, 5).
    """
    for b in range(box.shape[0]):
        rows, columns = int(image[b, 0] / stride), int(image[b, 1] / stride)
        for v in range(box.shape[1]):
            for u in range(box.shape[2]):
                dx, dy, dw, dh = offset[b, 0, v, u], offset[b, 1, v, u], offset[b, 2, v, u], offset[b, 3, v, u]
                x, y = (stride - 1) / 2 + u * stride, (stride - 1) / 2 + v * stride
                w, h = (width - 1) / 2, (height - 1) / 2
                x1, y1, x2, y2 = x - w, y - h, x + w, y + h
                if is_corner_offset:
                    x1, y1, x2, y2 = x1 + dx, y1 + dy, x2 + dw, y2 + dh
                else:
                    x, y = dx * width + x, dy * height + y
                    w, h = (np.exp(dw) * width - 1) / 2, (np.exp(dh) * height - 1) / 2
                    x1, y1, x2, y2 = x - w, y - h, x + w, y + h
                x1, x2 = _clipped(x1, image[b, 1]), _clipped(x2, image[b, 1])
                y1, y2 = _clipped(y1, image[b, 0]), _clipped(y2, image[b, 0])
                box[b, v, u, 4] = score[b, v, u] if v < rows and u < columns else -1
                smallest = least * image[b, 2]
                if x2 - x1 + 1 < smallest or y2 - y1 + 1 < smallest:
                    grow = smallest / 2
                    x1, y1, x2, y2 = x1 - grow, y1 - grow, x2 + grow, y2 + grow
                    box[b, v, u, 4] = -1
                box[b, v, u, 0], box[b, v, u, 1], box[b, v, u, 2], box[b, v, u, 3] = x1, y1, x2, y2


@kernel
def select(box, before, most, threshold, key, order, spare, grouped, best, label, kept, region, score):
    """The boxes of each image that are left after non-maximum suppression, the best first, over and over again.

    The ``before`` best take part, ``most`` are kept. box (batch, n, 5), region (batch, m, 5): number of the image,
    corners; score (batch, m). key, order, spare, grouped, label, kept (n,) and best (n, 5) are lost.
    """
    pixel = box.dtype.type(1)
    for b in range(box.shape[0]):
        copy(box[b, :, 4], key)
        sort_places(key, key.size, True, order, spare)
        for i in range(before):
            one = box[b, order[i]]
            copy(one[:4], best[i, :4])
            best[i, 4] = (one[2] - one[0] + 1) * (one[3] - one[1] + 1)
        label[:] = 0
        count = suppress(best, label, before, most, threshold, pixel, grouped, spare, kept)
        left = 0
        for i in range(before):
            if kept[i]:
                order[left] = order[i]
                left += 1
        for i in range(region.shape[1]):
            one = box[b, order[i % count]]
            region[b, i, 0], score[b, i] = b, one[4]
            copy(one[:4], region[b, i, 1:])
