"""Metrics: MXNet's ``mx.metric`` (``python/mxnet/metric.py``)."""

from symcli.train.metric.base import EvalMetric, alias, check_label_shapes, register
from symcli.train.metric.binary import F1, MCC, PCC
from symcli.train.metric.classes import Accuracy, CrossEntropy, NegativeLogLikelihood, Perplexity, TopKAccuracy
from symcli.train.metric.composite import Caffe, CompositeEvalMetric, CustomMetric, Loss, Torch, create, np
from symcli.train.metric.regression import MAE, MSE, RMSE, PearsonCorrelation

__all__ = [
    "F1", "MAE", "MCC", "MSE", "PCC", "RMSE", "Accuracy", "Caffe", "CompositeEvalMetric", "CrossEntropy",
    "CustomMetric", "EvalMetric", "Loss", "NegativeLogLikelihood", "PearsonCorrelation", "Perplexity", "TopKAccuracy",
    "Torch", "alias", "check_label_shapes", "create", "np", "register",
]  # fmt: skip
