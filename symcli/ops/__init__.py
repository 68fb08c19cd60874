"""The operators. Importing this package fills the registry (``ops.op.REGISTRY``)."""

import importlib
import pkgutil

from symcli.ops.op import REGISTRY, Op, OpContext, get, make, operators

__all__ = ["REGISTRY", "Op", "OpContext", "get", "make", "operators"]

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")
