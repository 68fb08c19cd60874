"""The environment variables that say how symcli computes; what stands in them is checked where it is read."""

import os

from symcli.errors import ParamError, suggest

__all__ = ["ISAS", "MODES", "check", "executor", "isa", "num_threads"]

ISAS = ("avx512", "avx2", "baseline")
MODES = ("engine", "replay", "interpreter")


def isa() -> str | None:
    """Return what ``SYMCLI_ISA`` asks for; None if it is not set."""
    return _one_of("SYMCLI_ISA", ISAS)


def executor() -> str:
    """Return the mode that ``SYMCLI_EXECUTOR`` asks for; the engine if it is not set."""
    return _one_of("SYMCLI_EXECUTOR", MODES) or "engine"


def num_threads() -> int | None:
    """Return the threads of one device that ``SYMCLI_NUM_THREADS`` asks for, else ``OMP_NUM_THREADS``; else None.

    Of OpenMP's lists, as ``4,2``, the first number counts. What OpenMP would not understand is left to it.
    """
    own, others = (os.environ.get(name, "").split(",")[0].strip() for name in ("SYMCLI_NUM_THREADS", "OMP_NUM_THREADS"))
    if own and not _counts(own):
        raise ParamError(f"SYMCLI_NUM_THREADS is {os.environ['SYMCLI_NUM_THREADS']!r}; needs a whole number from 1 up, "
                         "or leave it unset")  # fmt: skip
    return next((int(text) for text in (own, others) if _counts(text)), None)


def check() -> None:
    """Read all of them.

    Raises
    ------
    ParamError
        If one holds what it may not, a ``ValueError`` too, as each of the functions here raises for its own.
    """
    isa(), executor(), num_threads()


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _one_of(variable: str, known: tuple[str, ...]) -> str | None:
    value = os.environ.get(variable) or None
    if value is not None and value not in known:
        hint = suggest(value, known)
        raise ParamError(f"{variable} is {value!r}; needs one of {', '.join(known)}, or leave it unset"
                         + (f"; {hint}" if hint else ""))  # fmt: skip
    return value
