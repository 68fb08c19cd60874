"""Metrics of single-shot detectors, of the outputs that MXNet's ``example/ssd`` gives its networks.

These are, in this order: ``cls_prob`` (N, K, A), class probabilities, class 0 the background; ``loc_loss`` (N, 4 A),
smooth L1 of the box offsets, 0 where an anchor has no box; ``cls_label`` (N, A), the class of each anchor, -1 for those
left out; ``det_out`` (N, A, 6), detections. The label is (N, objects, 5): class and corners; a sixth column flags what
is difficult.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli.detect.average_precision import ClassPrecision, DetectionRecord, coco, mean, voc
from symcli.errors import ShapeError
from symcli.params import param
from symcli.train.metric.base import EvalMetric, numbers

__all__ = [
    "METRICS", "COCOMApMetric", "MultiBoxAccuracy", "MultiBoxCrossEntropy", "MultiBoxMAE", "MultiBoxSmoothL1",
    "VOC07MApMetric", "VOCMApMetric",
]  # fmt: skip


class _OfOutputs(EvalMetric):
    """A mean over anchors; a child says of which outputs."""

    def update(self, labels: Any, preds: Any) -> None:
        if len(preds) < 3:
            raise ShapeError(f"{self.name}: the network has {len(preds)} outputs; needs cls_prob, loc_loss, cls_label "
                             "and det_out in this order")  # fmt: skip
        self._add(*self._measured(*(numbers(one) for one in preds[:3])))

    def _measured(self, cls_prob: np.ndarray, loc_loss: np.ndarray, cls_label: np.ndarray) -> tuple[float, float]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: define _measured")


class MultiBoxCrossEntropy(_OfOutputs):
    """The mean of ``-log p`` of the right class, over the anchors that are not left out."""

    name: str = param("class-loss", doc="the name that is shown")

    def _measured(self, cls_prob: np.ndarray, loc_loss: np.ndarray, cls_label: np.ndarray) -> tuple[float, float]:
        counted = cls_label >= 0
        places = np.maximum(cls_label, 0).astype(np.int64)[:, None]
        right = np.take_along_axis(cls_prob, places, 1)[:, 0][counted]
        return float(-np.log(np.maximum(right, 1e-12)).sum(dtype=np.float64)), int(counted.sum())


class MultiBoxSmoothL1(_OfOutputs):
    """The sum of the smooth L1 losses of the box offsets, over the number of anchors with a box."""

    name: str = param("box-loss", doc="the name that is shown")

    def _measured(self, cls_prob: np.ndarray, loc_loss: np.ndarray, cls_label: np.ndarray) -> tuple[float, float]:
        return float(loc_loss.sum(dtype=np.float64)), int((cls_label > 0).sum())


class MultiBoxAccuracy(_OfOutputs):
    """The part of the anchors, those left out not counted, whose most probable class is the right one."""

    name: str = param("anchor-accuracy", doc="the name that is shown")

    def _measured(self, cls_prob: np.ndarray, loc_loss: np.ndarray, cls_label: np.ndarray) -> tuple[float, float]:
        counted = cls_label >= 0
        return int((cls_prob.argmax(1) == cls_label)[counted].sum()), int(counted.sum())


class MultiBoxMAE(_OfOutputs):
    """The mean absolute error of the box offsets, over the offsets of anchors with a box.

    It is read from the losses: a smooth L1 loss l comes of an error sqrt(2 l) below 1 / 2 scalar^2, else l + 1 / 2.
    """

    name: str = param("box-mae", doc="the name that is shown")
    scalar: float = param(1.0, gt=0, doc="the parameter of smooth_l1")

    def _measured(self, cls_prob: np.ndarray, loc_loss: np.ndarray, cls_label: np.ndarray) -> tuple[float, float]:
        square = self.scalar**2
        loss = loc_loss.astype(np.float64)
        error = np.where(loss < 0.5 / square, np.sqrt(2 * np.maximum(loss, 0) / square), loss + 0.5 / square)
        return float(error.sum()), 4 * int((cls_label > 0).sum())


class _AveragePrecision(EvalMetric):
    """A mean average precision; besides it, each class's own where their names are known."""

    evaluation_only = True  # detections of a network in training say little, and take long to judge

    iou_thresh: float = param(0.5, gt=0, le=1, doc="the intersection over union from which a box counts as found")
    class_names: tuple[str, ...] = param((), doc="the classes; by default those of the data")
    pred_idx: int = param(-1, doc="which output holds the detections; -1 for the last")

    def set_classes(self, names: Sequence[str]) -> None:
        """Tell the names of the classes, if none were given."""
        self._names = self.class_names or tuple(names)

    def reset(self) -> None:
        super().reset()
        if not hasattr(self, "_names"):
            self._names = self.class_names
        self._images: list[tuple[np.ndarray, np.ndarray]] = []

    def update(self, labels: Any, preds: Any) -> None:
        if not -len(preds) <= self.pred_idx < len(preds):
            raise ShapeError(f"{self.name}: there is no output {self.pred_idx}; the network has {len(preds)}")
        found, truths = numbers(preds[self.pred_idx]), numbers(labels[0])
        if found.ndim != 3 or found.shape[2] != 6:
            raise ShapeError(f"{self.name}: the output is {found.shape}; needs detections (batch, anchors, 6), as "
                             "MultiBoxDetection gives them; choose it by pred_idx")  # fmt: skip
        for rows, there in zip(found, truths, strict=True):
            self._images.append((rows[rows[:, 0] >= 0], there[there[:, 0] >= 0]))
        self.num_inst = self.global_num_inst = len(self._images)

    def record(self) -> DetectionRecord:
        """Return all detections and boxes since ``reset``."""
        highest = [int(rows[:, 0].max(initial=-1)) + 1 for pair in self._images for rows in pair]
        record = DetectionRecord(max([*highest, len(self._names)]))
        for rows, there in self._images:
            record.add(rows, there)
        return record

    def by_class(self) -> dict[str, ClassPrecision]:
        """Return what was found of each class, by its name or, without names, its number."""
        record = self.record()
        names = [*self._names, *map(str, range(len(self._names), record.classes))]
        return dict(zip(names, self._judged(record), strict=True))

    def remarks(self) -> list[str]:
        empty = [name for name, one in self.by_class().items() if not one.truths] if self._images else []
        if not empty:
            return []
        return [f"{self.name}: there is no box of {', '.join(empty)}, so no average precision; the mean is over the "
                "other classes"]  # fmt: skip

    def get(self) -> tuple[Any, Any]:
        if not self._images:
            return self.name, float("nan")
        results = self.by_class()
        if not self._names:
            return self.name, mean(list(results.values()))
        values = {f"{self.name}/{name}": one.average_precision for name, one in results.items()}
        return [self.name, *values], [mean(list(results.values())), *values.values()]

    def get_global(self) -> tuple[Any, Any]:
        return self.get()

    def _judged(self, record: DetectionRecord) -> list[ClassPrecision]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: define _judged")


class VOCMApMetric(_AveragePrecision):
    """Mean average precision as the area under the curve: PASCAL VOC from 2010 on. What is difficult is not counted."""

    name: str = param("map", doc="the name that is shown")

    def _judged(self, record: DetectionRecord) -> list[ClassPrecision]:
        return voc(record, self.iou_thresh)


class VOC07MApMetric(_AveragePrecision):
    """Mean average precision at 11 recalls: PASCAL VOC 2007. What is difficult is not counted."""

    name: str = param("map07", doc="the name that is shown")

    def _judged(self, record: DetectionRecord) -> list[ClassPrecision]:
        return voc(record, self.iou_thresh, 11)


class COCOMApMetric(_AveragePrecision):
    """Mean average precision over the overlaps 0.50, 0.55, … 0.95, as COCO computes it; ``iou_thresh`` is not used."""

    name: str = param("map-coco", doc="the name that is shown")

    def _judged(self, record: DetectionRecord) -> list[ClassPrecision]:
        return coco(record)[1]


# What jobs know besides mx.metric, whose names must not hang on whether this module is loaded.
METRICS: tuple[type[EvalMetric], ...] = (
    MultiBoxCrossEntropy, MultiBoxSmoothL1, MultiBoxAccuracy, MultiBoxMAE, VOCMApMetric, VOC07MApMetric, COCOMApMetric,
)  # fmt: skip
