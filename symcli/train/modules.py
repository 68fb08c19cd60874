"""MXNet's ``mx.mod``: everything that trains a network (``python/mxnet/module/``)."""

from symcli.executor import group as executor_group
from symcli.train import base_module, bucketing_module, module, python_module, sequential_module
from symcli.train.base_module import BaseModule
from symcli.train.bucketing_module import BucketingModule
from symcli.train.module import Module
from symcli.train.python_module import PythonLossModule, PythonModule
from symcli.train.sequential_module import SequentialModule

__all__ = [
    "BaseModule", "BucketingModule", "Module", "PythonLossModule", "PythonModule", "SequentialModule", "base_module",
    "bucketing_module", "executor_group", "module", "python_module", "sequential_module",
]  # fmt: skip
