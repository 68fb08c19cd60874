"""MXNet's ``mx.libinfo``: version, and where the library is; there are no headers and no shared library here."""

from pathlib import Path

__version__ = "1.9.1"  # of MXNet: what programs ask for; symcli.__version__ is symcli's own

__all__ = ["__version__", "find_include_path", "find_lib_path"]

_PACKAGE = Path(__file__).parents[1]


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Return the folder of the package, where MXNet has its shared library."""
    return [str(_PACKAGE)]


def find_include_path() -> str:
    """Refuse in words: nothing here is compiled by a C++ compiler.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise RuntimeError("symcli has no C++ headers; kernels are Python, compiled by Numba when they are first used")
