"""Which instructions kernels are compiled for: the processor's own, or fewer (``SYMCLI_ISA``).

``SYMCLI_ISA=avx2`` or ``baseline`` compiles for a processor with narrower vectors, to test on a wide one what
runs on a narrow one. It has to be set before the process compiles its first kernel. What is wider than the
processor's own counts as not set.
"""

import platform
from typing import Any

from symcli import environment

__all__ = ["ISAS", "configure", "own_width", "width"]

# name -> (LLVM's name of a processor that has it, lanes of float32)
ISAS = dict(zip(environment.ISAS, (("skylake-avx512", 16), ("haswell", 8), ("nehalem", 4)), strict=True))


def configure(config: Any, features: dict[str, bool]) -> None:
    """Let Numba compile for the forced instructions, if there are any.

    ``config`` is ``numba.config``, ``features`` are LLVM's of the host.
    """
    name = environment.isa()
    known = platform.machine().lower() in ("x86_64", "amd64")
    if name is not None and known and ISAS[name][1] <= own_width(features):
        config.CPU_NAME, config.CPU_FEATURES = ISAS[name][0], ""


def own_width(features: dict[str, bool]) -> int:
    """Return the lanes of float32 that one vector of the processor has, from LLVM's features of the host."""
    if all(features.get(one) for one in ("avx512f", "avx512vl", "avx512dq", "avx512bw")):
        return 16
    return 8 if features.get("avx2") and features.get("fma") else 4


def width(features: dict[str, bool]) -> int:
    """Return the lanes of float32 that one vector of the engine has: the processor's own, or what is forced."""
    name, own = environment.isa(), own_width(features)
    return own if name is None else min(own, ISAS[name][1])
