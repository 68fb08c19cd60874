"""Which instructions kernels are compiled for: the processor's own, or fewer (``SYMCLI_ISA``).

``SYMCLI_ISA=avx2`` or ``baseline`` compiles for a processor with narrower vectors, to test on a wide one what
runs on a narrow one. It has to be set before the process compiles its first kernel.
"""

import platform
from typing import Any

from symcli import environment

__all__ = ["configure", "width"]

# name -> (LLVM's name of a processor that has it, lanes of float32)
_ISAS = dict(zip(environment.ISAS, (("skylake-avx512", 16), ("haswell", 8), ("nehalem", 4)), strict=True))


def configure(config: Any) -> None:
    """Let Numba compile for the forced instructions, if there are any. ``config`` is ``numba.config``."""
    name = environment.isa()
    if name is not None and platform.machine().lower() in ("x86_64", "amd64"):
        config.CPU_NAME, config.CPU_FEATURES = _ISAS[name][0], ""


def width(features: dict[str, bool]) -> int:
    """Return the lanes of float32 that one vector has, from LLVM's features of the host and ``SYMCLI_ISA``."""
    if all(features.get(one) for one in ("avx512f", "avx512vl", "avx512dq", "avx512bw")):
        widest = 16
    else:
        widest = 8 if features.get("avx2") and features.get("fma") else 4
    name = environment.isa()
    return widest if name is None else min(widest, _ISAS[name][1])
