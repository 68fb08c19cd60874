"""What a job names: classes with declared parameters, kept under lower-case names (``python/mxnet/registry.py``)."""

import dataclasses
import inspect
import json
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from symcli.errors import ParamError, suggest

__all__ = ["Declared", "get_alias_func", "get_create_func", "get_register_func", "get_registry"]

T = TypeVar("T", bound=type)

_REGISTRY: dict[type, dict[str, type]] = {}


class Declared:
    """An object whose fields made by ``param()`` are its parameters; unlike an operator it may change.

    Its constructor takes a class's own parameters first, in the order written, then the inherited
    ones, as MXNet's constructors do, and then calls ``__post_init__``. A class that writes an
    ``__init__`` of its own keeps it.
    """

    _order: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        own = [name for name in inspect.get_annotations(cls) if isinstance(vars(cls).get(name), dataclasses.Field)]
        if not own:
            return
        dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
        cls._order = (*own, *(name for name in cls._order if name not in own))
        for name in own:  # values live on the objects, so that a property may bear a parameter's name
            if name in vars(cls):
                delattr(cls, name)
        if "__init__" not in vars(cls):
            cls.__init__ = _constructor(cls)  # type: ignore[method-assign]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)

    def __post_init__(self) -> None:
        """Derive what follows from the parameters."""


def _constructor(cls: type[Declared]) -> Callable[..., None]:
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    none = inspect.Parameter.empty
    defaults = {name: none if one.default is dataclasses.MISSING else one.default for name, one in fields.items()}
    signature = inspect.Signature(
        [inspect.Parameter(name, kind, default=defaults[name], annotation=fields[name].type) for name in cls._order]
    )

    def construct(self: Declared, *args: Any, **kwargs: Any) -> None:
        unknown = [name for name in kwargs if name not in fields]
        if unknown:
            hint = suggest(unknown[0], fields)
            raise TypeError(f"{cls.__name__}: no parameter {unknown[0]!r}; {hint + '  ' if hint else ''}"
                            f"parameters: {', '.join(cls._order)}")  # fmt: skip
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{cls.__name__}: {error}; parameters: {', '.join(cls._order)}") from None
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            setattr(self, name, value)
        self.__post_init__()

    construct.__name__ = "__init__"
    construct.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[inspect.Parameter("self", kind), *signature.parameters.values()]
    )
    return construct


def get_registry(base_class: type) -> dict[str, type]:
    """Return a copy of the registry of a base class: its classes by lower-case name."""
    return dict(_REGISTRY.get(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the decorator ``register(klass, name=None)`` for children of a base class."""
    registry = _REGISTRY.setdefault(base_class, {})

    def register(klass: T, name: str | None = None) -> T:
        if not issubclass(klass, base_class):
            raise TypeError(f"{klass.__name__} is no {base_class.__name__}; derive it from {base_class.__name__}")
        key = (name or klass.__name__).lower()
        if registry.get(key, klass) is not klass:
            old = registry[key]
            warnings.warn(f"new {nickname} {klass.__module__}.{klass.__name__} registered as {key!r} takes the place "
                          f"of {old.__module__}.{old.__name__}", UserWarning, stacklevel=2)  # fmt: skip
        registry[key] = klass
        return klass

    register.__doc__ = f"Register a class of {nickname}s under its lower-case name."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the decorator ``alias(*names)``, which registers a class under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*names: str) -> Callable[[T], T]:
        def decorate(klass: T) -> T:
            for name in names:
                register(klass, name)
            return klass

        return decorate

    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return ``create``, which makes an object from a name, a dictionary, JSON text, or returns the object given."""
    registry = _REGISTRY.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        if not args and nickname not in kwargs:
            raise ParamError(f"create: no {nickname} is named; {nickname}s: {', '.join(sorted(registry))}")
        name, *rest = args if args else (kwargs.pop(nickname),)
        if isinstance(name, base_class):
            if rest or kwargs:
                raise ParamError(f"create: the {nickname} is made already; give no further parameters with it")
            return name
        if isinstance(name, dict):
            return create(**name)
        if not isinstance(name, str):
            raise ParamError(f"create: a {type(name).__name__} names no {nickname}; give its name as a text")
        if name.startswith("["):
            key, values = json.loads(name)
            return create(key, **values)
        if name.startswith("{"):
            return create(**json.loads(name))
        if name.lower() not in registry:
            hint = suggest(name.lower(), registry)
            raise ParamError(f"there is no {nickname} {name!r}; {hint + '  ' if hint else ''}"
                             f"{nickname}s: {', '.join(sorted(registry))}")  # fmt: skip
        return registry[name.lower()](*rest, **kwargs)

    create.__doc__ = f"Return the {nickname} of a name; the other arguments go to its constructor."
    return create
