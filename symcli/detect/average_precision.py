"""How good detections are: average precision, as PASCAL VOC 2007 and 2010 and as COCO compute it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from symcli import kernels
from symcli.errors import ShapeError

__all__ = ["COCO_THRESHOLDS", "ClassPrecision", "DetectionRecord", "area", "coco", "eleven_points", "mean", "voc"]

COCO_THRESHOLDS = np.linspace(0.5, 0.95, 10)
COCO_MOST = 100  # detections of a class in an image that COCO looks at
_COCO_RECALLS = np.linspace(0.0, 1.0, 101)

Array = np.ndarray
Curve = Callable[[Array, Array], float]  # of recall and precision: the average precision


class ClassPrecision(NamedTuple):
    """What was found of a class.

    Attributes
    ----------
    truths : how many boxes there are; those that are not counted are left out.
    detections : how many detections are counted.
    average_precision : NaN for a class without boxes.
    recall, precision, scores : the curve, a point for each counted detection, the most certain first. Of COCO the
        curve at the first threshold.
    """

    truths: int
    detections: int
    average_precision: float
    recall: Array
    precision: Array
    scores: Array


class DetectionRecord:
    """Detections of images, and the boxes that are there, collected image by image.

    Parameters
    ----------
    classes : how many classes there are.
    """

    def __init__(self, classes: int):
        self.classes = classes
        self._found: list[Array] = []
        self._truths: list[Array] = []

    def add(self, detections: Array, truths: Array) -> None:
        """Add an image.

        Parameters
        ----------
        detections : (n, 6) rows of class, score, corners; rows of class below 0 are none.
        truths : (m, 5) rows of class, corners, in the same units; a sixth column flags what is difficult (1) or a crowd
            (2). Rows of class below 0 are none.

        Raises
        ------
        ShapeError
            If the rows have other lengths.
        """
        detections, truths = np.asarray(detections, np.float64), np.asarray(truths, np.float64)
        if detections.ndim != 2 or detections.shape[1] != 6 or truths.ndim != 2 or truths.shape[1] < 5:
            raise ShapeError(f"average precision: detections are {detections.shape}, boxes {truths.shape}; needs rows "
                             "of 6 numbers (class, score, corners) and of 5 or 6 (class, corners, flag)")  # fmt: skip
        rows = np.zeros((len(truths), 6))
        rows[:, : truths.shape[1]] = truths[:, :6]
        self._found.append(detections[detections[:, 0] >= 0])
        self._truths.append(rows[rows[:, 0] >= 0])

    def __len__(self) -> int:
        return len(self._found)

    def of_class(self, number: int, most: int | None = None) -> tuple[Array, ...]:
        """Return what concerns a class: scores, boxes and images of detections, real boxes, flags, and their starts.

        ``most`` bounds how many detections of an image are taken.
        """
        scores, boxes, images, truths, flags, starts = [], [], [], [], [], [0]
        for image, (found, real) in enumerate(zip(self._found, self._truths, strict=True)):
            own, there = found[found[:, 0] == number], real[real[:, 0] == number]
            order = np.argsort(-own[:, 1], kind="stable")[:most]
            scores.append(own[order, 1])
            boxes.append(own[order, 2:])
            images.append(np.full(len(order), image, np.int64))
            truths.append(there[:, 1:5])
            flags.append(there[:, 5].astype(np.int64))
            starts.append(starts[-1] + len(there))
        if not self._found:
            return np.empty(0), np.empty((0, 4)), np.empty(0, int), np.empty((0, 4)), np.empty(0, int), np.zeros(1, int)
        score = np.concatenate(scores)
        order = np.argsort(-score, kind="stable")
        joined = np.ascontiguousarray(np.concatenate(boxes)[order]), np.concatenate(images)[order]
        return score[order], *joined, np.concatenate(truths), np.concatenate(flags), np.array(starts)


def voc(record: DetectionRecord, threshold: float = 0.5, points: int | None = None) -> list[ClassPrecision]:
    """Return the average precision of each class as PASCAL VOC computes it.

    Parameters
    ----------
    threshold : the intersection over union from which a box counts as found.
    points : 11 for the mean of the precision at 11 recalls, as in VOC 2007; None for the area under the curve.
    """
    results = []
    for number in range(record.classes):
        scores, boxes, images, truths, flags, starts = record.of_class(number)
        outcome = np.empty(len(scores), np.int64)
        taken = np.empty(len(truths), np.int64)
        kernels.detections.judge_voc(boxes, images, truths, flags, starts, float(threshold), taken, outcome)
        count = int((flags == 0).sum())
        results.append(_result(outcome, scores, count, eleven_points if points == 11 else area))
    return results


def coco(record: DetectionRecord, thresholds: Array = COCO_THRESHOLDS) -> tuple[Array, list[ClassPrecision]]:
    """Return the average precision at each threshold of each class (T, classes), and each class's mean of them.

    As COCO computes it: at most 100 detections of a class in an image, precision at 101 recalls.
    """
    table = np.full((len(thresholds), record.classes), np.nan)
    results = []
    for number in range(record.classes):
        scores, boxes, images, truths, flags, starts = record.of_class(number, COCO_MOST)
        outcomes = np.empty((len(thresholds), len(scores)), np.int64)
        taken = np.empty(len(truths), np.int64)
        kernels.detections.judge_coco(boxes, images, truths, flags, starts, np.asarray(thresholds, float), taken,
                                      outcomes)  # fmt: skip
        count = int((flags == 0).sum())
        each = [_result(outcome, scores, count, _coco_points) for outcome in outcomes]
        table[:, number] = [one.average_precision for one in each]
        results.append(each[0]._replace(average_precision=float(table[:, number].mean())))
    return table, results


def mean(results: Sequence[ClassPrecision]) -> float:
    """Return the mean over the classes that have boxes; NaN if none has."""
    values = [one.average_precision for one in results if one.truths]
    return float(np.mean(values)) if values else float("nan")


def _result(outcome: Array, scores: Array, truths: int, precision_of: Curve) -> ClassPrecision:
    counted = outcome >= 0
    right = outcome[counted] == 1
    found = np.cumsum(right)
    recall = found / truths if truths else np.full(len(found), np.nan)
    precision = found / np.arange(1, len(found) + 1)
    value = precision_of(recall, precision) if truths else float("nan")
    return ClassPrecision(truths, len(found), value, recall, precision, scores[counted])


def area(recall: Array, precision: Array) -> float:
    """Return the area under the curve of a precision that never rises with the recall (VOC from 2010 on)."""
    steps = np.diff(recall, prepend=0)
    return float((steps * _falling(precision)).sum())


def eleven_points(recall: Array, precision: Array) -> float:
    """Return the mean of the best precision at recalls 0, 0.1, … 1 and above (VOC 2007)."""
    return float(np.mean([precision[recall >= point].max(initial=0) for point in np.arange(11) / 10]))


def _coco_points(recall: Array, precision: Array) -> float:
    """Return the mean of the falling precision at 101 recalls."""
    places = np.searchsorted(recall, _COCO_RECALLS, side="left")
    padded = np.append(_falling(precision), 0)
    return float(padded[places].mean())


def _falling(precision: Array) -> Array:
    return np.maximum.accumulate(precision[::-1])[::-1]
