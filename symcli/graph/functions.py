"""The functions that make symbols, one for each registered operator: ``sym.FullyConnected`` and so on."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import symcli.ops as registry
from symcli.errors import MXNetError
from symcli.graph import attribute, name
from symcli.graph.attribute import hide
from symcli.graph.node import Entry, Node
from symcli.ops.op import Op
from symcli.params import Param, declared, to_text

__all__ = ["FLUENT", "NAMESPACES", "Fluent", "Namespace", "namespace", "page", "signature", "symbol_function"]

# mx.sym.<namespace>.<name> -> prefixes of the registered names (python/mxnet/base.py).
NAMESPACES = {
    "contrib": ("_contrib_",),
    "linalg": ("_linalg_",),
    "random": ("_random_", "_sample_"),
    "sparse": ("_sparse_", ""),
    "image": ("_image_",),
    "op": ("",),
    "_internal": ("",),
}

# The operators that are methods of symbols and arrays too (python/mxnet/symbol/symbol.py).
FLUENT = frozenset(
    """
    abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort broadcast_axes
    broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space diag exp expand_dims expm1 fix
    flatten flip floor log log10 log1p log2 log_softmax max mean min nanprod nansum norm one_hot ones_like pad
    pick prod radians rcbrt reciprocal relu repeat reshape reshape_like rint round rsqrt shape_array sigmoid
    sign sin sinh size_array slice slice_axis slice_like softmax softmin sort space_to_depth split split_v2 sqrt
    square squeeze sum swapaxes take tan tanh tile to_dlpack_for_read to_dlpack_for_write
    topk transpose trunc zeros_like
    """.split()
)


class Fluent:
    """An operator as a method of arrays or symbols, found when it is first asked for; on the class a plain function."""

    def __init__(self, name: str, find: Callable[[str], Any]):
        self._name, self._find = name, find
        self._found: Any = None

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._found is None:
            self._found = self._find(self._name)
        return self._found if instance is None else partial(self._found, instance)


def symbol_function(key: str, public: str, result: Callable[[Node, int], Any]) -> Callable[..., Any]:
    """Return the function that makes a node of the operator registered as ``key``.

    ``public`` is the name users call it by, whence the hint of automatic names; ``result`` wraps the
    node and the number of its visible outputs as a symbol.
    """
    cls = registry.get(key)
    hint = public.lower()
    known = declared(cls)

    def make_symbol(*args: Any, name: str | None = None, attr: dict[str, str] | None = None, **kwargs: Any) -> Any:
        graphs = kwargs.pop("subgraphs", ()) if "subgraphs" in known else ()
        inputs, texts = _sort_out(cls, known, args, kwargs)
        node = compose(cls, hint, inputs, texts, name, attr, graphs)
        return result(node, node.num_visible_outputs)

    make_symbol.__name__ = make_symbol.__qualname__ = public
    make_symbol.__doc__ = page(cls)
    make_symbol.__signature__ = signature(cls)  # type: ignore[attr-defined]
    return make_symbol


def compose(cls: type[Op], hint: str, inputs: Mapping[str, Entry], texts: dict[str, str], given_name: str | None,
            attr: dict[str, str] | None, graphs: Sequence[Any] = ()) -> Node:  # fmt: skip
    """Return a new node; inputs that are missing become variables named ``<node>_<input>``.

    ``graphs`` are those that an operator of control flow runs.
    """
    attrs = {**{hide(key): value for key, value in attribute.current().get(attr).items()}, **texts}
    label = given_name or hint
    own: dict[str, Any] = {key: value for key, value in attrs.items() if not key.startswith("__")}
    if graphs:
        own["subgraphs"] = graphs
    op = registry.make(cls.name, own, f"{cls.name} {label!r}")
    inputs = op.named(inputs)
    node_name = name.current().get(given_name, hint)
    node = Node(op, node_name, attrs)
    for slot in [*op.list_arguments(), *op.list_auxiliary_states()]:
        node.inputs.append(inputs.get(slot) or (Node(None, node.input_name(slot), dict(attrs)), 0))
    surplus = set(inputs) - {*op.list_arguments(), *op.list_auxiliary_states()}
    if surplus:
        raise MXNetError(f"{cls.name} {label!r} takes no {', '.join(sorted(surplus))} with these parameters; "
                         f"inputs: {', '.join(op.list_arguments())}")  # fmt: skip
    node.set_initial_texts()
    return node


def _sort_out(
    cls: type[Op], known: Mapping[str, Param], args: tuple, kwargs: dict[str, Any]
) -> tuple[dict[str, Entry], dict[str, str]]:
    """Divide what was given into inputs by name and attribute texts."""
    numbered = cls.variadic or cls.gathers
    slots = [f"arg{i}" for i in range(len(args))] if numbered else input_names(cls) + list(known)
    if len(args) > len(slots):
        raise TypeError(f"{cls.name} takes {len(slots)} positional arguments: {', '.join(slots)}; got {len(args)}")
    given = dict(zip(slots, args, strict=False))
    twice = sorted(set(given) & set(kwargs))
    if twice:
        raise TypeError(f"{cls.name} got {', '.join(twice)} by position and by name; give it once")
    inputs: dict[str, Entry] = {}
    texts: dict[str, str] = {}
    for key, value in (given | kwargs).items():
        if key in known:
            texts[key] = _text(known[key], value)
        elif key in given or key in input_names(cls) or hasattr(value, "_heads"):
            if value is not None:
                inputs[key] = _entry(cls, key, value)
        else:
            texts[key if cls.gathers else hide(key)] = to_text(value)
    if cls.variadic:
        texts.setdefault(cls.variadic, str(cls.counted(len(inputs))))
    return inputs, texts


def input_names(cls: type[Op]) -> list[str]:
    """Return all the inputs an operator can have, auxiliary states last."""
    return [*cls.arguments, *cls.auxiliary_states]


def _text(one: Param, value: Any) -> str:
    # A dtype is written by its name, however it was given; everything else as Python writes it.
    return to_text(one.read(value)) if one.is_dtype and value is not None else to_text(value)


def _entry(cls: type[Op], slot: str, value: Any) -> Entry:
    heads = getattr(value, "_heads", None)
    if heads is None:
        raise TypeError(f"{cls.name}: {slot} is {value!r} ({type(value).__name__}); needs a Symbol")
    if len(heads) != 1:
        raise MXNetError(f"{cls.name}: {slot} has {len(heads)} outputs ({value!r}); needs one: pick it with [i]")
    return heads[0]


def signature(cls: type[Op]) -> inspect.Signature:
    """Return the signature that editors and ``help`` show."""
    kind = inspect.Parameter
    slots = []
    if cls.variadic:
        slots.append(kind("args", kind.VAR_POSITIONAL))
    slots += [kind(key, kind.KEYWORD_ONLY if cls.variadic else kind.POSITIONAL_OR_KEYWORD, default=None)
              for key in (() if cls.variadic else input_names(cls))]  # fmt: skip
    for key, one in declared(cls).items():
        if key != cls.variadic:
            slots.append(kind(key, kind.KEYWORD_ONLY, default=kind.empty if one.required else one.default))
    slots += [kind("name", kind.KEYWORD_ONLY, default=None), kind("attr", kind.KEYWORD_ONLY, default=None)]
    return inspect.Signature(slots)


def page(cls: type[Op]) -> str:
    """Return an operator's page: its docstring with the sentences of its parameters."""
    lines = [inspect.cleandoc(cls.__doc__ or ""), ""]
    known = declared(cls)
    if known:
        lines += ["Parameters", "----------"]
    for key, one in known.items():
        default = "required" if one.required else f"default {to_text(one.default) or repr('')}"
        extra = [one.bounds_text, ", ".join(map(str, one.choices))]
        details = "; ".join([one.type_text, default, *filter(None, extra)])
        lines += [f"{key} : {details}", f"    {one.doc}"]
    return "\n".join(lines).rstrip()


class Namespace(ModuleType):
    """A module whose attributes are the operators whose names begin with a prefix."""

    def __init__(self, module_name: str, prefixes: tuple[str, ...], find: Callable[[str, str], Any]):
        super().__init__(module_name)
        self._prefixes, self._find = prefixes, find

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        for prefix in self._prefixes:
            found = self._find(prefix + key, key)
            if found is not None:
                setattr(self, key, found)
                return found
        sparse = self.__name__.endswith(".sparse")
        raise AttributeError(
            f"module {self.__name__!r} has no operator {key!r}; "
            + ("arrays are dense here: nd.array, nd.zeros" if sparse else "all operators: symcli ops")
        )

    def __dir__(self) -> list[str]:
        names = {key[len(prefix) :] for prefix in self._prefixes for key in registry.REGISTRY if key.startswith(prefix)}
        return sorted(names | {name for name in vars(self) if not name.startswith("_")})


def namespace(package: str, key: str, find: Callable[[str, str], Any]) -> ModuleType:
    """Return the module that users know as ``<package>.<key>``."""
    if (package, key) == ("symcli.symbol", "random"):
        from symcli.graph import random  # here, because its functions make symbols

        return random
    made = Namespace(f"{package}.{key}", NAMESPACES[key], find)
    if (package, key) == ("symcli.symbol", "contrib"):
        from symcli.graph import contrib_functions, control_flow  # here, because their functions make symbols

        for room in (control_flow, contrib_functions):
            vars(made).update({name: getattr(room, name) for name in room.__all__})
    return made
