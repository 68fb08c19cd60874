"""Metrics of detectors: their numbers by hand, and what they say of outputs that are none."""

import math

import numpy as np
import pytest

from symcli.detect import metric as metrics
from symcli.detect.average_precision import DetectionRecord, coco, mean, voc
from symcli.errors import ShapeError
from symcli.job.kinds import METRICS

# One image, three classes with the background, four anchors: right, right (background), wrong, left out.
CLS_PROB = np.array([[[0.2, 0.7, 0.5, 0.1], [0.7, 0.2, 0.4, 0.1], [0.1, 0.1, 0.1, 0.8]]])
CLS_LABEL = np.array([[1.0, 0.0, 2.0, -1.0]])
ERRORS = np.array([0.5, -2.0, 0.0, 0.1, 0, 0, 0, 0, 1.0, 0.2, -0.3, 3.0, 0, 0, 0, 0])
FOUND = np.array([[[0, 0.9, 0, 0, 0.5, 0.5], [1, 0.8, 0.5, 0.5, 1, 1], [-1, 0, 0, 0, 0, 0]]])
TRUTH = np.array([[[0, 0, 0, 0.5, 0.5], [1, 0, 0.5, 0.5, 1], [-1] * 5]])


def smooth_l1(error, scalar=1.0):
    square = scalar**2
    return np.where(np.abs(error) < 1 / square, 0.5 * square * error**2, np.abs(error) - 0.5 / square)


def measured(name, loss=None, **options):
    metric = getattr(metrics, name)(**options)
    loss = smooth_l1(ERRORS) if loss is None else loss
    metric.update([TRUTH], [CLS_PROB, loss[None], CLS_LABEL, FOUND])
    return metric.get()[1]


def test_losses_and_accuracy_of_anchors():
    assert measured("MultiBoxCrossEntropy") == pytest.approx(-math.log(0.7 * 0.7 * 0.1) / 3)
    assert measured("MultiBoxSmoothL1") == pytest.approx(smooth_l1(ERRORS).sum() / 2)
    assert measured("MultiBoxAccuracy") == pytest.approx(2 / 3)


@pytest.mark.parametrize("scalar", [1.0, 3.0])
def test_error_of_offsets_is_read_from_the_losses(scalar):
    loss = smooth_l1(ERRORS, scalar)
    assert measured("MultiBoxMAE", loss, scalar=scalar) == pytest.approx(np.abs(ERRORS).sum() / 8)


@pytest.mark.parametrize("name", ["VOCMApMetric", "VOC07MApMetric", "COCOMApMetric"])
def test_mean_average_precision(name):
    metric = getattr(metrics, name)()
    assert math.isnan(metric.get()[1])
    metric.update([TRUTH], [CLS_PROB, FOUND])
    record = DetectionRecord(2)
    record.add(FOUND[0], TRUTH[0])
    expected = {"VOCMApMetric": voc(record), "VOC07MApMetric": voc(record, points=11), "COCOMApMetric": coco(record)[1]}
    assert metric.get() == (metric.name, mean(expected[name])) and metric.get()[1] == pytest.approx(0.5)
    metric.set_classes(["cell", "plate"])
    assert metric.get() == (
        [metric.name, f"{metric.name}/cell", f"{metric.name}/plate"],
        [pytest.approx(0.5), 1.0, 0.0],
    )
    assert list(metric.by_class()) == ["cell", "plate"]
    metric.reset()
    assert math.isnan(metric.get()[1]) and metric.evaluation_only


def test_overlap_that_counts_is_chosen():
    metric = metrics.VOCMApMetric(iou_thresh=0.7, class_names=("cell",))
    metric.update([TRUTH], [np.array([[[0, 0.9, 0, 0, 0.5, 0.3]]])])
    assert metric.get()[1][:2] == [0.0, 0.0]


def test_jobs_name_them():
    for kind in ("class-loss", "box_loss", "anchor-accuracy", "box-mae", "map", "map07", "map-coco", "VOCMApMetric"):
        assert METRICS.find(kind), kind


def test_outputs_that_are_none():
    with pytest.raises(ShapeError, match="has 1 outputs; needs cls_prob, loc_loss, cls_label and det_out"):
        metrics.MultiBoxAccuracy().update([TRUTH], [CLS_PROB])
    with pytest.raises(ShapeError, match="there is no output 3; the network has 1"):
        metrics.VOCMApMetric(pred_idx=3).update([TRUTH], [FOUND])
    with pytest.raises(ShapeError, match=r"the output is \(1, 4\); needs detections"):
        metrics.VOCMApMetric().update([TRUTH], [CLS_LABEL])
