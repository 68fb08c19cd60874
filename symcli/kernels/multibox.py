"""The boxes of single-shot detectors: priors over a feature map, training targets, and detections.

Liu et al., SSD: Single Shot MultiBox Detector, 2016. Boxes are corners (x1, y1, x2, y2) in parts of the image.
"""

import numpy as np

from symcli.kernels.boxes import copy, intersection, suppress
from symcli.kernels.jit import function, kernel
from symcli.kernels.order import sort_places

__all__ = ["decode", "match", "negatives", "prior", "suppress_rows", "targets"]


@kernel
def prior(step_y, step_x, offset_y, offset_x, half_h, half_w, clip, out):
    """out[v, u] = the box of these half sizes around ((u + offset_x) step_x, (v + offset_y) step_y); out (h, w, 4)."""
    for v in range(out.shape[0]):
        for u in range(out.shape[1]):
            y, x = (v + offset_y) * step_y, (u + offset_x) * step_x
            out[v, u, 0], out[v, u, 1], out[v, u, 2], out[v, u, 3] = x - half_w, y - half_h, x + half_w, y + half_h
            if clip:
                for i in range(4):
                    out[v, u, i] = min(max(out[v, u, i], 0), 1)


@function
def _overlaps(side, box, row):
    """row[j] = the IoU of box and anchor j, whose corners are side[:4, j] and whose area is side[4, j]."""
    zero = row.dtype.type(0)
    x1, y1, x2, y2 = box[0], box[1], box[2], box[3]
    area = (x2 - x1) * (y2 - y1)
    ax1, ay1, ax2, ay2, areas = side[0], side[1], side[2], side[3], side[4]
    for j in range(row.size):
        shared = intersection(x1, y1, x2, y2, ax1[j], ay1[j], ax2[j], ay2[j], zero)
        union = areas[j] + area - shared
        row[j] = zero if union == 0 else shared / union


@function
def _largest(row):
    """The place of the largest element, the first of equal ones."""
    best, place = row[0], 0
    for j in range(row.size):
        if row[j] > best:
            best, place = row[j], j
    return place


@function
def _give_best(side, label, n, row, peak, place, winner):
    """Give each of n boxes an anchor of its own, largest overlap first: winner[k] is its number, -1 for none.

    place[k] is the best free anchor of box k, peak[k] their overlap; found again when another box takes it.
    """
    winner[:n] = -1
    for _ in range(n):
        best = -1
        for k in range(n):
            if winner[k] >= 0 or not peak[k] > row.dtype.type(1e-6):
                continue
            if best < 0 or peak[k] > peak[best] or (peak[k] == peak[best] and place[k] < place[best]):
                best = k
        if best < 0:
            break
        winner[best] = place[best]
        for k in range(n):
            if winner[k] < 0 and place[k] == winner[best]:
                _overlaps(side, label[k, 1:5], row)
                for taken in winner[:n]:
                    if taken >= 0:
                        row[taken] = -1
                place[k] = _largest(row)
                peak[k] = row[place[k]]


@kernel
def match(anchor, label, threshold, side, row, peak, place, winner, overlap, matched):
    """matched[b, j] = the row of label[b] that anchor j is to predict; -1 for none, -2 if label[b] has no boxes.

    First each box gets the anchor that it overlaps most; then each other anchor the box that it overlaps most, if
    by more than the threshold (above 0). overlap[b, j] = anchor j's largest overlap.
    anchor (n, 4); label (batch, m, >= 5): class, corners, ended by class -1; overlap, matched (batch, n).
    side (5, n), row (n,), peak, place, winner (m,) are lost.
    """
    for j in range(anchor.shape[0]):
        side[0, j], side[1, j], side[2, j], side[3, j] = anchor[j, 0], anchor[j, 1], anchor[j, 2], anchor[j, 3]
        side[4, j] = (anchor[j, 2] - anchor[j, 0]) * (anchor[j, 3] - anchor[j, 1])
    for b in range(label.shape[0]):
        n = 0
        while n < label.shape[1] and label[b, n, 0] != -1:
            n += 1
        most, chosen = overlap[b], matched[b]
        most[:] = -1
        chosen[:] = -1 if n else -2
        for k in range(n):
            _overlaps(side, label[b, k, 1:5], row)
            for j in range(row.size):
                if row[j] > most[j]:
                    most[j] = row[j]
                    chosen[j] = k
            place[k] = _largest(row)
            peak[k] = row[place[k]]
        _give_best(side, label[b], n, row, peak, place, winner)
        for j in range(row.size):
            if n and not (threshold > 0 and most[j] > threshold):
                chosen[j] = -1
        for k in range(n):
            if winner[k] >= 0:
                chosen[winner[k]] = k


@function
def _background(score, top, prob):
    """prob[j] = the softmax of score[:, j] at class 0; score (classes, n), top (n,) is lost."""
    copy(score[0], top)
    for c in range(1, score.shape[0]):
        for j in range(top.size):
            top[j] = max(top[j], score[c, j])
    prob[:] = 0
    for c in range(score.shape[0]):
        for j in range(top.size):
            prob[j] += np.exp(score[c, j] - top[j])
    for j in range(top.size):
        prob[j] = np.exp(score[0, j] - top[j]) / prob[j]


@kernel
def negatives(score, overlap, ratio, threshold, top, prob, place, order, spare, matched):
    """Leave -1 in matched[b] only at the hardest negatives, ``ratio`` times the positives; -2 at all others.

    Hardest are those with the least probability of the background, among anchors that overlap no box by the
    threshold. score (batch, classes, n), overlap and matched (batch, n); top, prob, place, order, spare (n,) are lost.
    """
    for b in range(matched.shape[0]):
        positive, count = 0, 0
        for j in range(matched.shape[1]):
            positive += matched[b, j] >= 0
        wanted = min(int(positive * ratio), matched.shape[1] - positive)
        if wanted > 0:
            _background(score[b], top, prob)
        for j in range(matched.shape[1]):
            if matched[b, j] == -1:
                matched[b, j] = -2
                if overlap[b, j] < threshold:
                    prob[count], place[count] = prob[j], j
                    count += 1
        if wanted > 0:
            sort_places(prob, count, False, order, spare)
            for i in range(min(wanted, count)):
                matched[b, place[order[i]]] = -1


@kernel
def targets(anchor, label, matched, ignored, vx, vy, vw, vh, offset, mask, target):
    """What each anchor is to predict: its class, and the offset of its box.

    target[b, j] = class + 1, 0 for the background (matched -1), ``ignored`` for no prediction (matched -2).
    offset[b, j] = ((x - ax) / aw / vx, (y - ay) / ah / vy, log(w / aw) / vw, log(h / ah) / vh) and mask[b, j] = 1
    where there is a box, else both 0. anchor (n, 4), label (batch, m, >= 5), matched and target (batch, n), offset
    and mask (batch, n, 4).
    """
    half = offset.dtype.type(0.5)
    for b in range(matched.shape[0]):
        for j in range(matched.shape[1]):
            k = matched[b, j]
            mask[b, j] = k >= 0
            if k < 0:
                offset[b, j] = 0
                target[b, j] = 0 if k == -1 else ignored
                continue
            target[b, j] = label[b, k, 0] + 1
            box = label[b, k]
            w, h = box[3] - box[1], box[4] - box[2]
            aw, ah = anchor[j, 2] - anchor[j, 0], anchor[j, 3] - anchor[j, 1]
            offset[b, j, 0] = ((box[1] + box[3]) * half - (anchor[j, 0] + anchor[j, 2]) * half) / aw / vx
            offset[b, j, 1] = ((box[2] + box[4]) * half - (anchor[j, 1] + anchor[j, 3]) * half) / ah / vy
            offset[b, j, 2] = np.log(w / aw) / vw
            offset[b, j, 3] = np.log(h / ah) / vh


@function
def _best_class(prob, best, label):
    """best[j], label[j] = the largest of prob[1:, j] and its class, counted from 1; 0 where none is above -1."""
    best[:] = -1
    label[:] = 0
    for c in range(1, prob.shape[0]):
        for j in range(best.size):
            if prob[c, j] > best[j]:
                best[j] = prob[c, j]
                label[j] = c


@function
def _box_at(offset, anchor, vx, vy, vw, vh, clip, row):
    """row[2:6] = the corners of the box at an offset from an anchor."""
    half = row.dtype.type(0.5)
    aw, ah = anchor[2] - anchor[0], anchor[3] - anchor[1]
    x = offset[0] * vx * aw + (anchor[0] + anchor[2]) * half
    y = offset[1] * vy * ah + (anchor[1] + anchor[3]) * half
    w, h = np.exp(offset[2] * vw) * aw * half, np.exp(offset[3] * vh) * ah * half
    row[2], row[3], row[4], row[5] = x - w, y - h, x + w, y + h
    if clip:
        for i in range(2, 6):
            row[i] = max(min(row[i], 1), 0)


@kernel
def decode(prob, offset, anchor, threshold, clip, vx, vy, vw, vh, best, label, count, out):
    """out[b] = (class, probability, box) of each anchor whose best class is not below threshold, then -1.

    Class 0 of prob (batch, classes, n) is the background, which is not counted: the next one is 0. offset
    (batch, n, 4), anchor (n, 4), out (batch, n, 6); count[b] = how many there are; best and label (n,) are lost.
    """
    out[:] = -1
    for b in range(prob.shape[0]):
        _best_class(prob[b], best, label)
        n = 0
        for j in range(best.size):
            if label[j] > 0 and not best[j] < threshold:
                out[b, n, 0], out[b, n, 1] = label[j] - 1, best[j]
                _box_at(offset[b, j], anchor[j], vx, vy, vw, vh, clip, out[b, n])
                n += 1
        count[b] = n


@kernel
def suppress_rows(count, threshold, topk, force, key, order, spare, grouped, rows, box, label, kept, out):
    """Non-maximum suppression of the first count[b] rows of out[b], in place: the best first, class -1 if left out.

    The ``topk`` best take part; rows beyond them stay where they are, with class -1. Rows of a class (with
    ``force`` all) suppress each other where their IoU is not below the threshold. key, order, spare, grouped,
    label, kept (n,), rows (n, 6) and box (n, 5) are lost.
    """
    # The comparison of suppress is "above": the next smaller number makes it "not below".
    below, pixel = np.nextafter(threshold, -threshold), out.dtype.type(0)
    for b in range(out.shape[0]):
        for i in range(count[b]):
            copy(out[b, i], rows[i])
            key[i] = out[b, i, 1]
        sort_places(key, count[b], True, order, spare)
        n = min(count[b], topk)
        for i in range(n):
            copy(rows[order[i]], out[b, i])
            copy(out[b, i, 2:6], box[i, :4])
            box[i, 4] = (box[i, 2] - box[i, 0]) * (box[i, 3] - box[i, 1])
            label[i] = 0 if force else int(out[b, i, 0])
        suppress(box, label, n, n, below, pixel, grouped, spare, kept)
        for i in range(count[b]):
            if i >= n or not kept[i]:
                out[b, i, 0] = -1
