"""One trial run of a network: every array filled, forward once, backward if asked for."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symcli.data import npz
from symcli.errors import DataError, suggest
from symcli.executor import Executor
from symcli.graph.node import Node
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load, random
from symcli.ndarray.context import cpu
from symcli.shapes import text
from symcli.spec.shaped import Shaped
from symcli.train.initializer import InitDesc, Initializer, Uniform, Xavier
from symcli.train.registry import get_registry

__all__ = ["FILLS", "Statistics", "Trial", "filled", "heads", "read_arrays", "statistics", "trial"]

FILLS = ("initial", "normal", "ones", "zeros")

# What an input is filled with that holds no measurements: class numbers and indices 0, lengths 1.
_NUMBERS = {"label": 0, "indices": 0, "index": 0, "length": 1, "sequence_length": 1}


@dataclass
class Trial:
    """What came out.

    Attributes
    ----------
    outputs, gradients : arrays by name.
    filled : the names of the variables that no file gave.
    """

    outputs: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Statistics:
    """Of the finite elements of an array; ``not_finite`` counts the others. NaN if there are none."""

    mean: float
    deviation: float
    smallest: float
    largest: float
    not_finite: int


def statistics(array: np.ndarray) -> Statistics:
    """Return the statistics of an array, computed in float64."""
    finite = array[np.isfinite(array)].astype(np.float64)
    if not finite.size:
        nan = float("nan")
        return Statistics(nan, nan, nan, nan, array.size)
    return Statistics(float(finite.mean()), float(finite.std()), float(finite.min()), float(finite.max()),
                      array.size - finite.size)  # fmt: skip


def read_arrays(path: str) -> dict[str, np.ndarray]:
    """Return the arrays of an ``.npz`` or ``.params`` file by name, without ``arg:`` and ``aux:``.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, holds Python objects, or its arrays have no names.
    """
    if path.endswith(".npz"):
        found = npz.read_arrays(path)
    else:
        loaded = load(path)
        if isinstance(loaded, list):
            raise DataError(f"{path}: its {len(loaded)} arrays have no names; save a dictionary of them", path)
        found = {name: array.asnumpy() for name, array in loaded.items()}
    return {name.removeprefix("arg:").removeprefix("aux:"): array for name, array in found.items()}


def trial(shaped: Shaped, outputs: Symbol | None = None, fill: str = "initial", seed: int = 0, grad: bool = False,
          arrays: Mapping[str, tuple[str, np.ndarray]] | None = None) -> Trial:  # fmt: skip
    """Run a network once.

    Parameters
    ----------
    outputs : what to compute, outputs of nodes of the network; by default the network's.
    fill : for variables that ``arrays`` lacks. "initial": parameters by their initializers (Xavier for those
        that have none), inputs normal; "normal": mean 0 and deviation 1; "ones"; "zeros". Auxiliary states
        get their initial values, class numbers and indices 0, lengths 1 in any case.
    seed : of all random numbers; the values of a variable depend on it and on the variable's name alone.
    grad : also run backward, in training mode; an output that is no loss is given a gradient of ones.
    arrays : the file and the array of variables, by name.

    Raises
    ------
    DataError
        If an array belongs to no variable, or has another shape.
    """
    symbol = shaped.network.symbol if outputs is None else outputs
    bound, names = filled(shaped, symbol, fill, seed, grad, arrays)
    answer = Trial({}, filled=names)
    bound.forward(is_train=grad)
    answer.outputs = {name: array.asnumpy() for name, array in bound.output_dict.items()}
    if grad:
        bound.backward(heads(bound))
        answer.gradients = {name: array.asnumpy() for name, array in bound.grad_dict.items() if array is not None}
    return answer


def filled(shaped: Shaped, symbol: Symbol, fill: str = "initial", seed: int = 0, grad: bool = False,
           arrays: Mapping[str, tuple[str, np.ndarray]] | None = None) -> tuple[Executor, list[str]]:  # fmt: skip
    """Return a symbol of a network bound to arrays with values, and the variables that no file gave.

    The parameters are those of ``trial``; ``grad`` says whether gradients are wanted.
    """
    arrays = arrays or {}
    roles = shaped.roles()
    _check(shaped, {node.name: node for node in roles}, arrays)
    nodes, states = symbol._variables()
    types = {node.name: shaped.type_of((node, 0)) for node in (*nodes, *states)}
    wanted = {node.name: "write" if grad and roles[node] in ("input", "parameter") and _is_real(types[node.name])
              else "null" for node in nodes}  # fmt: skip
    bound = symbol.simple_bind(cpu(), wanted, types, **{n.name: shaped.shapes.known[n, 0] for n in (*nodes, *states)})
    numbers, made_up = _numbers(shaped), []
    for node, array in zip([*nodes, *states], [*bound.arg_arrays, *bound.aux_arrays], strict=True):
        if node.name in arrays:
            array[:] = arrays[node.name][1]
            continue
        made_up.append(node.name)
        random.seed(seed ^ zlib.crc32(node.name.encode()))
        _fill(node, array, "state" if node in states else roles[node], fill, numbers)
    random.seed(seed)
    return bound, made_up


def _check(shaped: Shaped, known: Mapping[str, Node], arrays: Mapping[str, tuple[str, np.ndarray]]) -> None:
    for name, (path, array) in arrays.items():
        if name not in known:
            hint = suggest(name, known) or f"variables: {', '.join(list(known)[:10])}"
            raise DataError(f"{path}: {shaped.network.name} has no variable {name!r}; {hint}", path)
        needed = shaped.shapes.known[known[name], 0]
        if array.shape != needed:
            raise DataError(f"{path}: {name} is {text(array.shape)}; {shaped.network.name} needs {text(needed)}", path)
        if array.dtype.kind not in "fiub":
            raise DataError(f"{path}: {name} holds {array.dtype}; needs numbers", path)


def _is_real(dtype: str) -> bool:
    return dtype.startswith("float")


def _numbers(shaped: Shaped) -> dict[Node, int]:
    """Return the variables that hold class numbers, indices or lengths, and what fills them."""
    found = {node: 0 for node, role in shaped.roles().items() if role == "label"}
    for node in shaped.shapes.nodes:
        if node.op is None:
            continue
        for slot, (source, _) in zip(node.op.list_arguments(), node.inputs, strict=False):
            if node.op.name == "Embedding" and slot == "data":
                found[source] = 0
            elif slot in _NUMBERS:
                found[source] = _NUMBERS[slot]
    return found


def _fill(node: Node, array: NDArray, role: str, fill: str, numbers: Mapping[Node, int]) -> None:
    if node in numbers and node.op is None:
        array[:] = numbers[node]
    elif role == "state" or (role == "parameter" and fill == "initial"):
        _initial(node, array)
    elif fill in ("ones", "zeros"):
        array[:] = float(fill == "ones")
    elif _is_real(array._data.dtype.name):
        random.normal(0, 1, out=array, shape=array.shape)
    else:
        array[:] = 0


def _initial(node: Node, array: NDArray) -> None:
    """Fill a parameter or state by its own initializer, else as its name says, else as a weight."""
    weights = Xavier() if array.ndim > 1 else Uniform()
    if _names_initializer(node) or node.name.endswith(("weight", "bias", "gamma", "beta")):
        weights(InitDesc(node.name, node.attrs if _names_initializer(node) else {}), array)
    else:
        weights._init_weight(node.name, array)


def _names_initializer(node: Node) -> bool:
    """Whether a variable names an initializer that there is; programs may have saved names of their own."""
    text = node.attrs.get("__init__", "")
    try:
        name = json.loads(text)[0] if text.startswith("[") else text
    except (ValueError, IndexError):
        return False
    return str(name).lower() in get_registry(Initializer)


def heads(bound: Executor) -> Sequence[NDArray | None]:
    """Return a gradient of ones for each output that is no loss."""
    given: list[NDArray | None] = []
    for (node, _), output in zip(bound._symbol._heads, bound.outputs, strict=True):
        needs_none = node.op is not None and (node.op.is_loss or node.op.gradient == "zero")
        given.append(None if needs_none else NDArray(np.ones_like(output._data), output.context))
    return given
