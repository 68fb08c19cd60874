"""The functions of ``nd``, one for each registered operator: ``nd.FullyConnected`` and so on."""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import symcli.ops as registry
from symcli.errors import MXNetError
from symcli.graph.functions import page, signature
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context, read_context
from symcli.ndarray.invoke import invoke
from symcli.ops import REGISTRY, Op
from symcli.params import declared, from_texts

__all__ = ["array_function", "find", "make"]


@lru_cache(None)
def find(key: str, public: str) -> Callable[..., Any] | None:
    """Return the function of the operator registered as ``key``, None if there is none."""
    return array_function(key, public) if key in REGISTRY else None


def array_function(key: str, public: str) -> Callable[..., Any]:
    """Return the function that runs the operator registered as ``key``; users call it ``public``.

    It takes the input arrays, then the parameters, by position or by name; and ``out``, arrays to write to.
    """
    cls = registry.get(key)
    known = declared(cls)
    positions = sys.maxsize if cls.gathers or cls.variadic else len({*cls.arguments, *cls.auxiliary_states, *known})

    def run(*args: Any, out: Any = None, name: str | None = None, ctx: Any = None, **kwargs: Any) -> Any:
        # MXNet's last two positions are out and name.
        if len(args) > positions and out is None and isinstance(args[positions], NDArray | list | tuple | None):
            out, args = args[positions], args[:positions] + args[positions + 2 :]
        inputs, values = _sort_out(cls, known, args, kwargs)
        where = read_context(ctx)
        if "ctx" in known:
            values["ctx"] = str(where)
        op = make(cls, values)
        return invoke(op, _ordered(op, op.named(inputs)), out, ctx=where)

    run.__name__ = run.__qualname__ = public
    run.__doc__ = page(cls)
    slots = [one for one in signature(cls).parameters.values() if one.name != "attr"]
    slots.append(inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
    run.__signature__ = inspect.Signature(slots)  # type: ignore[attr-defined]
    return run


def make(cls: type[Op], values: Mapping[str, Any]) -> Op:
    """Return an operator with parameters given as Python values; the same one for the same values.

    Raises
    ------
    ParamError
        If a parameter is unknown, missing, unreadable or out of bounds.
    """
    items = [(key, tuple(value) if isinstance(value, list) else value) for key, value in values.items()]
    try:
        return _made(cls.name, *items, *map(type, values.values()))
    except TypeError:  # a value that cannot be hashed
        return from_texts(cls, dict(items), cls.name)


@lru_cache(4096)
def _made(name: str, *items: Any) -> Op:
    return from_texts(REGISTRY[name], dict(items[: len(items) // 2]), name)


def _sort_out(cls: type[Op], known: Mapping[str, Any], args: tuple,
              kwargs: dict[str, Any]) -> tuple[dict[str, NDArray], dict[str, Any]]:  # fmt: skip
    """Divide what was given into arrays by input name and parameter values."""
    inputs: dict[str, NDArray] = {}
    values: dict[str, Any] = {}
    slots = [*cls.arguments, *cls.auxiliary_states]
    if cls.gathers:
        named = {key: kwargs.pop(key) for key in list(kwargs) if isinstance(kwargs[key], NDArray)}
        return {f"arg{i}": _array(cls, f"arg{i}", one) for i, one in enumerate(args)} | named, kwargs
    if cls.variadic:
        arrays = [*args, *(kwargs.pop(key) for key in list(kwargs) if isinstance(kwargs[key], NDArray))]
        inputs = {f"arg{i}": _array(cls, f"arg{i}", one) for i, one in enumerate(arrays)}
        values[cls.variadic] = kwargs.pop(cls.variadic, cls.counted(len(arrays)))
    else:
        order = [*slots, *known]
        if len(args) > len(order):
            raise TypeError(f"{cls.name} takes {len(order)} positional arguments: {', '.join(order)}; got {len(args)}")
        for slot, value in zip(order, args, strict=False):
            if slot in kwargs:
                raise TypeError(f"{cls.name} got {slot} twice, by position and by name")
            kwargs[slot] = value
    for key, value in kwargs.items():
        if key in slots:
            if value is not None:
                inputs[key] = _array(cls, key, value)
        elif value is not None or key in known:  # NumPy's functions pass None for what they were not given
            values[key] = value
    return inputs, values


def _array(cls: type[Op], slot: str, value: Any) -> NDArray:
    if not isinstance(value, NDArray):
        shown = repr(value) if not hasattr(value, "shape") else f"of shape {value.shape}"
        raise TypeError(f"{cls.name}: {slot} is a {type(value).__name__} {shown}; needs an NDArray: nd.array(…)")
    return value


def _ordered(op: Op, inputs: dict[str, NDArray]) -> list[NDArray]:
    """Return the inputs in the operator's order."""
    names = [*op.list_arguments(), *op.list_auxiliary_states()]
    missing = [name for name in names if name not in inputs]
    surplus = [name for name in inputs if name not in names]
    if missing or surplus:
        what = f"lacks {', '.join(missing)}" if missing else f"takes no {', '.join(surplus)} with these parameters"
        raise MXNetError(f"{op.name} {what}; inputs: {', '.join(names)}")
    return [inputs[name] for name in names]
