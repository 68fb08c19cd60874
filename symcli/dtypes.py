"""Element types by name. Floors below the arrays know a dtype as its name; NumPy's stand above."""

from symcli.errors import DTypeError, suggest

__all__ = ["CODES", "FLOATS", "NAMES", "is_float", "merge_dtypes", "name_of"]

# The number of each type in .params files and operator attributes (include/mxnet/tensor_blob.h).
CODES = {
    "float32": 0,
    "float64": 1,
    "float16": 2,
    "uint8": 3,
    "int32": 4,
    "int8": 5,
    "int64": 6,
    "bool": 7,
}
NAMES = tuple(CODES)
FLOATS = ("float16", "float32", "float64")
_PYTHON = {"float": "float64", "int": "int64", "bool_": "bool"}


def name_of(dtype: object) -> str:
    """Return the name of a dtype given as a name, a NumPy type or dtype, or a Python type.

    Raises
    ------
    DTypeError
        If it names none of ``NAMES``.
    """
    if isinstance(dtype, str):
        name = dtype
    else:
        name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    name = _PYTHON.get(name, name)
    if name not in CODES:
        hint = suggest(name, NAMES)
        raise DTypeError(f"dtype {name!r} is not known; {hint + '  ' if hint else ''}dtypes: {', '.join(NAMES)}")
    return name


def is_float(dtype: str | None) -> bool:
    """Whether a known dtype is one of the floating-point types."""
    return dtype in FLOATS


def merge_dtypes(a: str | None, b: str | None) -> str | None:
    """Join two pieces of knowledge about one dtype; ``None`` is unknown.

    Raises
    ------
    DTypeError
        If both are known and differ.
    """
    if a is None or b is None or a == b:
        return a or b
    raise DTypeError(f"{a} and {b} are different types")
