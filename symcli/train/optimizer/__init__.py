"""Optimizers: MXNet's ``mx.optimizer`` (``python/mxnet/optimizer/optimizer.py``)."""

from symcli.train.optimizer.adaptive import (
    FTML,
    LAMB,
    AdaDelta,
    AdaGrad,
    Adam,
    Adamax,
    Ftrl,
    GroupAdaGrad,
    Nadam,
    RMSProp,
)
from symcli.train.optimizer.base import Optimizer, create, register
from symcli.train.optimizer.descent import DCASGD, LARS, NAG, SGD, SGLD, Signum, Test, ccSGD
from symcli.train.optimizer.large_batch import LBSGD
from symcli.train.optimizer.updater import Updater, get_updater

__all__ = [
    "DCASGD", "FTML", "LAMB", "LARS", "LBSGD", "NAG", "SGD", "SGLD", "AdaDelta", "AdaGrad", "Adam", "Adamax", "Ftrl",
    "GroupAdaGrad", "Nadam", "Optimizer", "RMSProp", "Signum", "Test", "Updater", "ccSGD", "create", "get_updater",
    "register",
]  # fmt: skip
