"""Declared parameters: one mechanism for everything that a spec or a program can name.

The annotated fields that ``param`` makes are a class's parameters. Each knows how to
read itself from text (all that MXNet's JSON and the spec language hold), checks its bounds, writes
itself back as MXNet does, and carries the sentence that documents it.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from symcli import dtypes
from symcli.errors import ParamError, suggest

__all__ = [
    "DType", "FilePath", "Graphs", "ModelPath", "Param", "Parameters", "declared", "from_texts", "param", "to_text",
]  # fmt: skip

T = TypeVar("T")


class DType(str):
    """The annotation of a parameter that holds the name of an element type."""


class Graphs(tuple):
    """The annotation of a parameter that holds graphs: a file has them beside the attributes, not among them."""


class FilePath(str):
    """The annotation of a parameter that names a file or folder, relative to the file it is written in."""


class ModelPath(str):
    """The annotation of a parameter that names a model: a ``.params`` file, a run, an archive, ``PREFIX[:EPOCH]``."""


def param(
    default: Any = dataclasses.MISSING,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: tuple = (),
    doc: str = "",
) -> Any:
    """Declare a parameter; without a default it is required.

    ``ge``, ``gt``, ``le`` and ``lt`` bound numbers (each entry of a tuple); ``choices`` lists all
    allowed values; ``doc`` is the sentence a user reads.
    """
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return dataclasses.field(default=default, metadata={"bounds": bounds, "choices": choices, "doc": doc})


class Param(NamedTuple):
    """A parameter as declared: its name, type, default, bounds, choices and sentence."""

    name: str
    type: Any
    default: Any
    bounds: Mapping[str, float | None]
    choices: tuple
    doc: str

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING

    @property
    def type_text(self) -> str:
        """The type as a user reads it."""
        return _READERS[self.type][1] if self.type in _READERS else "any"

    @property
    def is_dtype(self) -> bool:
        """Whether it holds the name of an element type."""
        return self.type in (DType, DType | None)

    @property
    def has_text(self) -> bool:
        """Whether it is an attribute, which a file holds as text."""
        return self.type is not Graphs

    def read(self, value: Any) -> Any:
        """Return the value, given as text or as a Python value, as the declared type.

        Raises
        ------
        ParamError
            If it cannot be read so, or is out of bounds or not among the choices.
        """
        reader, expected = _READERS[self.type]
        try:
            result = reader(value)
        except (ValueError, TypeError, SyntaxError, AttributeError, OverflowError) as error:
            if isinstance(error, ParamError):
                raise
            raise ParamError(f"{self.name}={_shown(value)} is not {expected}{self._choices_text()}") from None
        if self.choices and result is not None and result not in self.choices:
            hint = suggest(str(result), map(str, self.choices))
            raise ParamError(f"{self.name}={_shown(value)} is not allowed; {hint + '  ' if hint else ''}choices: "
                             + ", ".join(map(str, self.choices)))  # fmt: skip
        self._check_bounds(result, value)
        return result

    def _check_bounds(self, result: Any, given: Any) -> None:
        for number in result if isinstance(result, tuple) else (result,):
            if number is None or isinstance(number, str):
                continue
            for word, bound in self.bounds.items():
                if bound is not None and not _BOUNDS[word][0](number, bound):
                    raise ParamError(f"{self.name}={_shown(given)} is out of bounds; needs {self.bounds_text}")

    @property
    def bounds_text(self) -> str:
        """The bounds as a user reads them: ``>= 0 and <= 1``; empty without bounds."""
        return " and ".join(f"{_BOUNDS[w][1]} {b:g}" for w, b in self.bounds.items() if b is not None)

    def _choices_text(self) -> str:
        return "; choices: " + ", ".join(map(str, self.choices)) if self.choices else ""


_BOUNDS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "ge": (lambda x, b: x >= b, ">="),
    "gt": (lambda x, b: x > b, ">"),
    "le": (lambda x, b: x <= b, "<="),
    "lt": (lambda x, b: x < b, "<"),
}


@typing.dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(param,))
class Parameters:
    """A frozen value whose fields are its parameters, equal to another of its class with the same ones.

    It does what a frozen dataclass does. A dataclass compiles its methods for each class, which for all
    operators took 140 ms of every start.
    """

    def __init__(self, **values: Any):
        known = declared(type(self))
        for name, one in known.items():
            if name not in values and one.required:
                raise TypeError(f"{type(self).__name__} needs the parameter {name}")
            object.__setattr__(self, name, values.pop(name, one.default))
        if values:
            raise TypeError(f"{type(self).__name__} has no parameter {next(iter(values))}")
        self.__post_init__()

    def __post_init__(self) -> None:
        """Check what no parameter tells by itself."""

    def replaced(self: T, **values: Any) -> T:
        """Return the same with some other values."""
        return type(self)(**{**vars(self), **values})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; make another one with {name}={value!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; {name} stays")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


_DECLARED: dict[type, dict[str, Param]] = {}


def declared(cls: type) -> dict[str, Param]:
    """Return the parameters of a class by name, those of its ``first`` first, then in the order they were declared."""
    found = _DECLARED.get(cls)
    if found is None:
        fields = {name: field for name, field in _fields(cls).items() if "doc" in field.metadata}
        fields = {name: fields[name] for name in getattr(cls, "first", ())} | fields
        hints = typing.get_type_hints(cls) if fields else {}
        found = _DECLARED[cls] = {
            name: Param(name, hints[name], field.default, field.metadata["bounds"],
                        field.metadata["choices"], field.metadata["doc"])
            for name, field in fields.items()
        }  # fmt: skip
    return found


def _fields(cls: type) -> dict[str, Any]:
    if dataclasses.is_dataclass(cls):
        return {field.name: field for field in dataclasses.fields(cls)}
    return {
        name: vars(base)[name]
        for base in reversed(cls.__mro__)
        for name in vars(base).get("__annotations__", ())
        if isinstance(vars(base).get(name), dataclasses.Field)
    }


def from_texts(cls: type[T], texts: Mapping[str, Any], what: str) -> T:
    """Return the value of a class whose parameters are given as texts or Python values.

    ``what`` names the thing for messages, as ``FullyConnected 'fc1'``.

    Raises
    ------
    ParamError
        If a parameter is unknown, missing, unreadable or out of bounds.
    """
    known = declared(cls)
    values: dict[str, Any] = {}
    gathers = getattr(cls, "gathers", None)
    if gathers is not None:
        rest = [f"{name}={to_text(text)}" for name, text in texts.items() if name not in known]
        texts = {gathers: tuple(rest), **{name: text for name, text in texts.items() if name in known}}
    for name, text in texts.items():
        if name not in known:
            hint = suggest(name, known)
            listed = ", ".join(known) or "none"
            raise ParamError(f"{what} has no parameter {name!r}; {hint + '  ' if hint else ''}parameters: {listed}")
        try:
            values[name] = known[name].read(text)
        except ParamError as error:
            raise type(error)(f"{what}: {error}") from None
    for name, one in known.items():
        if one.required and name not in values:
            raise ParamError(f"{what} needs the parameter {name} ({one.type_text}): {one.doc}")
    return cls(**values)


def to_text(value: Any) -> str:
    """Return a parameter's value as MXNet writes it: ``True``, ``(3, 3)``, ``(2,)``, ``[3, 3]``, ``None``, ``0.5``."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        items = [to_text(item) for item in value]
        if isinstance(value, list):
            return f"[{', '.join(items)}]"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, type) or (hasattr(value, "newbyteorder") and hasattr(value, "name")):
        return dtypes.name_of(value)
    return str(value)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _read_bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise ValueError(value)


def _read_int(value: Any) -> int:
    if isinstance(value, str):
        word = value.strip()
        if word in ("True", "False"):
            return int(word == "True")
        return int(word[:-1] if word.endswith("L") else word)
    return int(value.__index__())


def _read_float(value: Any) -> float:
    if isinstance(value, str) and value.strip() in ("True", "False"):
        return float(value.strip() == "True")
    return float(value)


def _read_str(value: Any) -> str:
    return value if isinstance(value, str) else to_text(value)


def _entries(value: Any) -> list:
    """Split ``(1, 2)``, ``[1, 2]``, ``1`` or any sequence into its entries."""
    if not isinstance(value, str):
        return list(value) if hasattr(value, "__iter__") else [value]
    word = value.strip()
    if word[:1] + word[-1:] in ("()", "[]"):
        word = word[1:-1]
    entries = [entry.strip() for entry in word.split(",")]
    return entries[:-1] if entries[-1] == "" else entries


def _tuple_of(reader: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    return lambda value: tuple(reader(entry) for entry in _entries(value))


def _read_graphs(value: Any) -> Graphs:
    if not isinstance(value, list | tuple) or not all(hasattr(one, "infer_shapes") for one in value):
        raise ValueError(value)
    return Graphs(value)


def _or_none(reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return None if value is None or (isinstance(value, str) and value.strip() == "None") else reader(value)

    return read


_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    bool: (_read_bool, "True or False"),
    int: (_read_int, "an integer"),
    float: (_read_float, "a number"),
    str: (_read_str, "a text"),
    DType: (dtypes.name_of, "an element type"),
    FilePath: (_read_str, "a path"),
    Graphs: (_read_graphs, "a tuple of graphs"),
    ModelPath: (_read_str, "a model"),
    tuple[int, ...]: (_tuple_of(_read_int), "a tuple of integers"),
    tuple[float, ...]: (_tuple_of(_read_float), "a tuple of numbers"),
    tuple[str, ...]: (_tuple_of(_read_str), "a tuple of texts"),
    tuple[int | None, ...]: (_tuple_of(_or_none(_read_int)), "a tuple of integers or None"),
}
_READERS |= {
    one | None: (_or_none(reader), f"{expected} or None")
    for one, (reader, expected) in list(_READERS.items())
    if not isinstance(one, types.UnionType)
}
