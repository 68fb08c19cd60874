"""What training and prediction of a network take of memory, as planned before anything is compiled or run."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from symcli.shapes import Shape

if TYPE_CHECKING:
    from symcli.graph.symbol import Symbol

__all__ = ["footprint"]


def footprint(symbol: "Symbol", shapes: Mapping[str, Shape], types: Mapping[str, str], inputs: Collection[str],
              is_train: bool) -> dict[str, int]:  # fmt: skip
    """Return the bytes of each kind of array, and ``total``.

    ``parameters``; ``gradients`` and ``momentum``, of SGD, one of each for a parameter; ``auxiliary_states``;
    ``inputs``, data and labels; ``outputs``; ``arena``, in which values, gradients on their way and scratch take
    turns; ``kept``, weights in other forms that prediction makes once. The process's own memory and batches read
    ahead come on top.

    Parameters
    ----------
    shapes, types : of the variables that shapes and types of the others follow from.
    inputs : the names of data and labels, which have no gradient.
    """
    from symcli.executor.bind import simple_bind

    names = symbol.list_arguments()
    requests = {name: "null" if name in inputs or not is_train else "write" for name in names}
    bound = simple_bind(symbol, None, requests, types, None, shapes)
    planned = bound.memory(is_train)
    given = sum(bound.arg_dict[name]._data.nbytes for name in names if name in inputs)
    parameters = planned["arguments"] - given
    found = {
        "parameters": parameters, "gradients": planned["gradients"], "momentum": planned["gradients"],
        "auxiliary_states": planned["auxiliary_states"], "inputs": given, "outputs": planned["outputs"],
        "arena": planned["arena"], "kept": planned["kept"],
    }  # fmt: skip
    return {**found, "total": sum(found.values())}
