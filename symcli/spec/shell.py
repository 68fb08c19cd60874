"""What a shell gives for a spec: ``--shape data=64,1,28,28``, ``--type data=float16``, ``-D width=32``."""

from collections.abc import Iterable

from symcli import dtypes
from symcli.errors import DTypeError, SpecError
from symcli.shapes import Shape

__all__ = ["parse_defines", "parse_shapes", "parse_types"]


def parse_shapes(texts: Iterable[str]) -> dict[str, Shape]:
    """Return shapes by input name; ``0`` or ``?`` is an unknown size.

    Raises
    ------
    SpecError
        If a text is not of the form NAME=SIZE,SIZE,….
    """
    found = {}
    for text in texts:
        name, equals, sizes = text.partition("=")
        parts = [part.strip() for part in sizes.strip().strip("()[]").split(",") if part.strip()]
        if not equals or not name.strip() or not all(part.isdigit() or part == "?" for part in parts):
            raise SpecError(f"--shape {text}: is not of the form NAME=SIZE,SIZE,…; try --shape data=64,1,28,28")
        found[name.strip()] = tuple(0 if part == "?" else int(part) for part in parts)
    return found


def parse_types(texts: Iterable[str]) -> dict[str, str]:
    """Return dtypes by input name.

    Raises
    ------
    SpecError
        If a text is not of the form NAME=DTYPE, or the dtype does not exist.
    """
    found = {}
    for text in texts:
        name, equals, dtype = text.partition("=")
        if not equals or not name.strip():
            raise SpecError(f"--type {text}: is not of the form NAME=DTYPE; try --type data=float32")
        try:
            found[name.strip()] = dtypes.name_of(dtype.strip())
        except DTypeError as error:
            raise SpecError(f"--type {text}: {error}") from None
    return found


def parse_defines(texts: Iterable[str]) -> dict[str, str]:
    """Return values by name.

    Raises
    ------
    SpecError
        If a text is not of the form NAME=VALUE.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SpecError(f"-D {text}: is not of the form NAME=VALUE; try -D width=32")
        found[name.strip()] = value.strip()
    return found
