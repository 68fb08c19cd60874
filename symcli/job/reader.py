"""Reads the sections of a job: declared options out of the file's tree, every mistake a finding at its place."""

import os
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from symcli.errors import ParamError, suggest
from symcli.job.kinds import Pick
from symcli.params import FilePath, ModelPath, Param, Parameters, declared, to_text
from symcli.spec.document import Document
from symcli.spec.findings import BROKEN, Findings
from symcli.spec.scope import Scope
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["DEFAULT", "Option", "PathText", "Reader", "default", "option_of"]

DEFAULT = Place("default")


class PathText(Text):
    """A path, absolute, so that what is printed can be read from any folder."""

    @classmethod
    def of(cls, text: Text, path: str) -> "PathText":
        return cls(text.place, os.path.abspath(path))


class Option(typing.NamedTuple):
    """What an option is: its class without ``| None`` and ``tuple``, whether it may be none, whether it is a list."""

    cls: Any
    optional: bool
    many: bool

    @property
    def is_section(self) -> bool:
        return isinstance(self.cls, type) and issubclass(self.cls, Parameters)

    @property
    def is_pick(self) -> bool:
        return isinstance(self.cls, type) and issubclass(self.cls, Pick)


def option_of(one: Param) -> Option:
    """Return what an option is; lists of plain values are types of their own."""
    found, optional = one.type, False
    if isinstance(found, types.UnionType):
        found, optional = next(part for part in found.__args__ if part is not types.NoneType), True
    inner = typing.get_args(found)
    if typing.get_origin(found) is tuple and isinstance(inner[0], type) and issubclass(inner[0], Pick):
        return Option(inner[0], optional, True)
    return Option(found, optional, False)


class Reader:
    """Reads sections; ``scope`` holds the job's vars, ``absent`` lets files be named that are not there.

    A section is read twice at once: as a value of its class, and as a tree with defaults filled in, in which each text
    keeps the place it comes from. What cannot be read is ``BROKEN``, and left out of the tree.
    """

    def __init__(self, findings: Findings, document: Document, scope: Scope, absent: bool = False):
        self._findings, self._document, self._scope, self._absent = findings, document, scope, absent

    def section(self, cls: type, tree: Value | None, where: str, place: Place) -> tuple[Any, Map]:
        """Return a section's value and its tree with defaults; ``place`` is that of its key.

        Options that could not be read are ``BROKEN`` in the value.
        """
        known = declared(cls)
        if tree is None or (isinstance(tree, Text) and tree.empty):
            tree = Map(place)
        resolved = Map(tree.place)
        given = self._findings.expect(tree, Map, where, f"keys: {', '.join(known)}")
        if given is BROKEN:
            return cls(**dict.fromkeys(known, BROKEN)), resolved
        items = self._known_keys(given, known, "SYM107", f"{where} has no key", "keys")
        values = {}
        for name, one in known.items():
            key = given.keys[name].place if name in given.keys else place
            values[name], shown = self._option(one, items.get(name), f"{where}.{name}", key)
            if shown is not None:
                resolved.items[name] = shown
        return cls(**values), resolved

    def _known_keys(self, given: Map, known: Mapping[str, Any], code: str, message: str, what: str) -> dict[str, Value]:
        """Return the values of known keys; a misspelt one is a finding, and counts as what it is meant to be."""
        items = {key: value for key, value in given.items.items() if key in known}
        for key, text in given.keys.items():
            if key not in known:
                close = suggest(key, known)
                items.setdefault(close.split("'")[1] if close else key, given.items[key])
                self._findings.report(code, text.place, f"{message} {key!r}",
                                      f"{close}  {what}: {', '.join(known) or 'none'}".strip())  # fmt: skip
        return items

    def _option(self, one: Param, value: Value | None, where: str, place: Place) -> tuple[Any, Value | None]:
        """Return an option's value, and its tree if there is something to show."""
        option = option_of(one)
        nothing = () if option.many or one.default == () else None
        if isinstance(value, Text) and value.text.lower() == "none" and (option.optional or option.many):
            return nothing, List(value.place) if option.many else None
        if option.is_section:
            if value is None and option.optional:
                return None, None
            return self.section(option.cls, value, where, place)
        if value is None or (isinstance(value, Text) and value.empty):
            if one.required:
                return self._findings.report("SYM108", place, f"{where} is missing", one.doc), None
            if one.default is None or one.default == ():
                return nothing, None
            value = default(one.default)
        if not option.is_pick:
            return self._value(one, value, where.rpartition(".")[0])
        if not option.many:
            return self.pick(option.cls, value, where)
        parts = [self.pick(option.cls, item, where) for item in (value.items if isinstance(value, List) else [value])]
        picks = tuple(pick for pick, _ in parts)
        trees = [tree for _, tree in parts if tree is not None]
        return BROKEN if any(pick is BROKEN for pick in picks) else picks, List(value.place, trees)

    # ---- picks

    def pick(self, cls: type[Pick], value: Value, where: str) -> tuple[Any, Value | None]:
        """Return what a value picks, a bare word or a mapping of one kind to its parameters, and its tree."""
        kinds = cls.kinds
        word, given = value, None
        if isinstance(value, Map) and len(value.items) == 1:
            ((key, given),) = value.items.items()
            word = value.keys[key]
        if not isinstance(word, Text):
            kind = f"a mapping of {len(word.items)} keys" if isinstance(word, Map) else word.kind
            example = next(iter(kinds.classes))
            return self._findings.report("SYM104", value.place, f"{where} is {kind}; needs one {kinds.what}",
                                         f"write {example}, or {{{example}: {{parameter: value}}}}"), None  # fmt: skip
        name = self._scope.filled(word)
        if name is BROKEN:
            return BROKEN, None
        found = kinds.find(str(name))
        if found is None:
            words = [one for kind in kinds.classes for one in kinds.words(kind)]
            listed = f"{kinds.what}s: {', '.join(kinds.classes)}"
            return self._findings.report("SYM702", word.place, f"{where}: there is no {kinds.what} {name!r}",
                                         f"{suggest(str(name), words)}  {listed}".strip()), None  # fmt: skip
        return self._picked(cls, found, word, given, where, value.place)

    def _picked(
        self, cls: type[Pick], kind: str, word: Text, given: Value | None, where: str, place: Place
    ) -> tuple[Any, Value | None]:
        known = cls.kinds.params(kind)
        what = f"{cls.kinds.what} {kind}"
        before = len(self._findings)
        items = self._parameters(given, known, what)
        picked, resolved = cls(kind, {}, word.place), Map(word.place)
        for name, one in known.items():
            if name in items:
                picked.values[name], tree = self._value(one, items[name], what)
                picked.places[name] = items[name].place
            elif one.required:
                self._findings.report("SYM202", word.place, f"{what} needs the parameter {name!r} ({one.type_text})",
                                      one.doc)  # fmt: skip
                continue
            else:
                tree = None if one.default is None else default(one.default)
            if tree is not None:
                resolved.items[name] = tree
        # A var that is broken was reported before.
        if len(self._findings) > before or any(value is BROKEN for value in picked.values.values()):
            return BROKEN, None
        try:
            picked.check()
        except ParamError as error:
            return self._findings.report("SYM701", picked.place_of(str(error)), f"{where}: {error}"), None
        return picked, Map(place, {kind: resolved}, {kind: word}) if resolved.items else Text(word.place, kind)

    def _parameters(self, given: Value | None, known: Mapping[str, Param], what: str) -> dict[str, Value]:
        """Return the parameters by name; a text or list is the first one that is required."""
        if given is None or (isinstance(given, Text) and given.empty):
            return {}
        first = next((name for name, one in known.items() if one.required), None)
        if not isinstance(given, Map) and first is not None:
            return {first: given}
        mapping = self._findings.expect(given, Map, f"what is given to {what}",
                                        f"parameters: {', '.join(known) or 'none'}")  # fmt: skip
        if mapping is BROKEN:
            return {}
        return self._known_keys(mapping, known, "SYM703", f"{what} has no parameter", "parameters")

    # ---- plain values

    def _value(self, one: Param, value: Value, what: str) -> tuple[Any, Value | None]:
        """Return a parameter's value, and the text it has in the resolved job."""
        filled = self._scope.filled(value, f"{what}: {one.name}")
        if filled is BROKEN:
            return BROKEN, None
        try:
            read = one.read(filled)
        except ParamError as error:
            notes = self._scope.given_in(value)
            return self._findings.report("SYM204", value.place, f"{what}: {error}", one.doc, notes), None
        cls = option_of(one).cls
        if cls in (FilePath, ModelPath) and isinstance(value, Text) and read is not None:
            path = self._document.resolve(Text(value.place, read))
            there = os.path.exists(path) or (cls is ModelPath and _is_prefix(path))
            if not there and not self._absent:
                folder = os.path.dirname(path) or "."
                near = suggest(os.path.basename(path), os.listdir(folder)) if os.path.isdir(folder) else ""
                help = near or "paths are relative to the file that names them"
                if not near and not os.path.splitext(path)[1]:
                    help += "; symcli prepare-data makes such folders, train --synthetic does without"
                return self._findings.report("SYM601", value.place, f"{what}: there is no {path!r}", help), None
            return path, PathText.of(value, path)
        return read, _shown(value, filled)


def _is_prefix(path: str) -> bool:
    """Return whether ``PATH[:EPOCH]`` names a model by its folder, its archive, or what its files begin with."""
    prefix = re.sub(r":\d+$", "", path)
    return os.path.exists(prefix) or os.path.exists(f"{prefix}-symbol.json")


def _shown(value: Value, filled: Any) -> Value:
    """Return a value of the file with its holes filled."""
    if isinstance(value, List):
        return List(value.place, [_shown(item, part) for item, part in zip(value.items, filled, strict=True)])
    return _written(value.place, filled)


def _written(place: Place, value: Any) -> Value:
    if isinstance(value, tuple | list):
        return List(place, [_written(place, item) for item in value])
    return Text(place, str(value).lower() if isinstance(value, bool) else to_text(value))


def default(value: Any) -> Value:
    """Return a default as a tree."""
    return _written(DEFAULT, value)
