"""Loops and branches of symbols: ``mx.sym.contrib.foreach`` and its like.

The functions that users give are called once, with variables; what they return becomes a graph inside one node.
What such a graph reads from outside is cut there and becomes an input of the node. Names, order and attributes are
MXNet's (``python/mxnet/symbol/contrib.py``, ``MXSymbolCutSubgraph`` in ``src/c_api/c_api_symbolic.cc``).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from symcli.errors import MXNetError
from symcli.graph import attribute
from symcli.graph.attribute import AttrScope
from symcli.graph.functions import compose
from symcli.graph.node import Entry, Node, topological
from symcli.graph.subgraph import Subgraph
from symcli.graph.symbol import Group, Symbol, Variable, _operator
from symcli.ops import get

__all__ = ["cond", "foreach", "while_loop"]

_MARK = "__subgraph_name__"
_counts: Counter[str] = Counter()


def foreach(body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any, name: str = "foreach") -> Any:
    """Make a loop over the first axis of data.

    Parameters
    ----------
    body : gets a slice of data and the states, returns an output and the next states; it is called once.
    data, init_states : a symbol or a nested list of symbols; ``body`` gets and returns the same form.

    Returns
    -------
    The outputs of all steps, stacked along a new first axis, and the last states.

    Raises
    ------
    MXNetError
        If something else than symbols is given or returned.
    ValueError
        If the states do not keep their form, or the body does not use a slice or a state.
    """
    whole, states = _flat(data, "data"), _flat(init_states, "init_states")
    inner = _Scope(name)
    with inner:
        rows, before = inner.variables(whole), inner.variables(states)
        out, new = body(_formed(iter(rows), data), _formed(iter(before), init_states))
        outputs, after = _flat(out, "the output of body"), _flat(new, "the states that body returns")
        if _form(new) != _form(init_states):
            raise ValueError(f"foreach: body returned {len(after)} states as {_form(new)}; needs the form of "
                             f"init_states, {_form(init_states)}")  # fmt: skip
        graph, cut = inner.graph(outputs, after)
    names = graph.inputs()
    data_names, state_names = [_inner_name(one) for one in whole], [_inner_name(one) for one in states]
    for what, needed in (("slice", data_names), ("state", state_names)):
        for one in needed:
            if one not in names:
                raise ValueError(f"foreach: body does not use the {what} {one!r}; leave it out, or let body return it")
    remaining = [i for i, one in enumerate(names) if one not in (*data_names, *state_names)]
    texts = {
        "num_outputs": len(outputs) + len(after), "num_out_data": len(outputs),
        "in_state_locs": [names.index(one) for one in state_names],
        "in_data_locs": [names.index(one) for one in data_names],
        "remain_locs": remaining,
    }  # fmt: skip
    inputs = [one._heads[0] for one in (*whole, *states)] + [_outer(graph, cut, i) for i in remaining]
    made = iter(_made("_foreach", [graph], inputs, texts))
    return _formed(made, out), _formed(made, init_states)


def while_loop(cond: Callable[..., Any], func: Callable[..., tuple[Any, Any]], loop_vars: Any,
               max_iterations: int | None = None, name: str = "while_loop") -> Any:  # fmt: skip
    """Make a loop that runs while a condition holds.

    Parameters
    ----------
    cond : gets the variables, returns a symbol of one number.
    func : gets the variables, returns an output and the next variables; both are called once.
    loop_vars : a symbol or a nested list of symbols.
    max_iterations : the largest number of steps.

    Returns
    -------
    The outputs of all steps, stacked along a new first axis of size ``max_iterations``, 0 where no step was made
    (MXNet leaves these undefined), and the last variables.

    Raises
    ------
    MXNetError
        If something else than symbols is given or returned.
    ValueError
        If ``max_iterations`` is missing, or there are no variables, or their number changes, or ``func`` does not
        use one.
    """
    if max_iterations is None:
        raise ValueError("while_loop: max_iterations is missing; give the largest number of iterations")
    variables = _flat(loop_vars, "loop_vars")
    if not variables:
        raise ValueError("while_loop: loop_vars is empty; needs one symbol at least")
    given = [loop_vars] if isinstance(loop_vars, Symbol) else loop_vars

    inner = _Scope(f"{name}_cond")
    with inner:
        tested = cond(*_formed(iter(inner.variables(variables)), given))
        condition, cond_cut = inner.graph(_flat(tested, "what cond returns"), [], False)
    if len(condition.heads) != 1:
        raise ValueError(f"while_loop: cond returned {len(condition.heads)} outputs; needs one number")
    inner = _Scope(f"{name}_func")
    with inner:
        out, new = func(*_formed(iter(inner.variables(variables)), given))
        out, new = [] if out is None else out, [] if new is None else new
        outputs, after = _flat(out, "the output of func"), _flat(new, "the variables that func returns")
        if len(after) != len(variables):
            raise ValueError(f"while_loop: func returned {len(after)} variables; loop_vars has {len(variables)}")
        graph, func_cut = inner.graph(outputs, after, False)

    inputs: list[Entry] = []
    known = {_inner_name(one): one._heads[0] for one in variables}
    cond_places = _places(condition, cond_cut, inputs, known)
    func_places = _places(graph, func_cut, inputs, known)
    for one in variables:
        if _inner_name(one) not in graph.inputs():
            raise ValueError(f"while_loop: func does not use the variable {one.name!r}; let it return it at least")
    texts = {
        "max_iterations": int(max_iterations), "cond_input_locs": cond_places, "func_input_locs": func_places,
        "func_var_locs": [graph.inputs().index(_inner_name(one)) for one in variables],
        "num_out_data": len(outputs), "num_outputs": len(outputs) + len(after),
    }  # fmt: skip
    made = iter(_made("_while_loop", [condition, graph], inputs, texts))
    return _formed(made, out), _formed(made, loop_vars)


def cond(pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """Make a branch: the outputs of ``then_func`` where ``pred``, a number, is not 0, else those of ``else_func``.

    Raises
    ------
    MXNetError
        If something else than symbols is given or returned.
    ValueError
        If ``pred`` has several outputs, or the branches have different numbers of outputs.
    """
    graphs, cuts, forms = [], [], []
    functions: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("pred", lambda: pred), ("then", then_func), ("else", else_func))  # fmt: skip
    for part, function in functions:
        inner = _Scope(f"{name}_{part}")
        with inner:
            forms.append(function())
            graph, cut = inner.graph(_flat(forms[-1], f"the output of {part}"), [], False)
        graphs.append(graph)
        cuts.append(cut)
    counts = [len(graph.heads) for graph in graphs]
    if counts[0] != 1:
        raise ValueError(f"cond: pred has {counts[0]} outputs; needs one number")
    if counts[1] != counts[2]:
        raise ValueError(f"cond: then_func returned {counts[1]} outputs, else_func {counts[2]}; needs as many")
    inputs: list[Entry] = []
    places = []
    for graph, cut in zip(graphs, cuts, strict=True):
        places.append(_places(graph, cut, inputs, {node.name: (node, i) for node, i in inputs}))
    texts = {"cond_input_locs": places[0], "then_input_locs": places[1], "else_input_locs": places[2],
             "num_outputs": counts[1]}  # fmt: skip
    return _formed(iter(_made("_cond", graphs, inputs, texts)), forms[1])


class _Scope:
    """The nodes made inside are marked as those of one subgraph."""

    def __init__(self, name: str):
        outer = attribute.current().get(None).get(_MARK, "")
        base = f"{outer}${name}" if outer else name
        self.name = f"{base}{_counts[base]}"
        _counts[base] += 1
        self._attributes = AttrScope(**{_MARK: self.name})

    def __enter__(self) -> None:
        self._attributes.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._attributes.__exit__(*error)

    def variables(self, outer: Sequence[Symbol]) -> list[Symbol]:
        """Return a variable for each symbol, which stands for it inside."""
        return [Variable(_inner_name(one)) for one in outer]

    def graph(self, outputs: Sequence[Symbol], states: Sequence[Symbol],
              is_foreach: bool = True) -> tuple[Subgraph, dict[str, Entry]]:  # fmt: skip
        """Return the graph of what was made inside, and what was cut off from it: input -> entry outside.

        An output that is an input, or was made outside, or twice a head, is copied inside.
        """
        if not outputs and not states:
            raise MXNetError("a loop or branch without any output; return one symbol at least")
        whole = [*outputs, *states]
        taken = set(Group(whole).list_inputs())
        names = {one.name for one in outputs} if is_foreach else set()

        def inside(one: Symbol, used: set[Any]) -> Symbol:
            marked = one._heads[0][0].attrs.get(_MARK, "") == self.name
            return one if marked and one.name not in used else _operator("identity", "identity")(one)

        heads = [inside(one, taken)._heads[0] for one in outputs]
        heads += [inside(one, taken | names)._heads[0] for one in states]
        cut = self._cut(heads)
        graph = Subgraph(heads)
        twice = sorted(name for name, count in Counter(graph.inputs()).items() if count > 1)
        if twice:
            raise MXNetError(f"{self.name}: several inputs of the body are named {', '.join(twice)}; give each symbol "
                             "that the body reads a name of its own")  # fmt: skip
        return graph, cut

    def _cut(self, heads: Sequence[Entry]) -> dict[str, Entry]:
        """Put variables in place of what nodes inside read from outside."""
        replaced: dict[Entry, Node] = {}
        cut: dict[str, Entry] = {}
        for node in topological(heads):
            if node.attrs.get(_MARK) != self.name:
                continue
            for k, entry in enumerate(node.inputs):
                source, i = entry
                if source.attrs.get(_MARK) == self.name:
                    continue
                if entry not in replaced:
                    replaced[entry] = Node(None, source.output_name(i))
                    cut[replaced[entry].name] = entry
                node.inputs[k] = (replaced[entry], 0)
        return cut


def _places(graph: Subgraph, cut: dict[str, Entry], inputs: list[Entry], known: dict[str, Entry]) -> list[int]:
    """Return which inputs of the node a graph reads; those that are not there yet are added."""
    places = []
    for i, name in enumerate(graph.inputs()):
        entry = known[name] if name in known else _outer(graph, cut, i)
        if entry not in inputs:
            inputs.append(entry)
        elif name not in known:  # MXNet lists what two graphs cut off twice
            inputs.append(entry)
            places.append(len(inputs) - 1)
            continue
        places.append(inputs.index(entry))
    return places


def _outer(graph: Subgraph, cut: dict[str, Entry], i: int) -> Entry:
    """Return what an input of a graph is outside: what was cut off there, or a copy of a variable made inside."""
    node = graph.variables[i]
    return cut[node.name] if node.name in cut else (Node(None, node.name, dict(node.attrs)), 0)


def _made(key: str, graphs: Sequence[Subgraph], inputs: Sequence[Entry], texts: dict[str, Any]) -> list[Symbol]:
    """Return the outputs of a new node."""
    cls = get(key)
    texts = {"num_args": len(graphs) + len(inputs), **texts}
    node = compose(cls, key, {f"arg{i}": entry for i, entry in enumerate(inputs)},
                   {name: str(value) for name, value in texts.items()}, None, None, graphs)  # fmt: skip
    return [Symbol([(node, i)]) for i in range(node.num_visible_outputs)]


def _inner_name(one: Symbol) -> str:
    node, i = one._heads[0]
    return f"{node.name}-{i}"


def _flat(symbols: Any, what: str) -> list[Symbol]:
    """Return the symbols of a nested list in order, each with one output."""
    if isinstance(symbols, Symbol):
        return list(symbols)
    if not isinstance(symbols, list | tuple):
        raise MXNetError(f"{what} is a {type(symbols).__name__}; needs a Symbol or a list of Symbols")
    return [one for part in symbols for one in _flat(part, what)]


def _form(symbols: Any) -> Any:
    """Return how nested lists are formed: the number of outputs where a symbol stands."""
    return len(symbols) if isinstance(symbols, Symbol) else [_form(part) for part in symbols]


def _formed(symbols: Any, form: Any) -> Any:
    """Return symbols in the nested lists that ``form`` has."""
    if isinstance(form, Symbol):
        return next(symbols) if len(form) == 1 else [next(symbols) for _ in form]
    return [_formed(symbols, part) for part in form]
