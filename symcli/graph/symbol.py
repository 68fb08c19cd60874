"""Symbols: MXNet's ``mx.sym``. Operators are looked up in the registry when first asked for.

>>> from symcli.graph import symbol as sym
>>> fc1 = sym.FullyConnected(sym.Variable("data"), num_hidden=128, name="fc1")
>>> fc1.list_arguments()
['data', 'fc1_weight', 'fc1_bias']
"""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symcli import dtypes
from symcli.errors import MXNetError, NotImplementedForSymbol, suggest
from symcli.graph import attribute, json_file
from symcli.graph.functions import FLUENT, NAMESPACES, Fluent, namespace, symbol_function
from symcli.graph.infer import infer_shapes, infer_types
from symcli.graph.node import Entry, Node, copied, topological, without_casts
from symcli.graph.operators import Operators
from symcli.ops import REGISTRY
from symcli.params import to_text
from symcli.shapes import Shape, is_known

if TYPE_CHECKING:
    from symcli.executor.executor import Executor
    from symcli.graph.creation import (
        arange,
        eye,
        fmod,
        full,
        histogram,
        hypot,
        linspace,
        maximum,
        minimum,
        ones,
        pow,
        power,
        split_v2,
        zeros,
    )

__all__ = [
    "Group", "Symbol", "Variable", "arange", "eye", "fmod", "full", "histogram", "hypot", "linspace", "load",
    "load_json", "maximum", "minimum", "ones", "pow", "power", "split_v2", "var", "zeros",
]  # fmt: skip


class Symbol(Operators):
    """One or more outputs of a graph.

    Symbols are made by ``Variable``, ``Group``, ``load`` and the operators; ``bind`` gives them arrays.
    Source: ``python/mxnet/symbol/symbol.py``.
    """

    __slots__ = ("_heads",)

    def __init__(self, heads: Sequence[Entry]):
        self._heads = list(heads)

    # ---- what is in it

    @property
    def name(self) -> str | None:
        """The name of the node, ``None`` if the outputs are of several nodes."""
        nodes = {node for node, _ in self._heads}
        return nodes.pop().name if len(nodes) == 1 else None

    def list_arguments(self) -> list[str]:
        """The names of the variables in the order of first use, without auxiliary states."""
        return [node.name for node in self._variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """The names of the auxiliary states, as BatchNorm's moving statistics."""
        return [node.name for node in self._variables()[1]]

    def list_inputs(self) -> list[str]:
        """The names of all variables, auxiliary states too."""
        return [node.name for node in topological(self._heads) if node.op is None]

    def list_outputs(self) -> list[str]:
        """The names of the outputs: ``<node>_output``, or the operator's own where it has several."""
        return [node.output_name(i) for node, i in self._heads]

    @property
    def num_outputs(self) -> int:
        return len(self._heads)

    def _variables(self) -> tuple[list[Node], list[Node]]:
        """Return the argument nodes and the auxiliary nodes."""
        nodes = topological(self._heads)
        auxiliary = {source for node in nodes for source, _ in node.auxiliary_inputs}
        variables = [node for node in nodes if node.op is None]
        return [n for n in variables if n not in auxiliary], [n for n in variables if n in auxiliary]

    def get_internals(self) -> "Symbol":
        """Return a symbol whose outputs are those of every node of the graph."""
        return Symbol([(node, i) for node in topological(self._heads) for i in range(node.num_visible_outputs)])

    def get_children(self) -> "Symbol | None":
        """Return the inputs of the output nodes; ``None`` for variables."""
        nodes = dict.fromkeys(node for node, _ in self._heads)
        entries = [entry for node in nodes for entry in node.inputs]
        return Symbol(entries) if entries else None

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator["Symbol"]:
        return (Symbol([head]) for head in self._heads)

    def __getitem__(self, index: int | str | slice) -> "Symbol":
        """Return an output by number or by output name, or several by a slice.

        Raises
        ------
        IndexError, ValueError
            If there is no such number or name.
        """
        if isinstance(index, slice):
            return Symbol(self._heads[index])
        if isinstance(index, str):
            names = self.list_outputs()
            if names.count(index) != 1:
                found, hint = ("several outputs", "") if index in names else ("no output", suggest(index, names))
                raise ValueError(f"{self!r}: {found} named {index!r}; {hint or 'list_outputs() names them'}")
            return Symbol([self._heads[names.index(index)]])
        if not isinstance(index, int):
            raise TypeError(f"{self!r}[{index!r}]: needs an integer, an output name or a slice")
        if index >= len(self._heads) or index < -len(self._heads):
            raise IndexError(f"{self!r} has {len(self._heads)} outputs; there is no output {index}")
        return Symbol([self._heads[index]])

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(symbol.name) for symbol in self)}]>"
        return f"<Symbol {self.name}>"

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(f"{self!r} has no truth value: it is not computed yet; bind it and run forward")

    # ---- attributes

    def attr(self, key: str) -> str | None:
        """Return an attribute's text, ``None`` if it was not given."""
        attrs = self._heads[0][0].attrs
        return attrs.get(key, attrs.get(attribute.hide(key)))

    def list_attr(self) -> dict[str, str]:
        """Return the attributes of this node."""
        return _shown(self._heads[0][0])

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes of all nodes that have any, by node name."""
        return {node.name: _shown(node) for node in topological(self._heads) if node.attrs}

    def _set_attr(self, **attrs: str) -> None:
        for key, value in attrs.items():
            if not isinstance(value, str):
                raise ValueError(f"attribute {key}={value!r}: attribute values are texts; write {str(value)!r}")
            self._heads[0][0].attrs[attribute.hide(key)] = value

    # ---- composition

    def __call__(self, *args: "Symbol", name: str | None = None, **kwargs: "Symbol") -> "Symbol":
        """Return a copy in which variables are replaced by other symbols, given by name.

        Raises
        ------
        MXNetError
            If symbols are given by position, or a name is no variable's.
        """
        if args:
            raise MXNetError(f"{self!r}(…): {len(args)} symbols by position; name the variables to replace: "
                             + ", ".join(self.list_inputs()))  # fmt: skip
        names = self.list_inputs()
        for key, symbol in kwargs.items():
            if not isinstance(symbol, Symbol):
                raise TypeError(f"{self!r}({key}=…) is a {type(symbol).__name__}; needs a Symbol")
            if key not in names:
                raise MXNetError(f"{self!r}: no variable {key!r} to replace; {suggest(key, names)} "
                                 f"variables: {', '.join(names)}")  # fmt: skip
        heads = copied(self._heads, {key: symbol._heads[0] for key, symbol in kwargs.items()})
        if name:
            heads[0][0].name = name
        return Symbol(heads)

    def __copy__(self) -> "Symbol":
        return Symbol(copied(self._heads, {}))

    def __deepcopy__(self, _: Any) -> "Symbol":
        return Symbol(copied(self._heads, {}))

    def __reduce__(self) -> tuple:
        return load_json, (self.tojson(remove_amp_cast=False),)

    def __getattr__(self, key: str) -> Any:
        raise AttributeError(
            f"'Symbol' object has no attribute {key!r}"
            + (f"; bind it, run forward, and ask its outputs: executor.outputs[0].{key}" if key in _OF_ARRAYS else "")
        )

    def astype(self, dtype: Any) -> "Symbol":
        """Return this symbol cast to another element type."""
        return _operator("Cast", "cast")(self, dtype=dtype)

    # ---- inference

    def infer_shape(self, *args: Shape | None, **kwargs: Shape) -> tuple[list | None, list | None, list | None]:
        """Return the shapes of arguments, outputs and auxiliary states.

        Known shapes are given by position (``None`` for unknown) or by name; 0 is an unknown size.
        Three ``None`` come back, with a warning that lists what is missing, if not all can be told.

        Raises
        ------
        ShapeError
            If shapes contradict.
        MXNetError
            If a name is no argument's.
        """
        arguments, outputs, states = self._inferred(args, kwargs)
        missing = [
            f"{name}: {shape or ()}"
            for names, found in ((self.list_arguments(), arguments), (self.list_auxiliary_states(), states))
            for name, shape in zip(names, found, strict=True)
            if not shape or not is_known(shape)
        ]
        if missing or not all(is_known(shape) for shape in outputs):  # () is a single number, as split makes it
            warnings.warn(
                "infer_shape: not all shapes can be told; give those of these inputs (0 is an unknown size):\n  "
                + "\n  ".join(missing),
                stacklevel=2,
            )
            return None, None, None
        return arguments, outputs, states

    def infer_shape_partial(self, *args: Shape | None, **kwargs: Shape) -> tuple[list, list, list]:
        """Return what can be told of all shapes: 0 for an unknown size, ``()`` for an unknown shape."""
        arguments, outputs, states = self._inferred(args, kwargs)
        return [one or () for one in arguments], [one or () for one in outputs], [one or () for one in states]

    def _inferred(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list, list, list]:
        given = self._given("shape", args, kwargs)
        for key, shape in given.items():
            if not isinstance(shape, tuple | list):
                raise TypeError(f"infer_shape({key}={shape!r}): needs a shape, a tuple of sizes")
        found = infer_shapes(
            self._heads, {key: tuple(max(int(size), 0) for size in shape) for key, shape in given.items()}
        )
        arguments, states = self._variables()
        return (
            [found.get((node, 0)) for node in arguments],
            [found.get(head) for head in self._heads],
            [found.get((node, 0)) for node in states],
        )

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[list | None, list | None, list | None]:
        """Return the NumPy types of arguments, outputs and auxiliary states; three ``None`` if not all can be told.

        Raises
        ------
        DTypeError
            If types contradict.
        """
        found = self.infer_type_partial(*args, **kwargs)
        return (None, None, None) if any(one is None for types in found for one in types) else found

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[list, list, list]:
        """Return what can be told of all NumPy types: ``None`` for an unknown one."""
        import numpy as np

        given = {key: dtypes.name_of(value) for key, value in self._given("type", args, kwargs).items()}
        found = infer_types(self._heads, given)
        arguments, states = self._variables()
        entries = ([(node, 0) for node in arguments], self._heads, [(node, 0) for node in states])
        names = [[found.get(entry) for entry in one] for one in entries]
        types = [[None if name is None else np.dtype(name).type for name in one] for one in names]
        return types[0], types[1], types[2]

    def _given(self, what: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if args and kwargs:
            raise ValueError(f"infer_{what}: {what}s given by position and by name; give all of them one way")
        names = self.list_arguments()
        if len(args) > len(names):
            raise ValueError(f"infer_{what}: {len(args)} {what}s given; there are {len(names)} arguments")
        given = {key: value for key, value in zip(names, args, strict=False) if value is not None} or dict(kwargs)
        known = {*names, *self.list_auxiliary_states()}
        for key in given:
            if key not in known:
                hint = suggest(key, known)
                raise MXNetError(f"infer_{what}: {self!r} has no argument {key!r}; "
                                 f"{hint + '  ' if hint else ''}arguments: {', '.join(names)}")  # fmt: skip
        return given

    # ---- writing

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """Return the graph as MXNet's symbol JSON, without the casts of automatic mixed precision unless asked."""
        return json_file.dumps(without_casts(self._heads) if remove_amp_cast else self._heads)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write the graph's JSON to a file, whole or not at all."""
        json_file.write(fname, self.tojson(remove_amp_cast))

    def debug_str(self) -> str:
        """Return a listing of the graph for reading, in MXNet's form."""
        return _listing(self._heads)

    # ---- running: the only two calls from this floor to a higher one

    def bind(self, ctx: Any, args: Any, args_grad: Any = None, grad_req: Any = "write", aux_states: Any = None,
             group2ctx: Any = None, shared_exec: Any = None) -> "Executor":  # fmt: skip
        """Return an executor over the caller's arrays; see ``symcli.executor.bind.bind``."""
        from symcli.executor.bind import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states)

    def simple_bind(self, ctx: Any, grad_req: Any = "write", type_dict: Any = None, stype_dict: Any = None,
                    group2ctx: Any = None, shared_arg_names: Any = None, shared_exec: Any = None,
                    shared_buffer: Any = None, **kwargs: Shape) -> "Executor":  # fmt: skip
        """Return an executor over new arrays of the inferred shapes; see ``symcli.executor.bind.simple_bind``."""
        from symcli.executor.bind import simple_bind

        return simple_bind(self, ctx, grad_req, type_dict, shared_exec, kwargs)

    def eval(self, ctx: Any = None, **kwargs: Any) -> list:
        """Bind to the given arrays, run forward once and return the outputs."""
        return self.bind(ctx, kwargs, grad_req="null").forward()


def Variable(name: str, attr: dict[str, str] | None = None, shape: Any = None, lr_mult: Any = None,
             wd_mult: Any = None, dtype: Any = None, init: Any = None, stype: Any = None,
             profiler_scope: Any = None, **kwargs: Any) -> Symbol:  # fmt: skip
    """Return a variable: an input, a parameter, or an auxiliary state.

    Parameters
    ----------
    name : the variable's name.
    attr : attributes of any name; their values are texts.
    shape, dtype : known to inference (0 an unknown size).
    lr_mult, wd_mult : factors on learning rate and weight decay.
    init : an initializer, or its JSON text.
    kwargs : further attributes, named ``__like_this__``.

    Raises
    ------
    TypeError, ValueError
        If the name is no text, an attribute's value is none, or its name lacks the underscores.
    """
    if not isinstance(name, str):
        raise TypeError(f"Variable({name!r}): needs a name as text")
    attrs = attribute.current().get(attr)
    for key, value in attrs.items():
        if not isinstance(value, str):
            raise ValueError(f"Variable({name!r}): attribute {key}={value!r}: values are texts; write {str(value)!r}")
    attrs = {attribute.hide(key): value for key, value in attrs.items()}
    if dtype is not None:
        attrs["__dtype__"] = str(dtypes.CODES[dtypes.name_of(dtype)])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    extras = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult, "storage_type": stype}
    attrs |= {f"__{key}__": to_text(value) for key, value in extras.items() if value is not None}
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ValueError(
                f"Variable({name!r}): unknown keyword {key!r}; attributes are named __{key}__, or go to attr="
            )
        attrs[key] = to_text(value)
    return Symbol([(Node(None, name, attrs), 0)])


var = Variable


def Group(symbols: Sequence[Symbol]) -> Symbol:
    """Return one symbol with the outputs of all given ones.

    Raises
    ------
    TypeError, MXNetError
        If it is not given a list of symbols with at least one.
    """
    if isinstance(symbols, Symbol):
        raise MXNetError(f"Group({symbols!r}): needs a list of symbols; write Group([symbol])")
    if not symbols or not all(isinstance(symbol, Symbol) for symbol in symbols):
        raise TypeError("Group: needs a list of at least one symbol, and nothing else in it")
    return Symbol([head for symbol in symbols for head in symbol._heads])


def load_json(json_str: str) -> Symbol:
    """Return the symbol that a JSON text describes, of any MXNet version since 0.8.

    Raises
    ------
    MXNetError
        If it is no symbol JSON or names operators that do not exist.
    """
    if not isinstance(json_str, str):
        raise TypeError(f"load_json: got {type(json_str).__name__}; needs the JSON as text")
    return Symbol(json_file.loads(json_str))


def load(fname: str) -> Symbol:
    """Return the symbol saved in a file.

    Raises
    ------
    MXNetError
        If the file cannot be read or is no symbol JSON.
    """
    return Symbol(json_file.loads(json_file.read(fname)))


def _shown(node: Node) -> dict[str, str]:
    hidden = {key: f"__{key}__" for key in attribute.HIDDEN_KEYS}
    return {**node.attrs, **{key: node.attrs[text] for key, text in hidden.items() if text in node.attrs}}


def _listing(heads: Sequence[Entry]) -> str:
    lines = ["Symbol Outputs:", *(f"\toutput[{i}]={node.name}({k})" for i, (node, k) in enumerate(heads))]
    writes: dict[Node, int] = {}
    for node in topological(heads):
        if node.op is None:
            lines.append(f"Variable:{node.name}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
        for source, _ in node.auxiliary_inputs:
            writes[source] = writes.get(source, 0) + 1
        for i, (source, k) in enumerate(node.inputs):
            version = f" version={writes.get(source, 0)}" if source.op is None else ""
            lines.append(f"\targ[{i}]={source.name}({k}){version}")
        if node.attrs:
            lines += ["Attrs:", *(f"\t{key}={value}" for key, value in sorted(node.attrs.items()))]
    return "\n".join(lines) + "\n"


_OF_ARRAYS = {"as_in_context", "asnumpy", "asscalar", "backward", "copy", "copyto", "detach", "grad", "wait_to_read"}
_functions: dict[tuple[str, str], Callable[..., Symbol]] = {}


def _operator(key: str, public: str) -> Callable[..., Symbol]:
    """Return the function of an operator; symbols made by it are named after ``public``."""
    function = _functions.get((key, public))
    if function is None:
        function = symbol_function(key, public, lambda node, count: Symbol([(node, i) for i in range(count)]))
        function.__module__ = "symcli.symbol"
        _functions[key, public] = function
    return function


def _find(key: str, public: str) -> Callable[..., Symbol] | None:
    return _operator(key, public.removeprefix("_contrib_").removeprefix("_linalg_")) if key in REGISTRY else None


def __getattr__(key: str) -> Any:
    if key in NAMESPACES:
        globals()[key] = namespace("symcli.symbol", key, _find)
        return globals()[key]
    if key.startswith("__"):
        raise AttributeError(key)
    if key in __all__:  # these stand above symbols, and are not needed to make some
        return getattr(importlib.import_module("symcli.graph.creation"), key)
    # Not kept in globals(): an operator like max or slice would hide Python's from this module.
    found = _find(key, key)
    if found is None:
        hint = suggest(key, REGISTRY)
        raise AttributeError(f"module 'symcli.symbol' has no operator {key!r}; {hint or 'all of them: symcli ops'}")
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *NAMESPACES, *REGISTRY})


for _method in FLUENT - set(dir(Symbol)):
    setattr(Symbol, _method, Fluent(_method, lambda name: getattr(sys.modules[__name__], name)))
