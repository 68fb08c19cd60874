"""Metrics of a detector, and of a classifier; each function returns what the program shows."""

import symcli as mx
from symcli import nd


def targets():
    """What two images want of three anchors: offsets to the boxes, a mask of anchors that have one, classes."""
    anchors = nd.array([[[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0.1, 0.1, 0.9, 0.9]]])
    labels = nd.array([[[1, 0, 0, 0.5, 0.4]], [[0, 0.5, 0.5, 0.9, 1]]])  # class, corners
    class_preds = nd.array(  # (image, anchor, background and two classes)
        [[[0, 1, 3], [2, 1, 0], [1, 0, 0]], [[3, 0, 1], [0, 2, 1], [0, 1, 2]]]
    )
    found = nd.contrib.MultiBoxTarget(anchors, labels, class_preds.transpose((0, 2, 1)))
    return class_preds, *found


def detector():
    """Accuracy of the classes, mean absolute error of the offsets, as a training loop of a detector counts them."""
    cls_metric, box_metric = mx.metric.Accuracy(), mx.metric.MAE()
    class_preds, box_target, box_mask, cls_target = targets()
    box_preds = nd.ones(box_target.shape) * 0.1
    for _ in range(2):
        cls_metric.update([cls_target], [class_preds.transpose((0, 2, 1))])
        box_metric.update([box_target], [box_preds * box_mask])
    return cls_metric.get(), box_metric.get()


def classifier():
    """Several metrics at once, over two batches."""
    metric = mx.metric.CompositeEvalMetric(["acc", mx.metric.TopKAccuracy(2), "ce"])
    for label, output in (([2, 0], [[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]]), ([1], [[0.5, 0.4, 0.1]])):
        metric.update([nd.array(label)], [nd.array(output)])
    return dict(metric.get_name_value())


def resetting():
    """A metric before its first update, after it, and after a reset."""
    metric = mx.metric.create("mse")
    seen = [metric.get()[1]]
    metric.update([nd.array([1, 2])], [nd.array([1, 4])])
    seen.append(metric.get()[1])
    metric.reset()
    return [*seen, metric.get()[1]]
