"""Twins of the losses, and their gradients, which are no derivatives of their outputs."""

import numpy as np

from tests.naive.softmax import softmax_of
from tests.naive.twin import twin, twin_gradient


@twin("SoftmaxOutput")
def softmax_output(op, inputs, run):
    x = inputs["data"]
    if op.multi_output:
        return [softmax_of(x, 1)]
    if op.preserve_shape:
        return [softmax_of(x, -1)]
    return [softmax_of(x.reshape(len(x), -1), 1).reshape(x.shape)]


@twin_gradient("SoftmaxOutput")
def softmax_output_gradient(op, inputs, heads):
    label = inputs["label"]
    (y,) = softmax_output(op, inputs, None)
    if label.shape == y.shape:
        grad = (y - label) * op.grad_scale
    else:
        grad = class_gradient(op, y, label)
    return {"data": grad * y if op.out_grad else grad, "label": np.zeros(label.shape)}


def class_gradient(op, y, label):
    if op.multi_output:
        lines = np.moveaxis(y, 1, -1)  # (N, d2, ..., K)
    else:
        lines = y if op.preserve_shape else y.reshape(len(y), -1)
    k, classes = lines.shape[-1], label.reshape(-1).astype(int)
    p, target = lines.reshape(-1, k), classes[: lines.size // k]
    alpha = 0 if op.multi_output else op.smooth_alpha
    wanted = np.full(p.shape, alpha / max(k - 1, 1))
    for row, one in enumerate(target):
        if 0 <= one < k:
            wanted[row, one] = 1 - alpha
    grad = p - wanted
    if op.use_ignore:
        grad[target == int(op.ignore_label)] = 0
    positions = len(target) // len(y) if op.multi_output else 1
    samples = len(y) if op.multi_output else label.size
    n = {
        "null": positions,
        "batch": samples * positions,
        "valid": max((classes != int(op.ignore_label)).sum(), 1),
    }[op.normalization]
    grad = grad.reshape(lines.shape) * op.grad_scale / n
    return np.moveaxis(grad, -1, 1) if op.multi_output else grad.reshape(y.shape)


@twin("LinearRegressionOutput", "MAERegressionOutput", "SVMOutput", "MakeLoss", "make_loss", "BlockGrad")
def identity(op, inputs, run):
    return [inputs["data"]]


@twin("LogisticRegressionOutput")
def logistic_regression_output(op, inputs, run):
    return [1 / (1 + np.exp(-inputs["data"]))]


def regression_gradient(op, prediction, label, slope):
    grad = slope(prediction - label.reshape(prediction.shape)) * op.grad_scale * len(label) / label.size
    return {"data": grad, "label": np.zeros(label.shape)}


@twin_gradient("LinearRegressionOutput")
def linear_regression_gradient(op, inputs, heads):
    return regression_gradient(op, inputs["data"], inputs["label"], lambda difference: difference)


@twin_gradient("LogisticRegressionOutput")
def logistic_regression_gradient(op, inputs, heads):
    (prediction,) = logistic_regression_output(op, inputs, None)
    return regression_gradient(op, prediction, inputs["label"], lambda difference: difference)


@twin_gradient("MAERegressionOutput")
def mae_regression_gradient(op, inputs, heads):
    return regression_gradient(op, inputs["data"], inputs["label"], lambda difference: np.where(difference > 0, 1, -1))


@twin_gradient("SVMOutput")
def svm_gradient(op, inputs, heads):
    x, label = inputs["data"], inputs["label"].astype(int)
    side = np.where(np.arange(x.shape[-1]) == label[..., None], 1, -1)
    missing = np.maximum(op.margin - side * x, 0)
    slope = -side * ((missing > 0) if op.use_linear else 2 * missing)
    return {"data": op.regularization_coefficient * slope, "label": np.zeros(label.shape)}


@twin_gradient("MakeLoss")
def make_loss_gradient(op, inputs, heads):
    x = inputs["data"]
    n = {"null": 1, "batch": x.size // x.shape[-1], "valid": max((x > op.valid_thresh).sum(), 1)}[op.normalization]
    return {"data": np.full(x.shape, op.grad_scale / n)}


@twin_gradient("make_loss")
def plain_make_loss_gradient(op, inputs, heads):
    return {"data": np.ones(inputs["data"].shape)}
