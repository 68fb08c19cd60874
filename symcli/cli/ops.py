"""``symcli ops``: the operators by family, an operator's page, and docs/operators.md."""

import importlib
import inspect
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import click

from symcli import params
from symcli.cli.console import columns, write_json
from symcli.cli.foreign_names import FOREIGN, folded
from symcli.cli.options import json_option
from symcli.cli.stubs import MODULES, stubs
from symcli.errors import suggest
from symcli.graph.functions import page
from symcli.ops import REGISTRY, Op, operators

__all__ = ["describe", "find", "ops"]

GRADIENTS = {"yes": "yes", "zero": "zero everywhere", "none": "none: asking for one is an error"}


@click.command()
@click.argument("name", required=False)
@json_option
@click.option("--markdown", is_flag=True, help="Print all pages as Markdown: docs/operators.md.")
@click.option(
    "--stubs", "module", type=click.Choice(list(MODULES)), help="Print type stubs: symcli/symbol.pyi, nd.pyi."
)
def ops(name: str | None, as_json: bool, markdown: bool, module: str | None) -> None:
    """List the operators by family, or show the page of the operator NAME.

    NAME is an operator's name, one of its aliases, or the name it has elsewhere: `symcli ops clamp`
    answers with clip, `symcli ops linear` with FullyConnected.
    """
    if markdown and name is not None:
        raise click.UsageError("--markdown prints all operators; leave NAME out, or use --json")
    if markdown and as_json:
        raise click.UsageError("--json and --markdown are two answers; choose one")
    if module is not None:
        click.echo(stubs(module), nl=False)
    elif markdown:
        click.echo(markdown_pages(), nl=False)
    elif name is None:
        write_json({"operators": [describe(cls) for cls in operators()]}) if as_json else click.echo(listing())
    else:
        cls, note = find(name)
        if as_json:
            write_json({"operator": describe(cls)})
        else:
            click.echo(f"{note}\n\n{text_page(cls)}" if note else text_page(cls))


def find(name: str) -> tuple[type[Op], str]:
    """Return the operator that a name means, and a line on how a foreign name is written here (else empty).

    Raises
    ------
    click.BadParameter
        If no operator is known by that name.
    """
    if name in REGISTRY:
        return REGISTRY[name], ""
    if folded(name) in FOREIGN:
        target, parameters = FOREIGN[folded(name)]
        return REGISTRY[target], f"{name} is {target} here" + (f", with {parameters}" if parameters else "")
    blind = {folded(key): key for key in REGISTRY}
    if folded(name) in blind:
        return REGISTRY[blind[folded(name)]], f"{name} is {blind[folded(name)]} here"
    hint = suggest(name, [*REGISTRY, *FOREIGN])
    containing = sorted({cls.name for key, cls in REGISTRY.items() if len(name) > 2 and folded(name) in folded(key)})
    if containing:
        hint = f"names with {name!r} in them: {', '.join(containing)}"
    raise click.BadParameter(f"there is no operator {name!r}; {hint or 'all of them: symcli ops'}", param_hint="NAME")


def describe(cls: type[Op]) -> dict[str, Any]:
    """Return all that is known of an operator as plain data."""
    return {
        "name": cls.name,
        "family": family(cls),
        "summary": summary(cls),
        "text": inspect.cleandoc(cls.__doc__ or ""),
        "aliases": list(cls.aliases),
        "arguments": list(cls.arguments),
        "outputs": list(cls.outputs),
        "auxiliary_states": list(cls.auxiliary_states),
        "parameters": [
            {
                "name": one.name,
                "type": one.type_text,
                "required": one.required,
                "default": None if one.required else params.to_text(one.default),
                "bounds": one.bounds_text,
                "choices": [str(choice) for choice in one.choices],
                "doc": one.doc,
            }
            for one in params.declared(cls).values()
        ],
        "gradient": cls.gradient,
    }


def family(cls: type[Op]) -> str:
    return cls.__module__.rsplit(".", 1)[-1]


def family_title(cls: type[Op]) -> str:
    return (importlib.import_module(cls.__module__).__doc__ or family(cls)).strip().splitlines()[0]


def summary(cls: type[Op]) -> str:
    """Return the sentence that an operator's page begins with."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split()).rstrip(":")


def families() -> Mapping[str, list[type[Op]]]:
    return {key: list(group) for key, group in groupby(sorted(operators(), key=lambda c: (family(c), c.name)), family)}


def listing() -> str:
    """Return all operators by family, a line each."""
    parts = []
    for members in families().values():
        parts.append(f"{family_title(members[0])}\n" + columns([(cls.name, summary(cls)) for cls in members]))
    return "\n\n".join(parts) + f"\n\n{len(operators())} operators; a page: symcli ops NAME"


def facts(cls: type[Op]) -> list[tuple[str, str]]:
    """Return what stands below an operator's text: names of what goes in and out, gradient, aliases."""
    arguments = f"arg0, arg1, … as many as {cls.variadic} says" if cls.variadic else ", ".join(cls.arguments)
    rows = [
        ("arguments", arguments or "none"),
        ("outputs", ", ".join(cls.outputs)),
        ("auxiliary states", ", ".join(cls.auxiliary_states)),
        ("gradient", GRADIENTS[cls.gradient]),
        ("other names", ", ".join(cls.aliases)),
    ]
    return [row for row in rows if row[1]]


def text_page(cls: type[Op]) -> str:
    return f"{cls.name}\n{'=' * len(cls.name)}\n{page(cls)}\n\n{columns(facts(cls), '')}"


def markdown_pages() -> str:
    """Return docs/operators.md."""
    parts = [
        "# Operators",
        "<!-- Written by `symcli ops --markdown > docs/operators.md`; the tests compare. -->",
        f"All {len(operators())} operators by family. `mx.sym.<name>` makes a node of each; `symcli ops <name>` shows "
        "the same page.",
    ]
    for key, members in families().items():
        parts += [f"## {key}", family_title(members[0])]
        for cls in members:
            parts += [f"### {cls.name}", f"```text\n{inspect.cleandoc(cls.__doc__ or '')}\n```"]
            parts += ["\n".join(f"- {what}: {value}" for what, value in facts(cls))]
            if params.declared(cls):
                parts += [_parameter_table(cls)]
    return "\n\n".join(parts) + "\n"


def _parameter_table(cls: type[Op]) -> str:
    lines = ["| parameter | type | default | allowed | meaning |", "|---|---|---|---|---|"]
    for one in describe(cls)["parameters"]:
        allowed = ", ".join(filter(None, [one["bounds"], ", ".join(one["choices"])]))
        default = "required" if one["required"] else f"`{one['default']}`" if one["default"] else "empty"
        cells = [f"`{one['name']}`", one["type"], default, allowed, one["doc"]]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
