"""Stubs of the operators' functions, so that editors and type checkers see what is made from the registry."""

import importlib
import keyword

from symcli.graph.functions import input_names
from symcli.ops import REGISTRY, Op
from symcli.params import Param, declared

__all__ = ["MODULES", "stubs"]

# Public module -> (the room whose names it also has, what an operator takes and gives).
MODULES = {
    "symbol": ("symcli.graph.symbol", "Symbol"),
    "nd": ("symcli.ndarray", "NDArray"),
}
_TYPES = {
    "True or False": "bool",
    "an integer": "int",
    "a number": "float",
    "a text": "str",
    "an element type": "Any",
    "a tuple of integers": "int | Sequence[int]",
    "a tuple of numbers": "float | Sequence[float]",
    "a tuple of texts": "Sequence[str]",
    "a tuple of integers or None": "Sequence[int | None]",
}


def stubs(module: str) -> str:
    """Return the stub file of ``symbol`` or ``nd``."""
    room, value = MODULES[module]
    own = {*importlib.import_module(room).__all__, value}
    names = [key for key in sorted(REGISTRY) if key.isidentifier() and not keyword.iskeyword(key) and key not in own]
    functions = [_function(REGISTRY[name], value, module) for name in names if REGISTRY[name].name == name]
    made = {name for name in names if REGISTRY[name].name == name} | own
    aliases = [f"{name} = {REGISTRY[name].name}" for name in names if REGISTRY[name].name in made and name not in made]
    head = [
        f'"""MXNet\'s ``mx.{module}``. Written by ``symcli ops --stubs {module}``."""',
        "",
        "from collections.abc import Sequence",
        "from typing import Any",
        "",
        f"from {room} import *",
        f"from {room} import {value}",
        "",
    ]
    return "\n".join([*head, *functions, *aliases]) + "\n"


def _function(cls: type[Op], value: str, module: str) -> str:
    inputs = [f"*args: {value}"] if cls.variadic else [f"{name}: {value} | None = None" for name in input_names(cls)]
    options = [_option(one) for name, one in declared(cls).items() if name != cls.variadic]
    more = ["out: Any = None"] if module == "nd" else ["attr: dict[str, str] | None = None"]
    arguments = ", ".join([*inputs, *options, "name: str | None = None", *more, "**kwargs: Any"])
    return f"def {cls.name}({arguments}) -> {'Any' if module == 'nd' else value}: ..."


def _option(one: Param) -> str:
    optional = one.type_text not in _TYPES and one.type_text.endswith(" or None")
    type_text = _TYPES.get(one.type_text.removesuffix(" or None") if optional else one.type_text, "Any")
    # A required one has a default too, since MXNet's programs give parameters by position after inputs left out.
    return f"{one.name}: {type_text}{' | None' if optional else ''} = ..."
