"""Detections judged against the boxes that are really there: right, wrong, or neither.

Boxes are corners. Detections of all images come the most certain first; image[i] is the image of detection i, whose
real boxes are truth[start[image[i]] : start[image[i] + 1]]. outcome is 1 (right), 0 (wrong), -1 (not counted).
"""

from symcli.kernels.boxes import intersection
from symcli.kernels.jit import function, kernel

__all__ = ["judge_coco", "judge_voc"]


@function
def _overlap(a, b, crowd):
    """The shared area of two boxes over that of both together, or of a alone where b is around a crowd."""
    shared = intersection(a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3], 0.0)
    area = (a[2] - a[0]) * (a[3] - a[1])
    whole = area if crowd else area + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / whole if whole > 0 else 0.0


@kernel
def judge_voc(box, image, truth, flag, start, threshold, taken, outcome):
    """Each detection belongs to the box that it overlaps most, if by the threshold; a box is found once.

    Boxes with a flag are not counted, nor is what belongs to them. box (n, 4), image, outcome (n,), truth (m, 4),
    flag, taken (m,), start (images + 1,); taken is lost. Everingham et al., The PASCAL VOC Challenge, 2010.
    """
    taken[:] = 0
    for i in range(box.shape[0]):
        best, most = -1, 0.0
        for j in range(start[image[i]], start[image[i] + 1]):
            shared = _overlap(box[i], truth[j], False)
            if shared > most:
                best, most = j, shared
        outcome[i] = 0
        if best >= 0 and most >= threshold:
            if flag[best]:
                outcome[i] = -1
            elif not taken[best]:
                taken[best] = 1
                outcome[i] = 1


@kernel
def judge_coco(box, image, truth, flag, start, thresholds, taken, outcome):
    """Each detection takes, of the boxes still free, the one that it overlaps most, if by the threshold.

    Only where none is left does it take one with a flag, and is then not counted; a crowd (flag 2) is never used up.
    outcome (T, n), taken (m,) is lost; else as judge_voc. cocoapi, PythonAPI/pycocotools/cocoeval.py, evaluateImg.
    """
    for t in range(thresholds.size):
        least = min(thresholds[t], 1 - 1e-10)
        taken[:] = 0
        for i in range(box.shape[0]):
            outcome[t, i] = 0
            for flagged in range(2):
                best, most = -1, least
                for j in range(start[image[i]], start[image[i] + 1]):
                    if (flag[j] != 0) != (flagged == 1) or (taken[j] and flag[j] != 2):
                        continue
                    shared = _overlap(box[i], truth[j], flag[j] == 2)
                    if shared >= most:
                        best, most = j, shared
                if best >= 0:
                    taken[best] = 1
                    outcome[t, i] = -1 if flagged else 1
                    break
