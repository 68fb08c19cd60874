"""JSON Schema of network and job files, made from the registries: what editors complete and check while one writes.

Every scalar of a file is a text to symcli, whatever YAML makes of it: a number may be quoted, or be ``$name``.
"""

import inspect
import re
import types
import typing
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from symcli.graph.functions import input_names
from symcli.job.kinds import FORMATS, INITIALIZERS, METRICS, OPTIMIZERS, SCHEDULES, TRANSFORMS, Kinds
from symcli.job.options import Data, Train
from symcli.job.reader import option_of
from symcli.ops import REGISTRY, Op, operators
from symcli.params import Param, declared
from symcli.spec.calls import PRESETS, operator_named, preset

__all__ = ["job_schema", "network_schema"]

Schema = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"
# What stands for single values, whichever way YAML reads them.
_VALUES: Schema = {
    "scalar": {"type": ["string", "number", "boolean"]},
    "hole": {"type": "string", "pattern": r"\$"},
    "numeral": {"type": "string", "pattern": r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"},
    "none": {"enum": [None, "None", "none"]},
    "truth": {"enum": [True, False, 0, 1, "true", "false", "True", "False", "0", "1"]},
    "expression": {"type": ["string", "number"]},
}
_SCALAR, _HOLE, _NUMERAL, _NONE, _TRUTH, _EXPRESSION = ({"$ref": f"#/definitions/{name}"} for name in _VALUES)
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_PREFIX = re.compile("_(contrib|linalg|image|random)_")


def network_schema() -> Schema:
    """Return the schema of a network file."""
    return _file_schema("symcli network", {})


def job_schema() -> Schema:
    """Return the schema of a job file; a network file fits too."""
    sections = {"data": _section(Data), "train": _section(Train)}
    return _file_schema("symcli job", sections)


def _file_schema(title: str, sections: Mapping[str, Schema]) -> Schema:
    block: Schema = {"type": "object", "additionalProperties": {"$ref": "#/definitions/block"},
                     "properties": {"file": _one_or_list({"type": "string"})}}  # fmt: skip
    properties: Schema = {
        "base": {"type": "string", "description": "a file that this one is merged over"},
        "vars": {"type": ["object", "null"], "description": "numbers and texts by name, for $name and -D name=value"},
        "network": {"type": "object", "description": "inputs with shapes and a graph of named nodes"},
        "blocks": block,
        **sections,
    }
    # The names of blocks are known here only if there can be none.
    own = {"required": ["network"], "properties": {"network": {"required": ["blocks"]}}}
    return {
        "$schema": _DRAFT,
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "if": {"anyOf": [{"required": ["base"]}, own]},
        "then": {"properties": {"network": {"$ref": "#/definitions/network_with_blocks"}}},
        "else": {"properties": {"network": {"$ref": "#/definitions/network"}}},
        "definitions": {
            **_VALUES,
            "network": _network(block, "node"),
            "network_with_blocks": _network(block, "node_with_blocks"),
            "node": _node(False),
            "node_with_blocks": _node(True),
            "block": {
                "type": "object",
                "required": ["graph"],
                "additionalProperties": False,
                "properties": {
                    "inputs": _one_or_list({"type": "string"}),
                    "params": {"type": "object", "description": "defaults by name; required stands for none"},
                    "graph": {"type": "object", "additionalProperties": {"$ref": "#/definitions/node_with_blocks"}},
                    "outputs": _one_or_list({"type": "string"}),
                },
            },
            **{f"operator.{cls.name}": _arguments(cls) for cls in operators()},
            **_picks(bool(sections)),
        },
    }


def _network(block: Schema, node: str) -> Schema:
    sizes = {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}}
    shaped = {"type": "object", "additionalProperties": False,
              "properties": {"shape": sizes, "dtype": {"type": "string"}}}  # fmt: skip
    attributes: Schema = {
        "init": {"anyOf": [{"$ref": "#/definitions/initializer"}, {"const": "none"}]},
        "shape": sizes,
        "dtype": {"type": "string"},
        "lr_mult": _number("number", {}),
        "wd_mult": _number("number", {}),
        "attr": {"type": "object", "additionalProperties": _SCALAR},
    }
    variable = {"type": "object", "additionalProperties": False, "properties": attributes}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": _SCALAR,
            "inputs": {
                "type": ["object", "null"],
                "additionalProperties": {"anyOf": [sizes, shaped, {"type": "null"}]},
                "description": "name: [sizes]; a word is a size that is told later",
            },
            "graph": {
                "type": "object",
                "additionalProperties": {"$ref": f"#/definitions/{node}"},
                "description": "name: an expression, a list of calls, or one call",
            },
            "blocks": block,
            "variables": {"type": "object", "additionalProperties": variable},
            "outputs": _one_or_list({"type": "string"}),
            "file": {"type": "string", "description": "another network file"},
            "symbol": {"type": "string", "description": "a symbol JSON of MXNet"},
        },
    }


def _node(blocks: bool) -> Schema:
    """Return the schema of a node: an expression, a chain, or a call of an operator or, with ``blocks``, of a block."""
    names: Schema = {}
    for key in REGISTRY:
        for name in (key, _PREFIX.sub("", key)):
            cls = operator_named(name)
            if cls is not None:
                names[name] = {"$ref": f"#/definitions/operator.{cls.name}"}
    for name, (operator, _) in PRESETS.items():
        names[name] = _arguments(REGISTRY[operator], preset(name))
    call = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": names,
            "additionalProperties": blocks}  # fmt: skip
    return {"anyOf": [_EXPRESSION, {"type": "array", "items": {"anyOf": [_EXPRESSION, call]}}, call]}


def _arguments(cls: type[Op], given: Mapping[str, str] = MappingProxyType({})) -> Schema:
    """Return the schema of what an operator is given: nothing, its first parameter, or a mapping without ``given``."""
    known = {name: one for name, one in declared(cls).items() if name != cls.variadic and name not in given}
    inputs = ["data"] if cls.variadic else input_names(cls)
    expression: Schema = _one_or_list(_EXPRESSION) if cls.variadic else _EXPRESSION
    properties = dict.fromkeys(inputs, expression) | {name: _param(one) for name, one in known.items()}
    mapping: Schema = {
        "type": "object",
        "description": _summary(cls),
        "properties": {**properties, "name": _SCALAR, "attr": {"type": "object", "additionalProperties": _SCALAR}},
        "additionalProperties": False,
    }
    required = [name for name, one in known.items() if one.required]
    if required:
        mapping["required"] = required
    first = [_param(next(iter(known.values())))] if known else []
    return {"anyOf": [mapping, {"type": "null"}, *first]}


def _summary(cls: type) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


# ---- options


def _section(cls: type) -> Schema:
    """Return the schema of a section; nothing is required, since a base may give it."""
    return {
        "type": ["object", "null"],
        "description": _summary(cls),
        "properties": {name: _option(one) for name, one in declared(cls).items()},
        "additionalProperties": False,
    }


def _option(one: Param) -> Schema:
    option = option_of(one)
    if not (option.is_section or option.is_pick):
        return _param(one)
    found = _section(option.cls) if option.is_section else {"$ref": f"#/definitions/{option.cls.kinds.what}"}
    if option.many:
        found = {"anyOf": [found, {"type": "array", "items": found}]}
    if option.optional or option.many:
        found = {"anyOf": [found, _NONE]}
    return {**found, "description": one.doc}


def _picks(all_kinds: bool) -> Schema:
    """Return the definitions of picks that a file may hold: of initializers, and in jobs of all kinds."""
    found: Schema = {}
    for kinds in (INITIALIZERS, OPTIMIZERS, SCHEDULES, METRICS, FORMATS, TRANSFORMS) if all_kinds else (INITIALIZERS,):
        given: Schema = {}
        for kind in kinds.classes:
            name = f"{kinds.what}.{kind}"
            found[name] = _given(kinds, kind)
            given |= {word: {"$ref": f"#/definitions/{name}"} for word in kinds.words(kind)}
        mapping = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": given,
                   "additionalProperties": False}  # fmt: skip
        found[kinds.what] = {"anyOf": [mapping, {"enum": list(given)}, _HOLE]}
    return found


def _given(kinds: Kinds, kind: str) -> Schema:
    """Return the schema of what a kind is given; what is required may be missing, but in lists, since bases merge."""
    known = kinds.params(kind)
    required = [name for name, one in known.items() if one.required]
    mapping: Schema = {
        "type": "object",
        "description": _summary(kinds.classes[kind]),
        "properties": {name: _param(one) for name, one in known.items()},
        "additionalProperties": False,
    }
    if required and kinds in (METRICS, TRANSFORMS):
        mapping["required"] = required
    first = [_param(known[required[0]])] if required else []
    return {"anyOf": [mapping, {"type": "null"}, *first]}


# ---- parameters


def _param(one: Param) -> Schema:
    """Return the schema of a parameter: its type, bounds, choices, default and sentence."""
    kind: Any = one.type
    kinds: list[Schema] = [_HOLE]
    if isinstance(kind, types.UnionType):
        kind = next(part for part in kind.__args__ if part is not types.NoneType)
        kinds.append(_NONE)
    limits = {_LIMITS[word]: bound for word, bound in one.bounds.items() if bound is not None}
    if typing.get_origin(kind) is tuple:
        item = _plain(typing.get_args(kind)[0], limits, one.choices)
        kinds += [{"type": "array", "items": {"anyOf": [item, _HOLE]}}, item, {"type": "string", "pattern": r"^[(\[]"}]
    else:
        kinds.append(_plain(kind, limits, one.choices))
    found: Schema = {"description": one.doc, "anyOf": kinds[::-1]}
    if not one.required and isinstance(one.default, str | int | float):
        found["default"] = one.default
    return found


def _plain(kind: Any, limits: Schema, choices: Iterable[Any]) -> Schema:
    if choices:
        return {"enum": list(dict.fromkeys([*choices, *map(str, choices)]))}
    if kind is bool:
        return _TRUTH
    if kind in (int, float) or isinstance(kind, types.UnionType):
        number = _number("number" if kind is float else "integer", limits)
        return {"anyOf": [number, _NONE]} if isinstance(kind, types.UnionType) else number
    return _SCALAR


def _number(kind: str, limits: Schema) -> Schema:
    return {"anyOf": [{"type": kind, **limits}, {"type": "boolean"}, _NUMERAL, _HOLE]}


def _one_or_list(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one}]}
