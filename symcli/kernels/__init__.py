"""Door to the kernels: a family is imported when first used, so shape checks never load Numba."""

import importlib
import pkgutil
from types import ModuleType

FAMILIES = tuple(module.name for module in pkgutil.iter_modules(__path__))


def __getattr__(family: str) -> ModuleType:
    if family in FAMILIES:
        return importlib.import_module(f"{__name__}.{family}")
    raise AttributeError(f"no kernel family {family!r}; families: {', '.join(FAMILIES)}")
