"""Sequences of symbols: one symbol with an axis of time, or a list with one symbol for each step."""

from collections.abc import Sequence

from symcli.errors import MXNetError
from symcli.graph import symbol
from symcli.graph.symbol import Symbol

__all__ = ["Steps", "merged", "normalised", "split", "time_axis"]

Steps = Symbol | list[Symbol]


def time_axis(layout: str) -> int:
    """Return the place of T in a layout: 1 for NTC, 0 for TNC.

    Raises
    ------
    MXNetError
        If the layout has no T.
    """
    if "T" not in layout:
        raise MXNetError(f"layout={layout!r} has no axis of time; needs NTC or TNC")
    return layout.index("T")


def split(sequence: Symbol | Sequence[Symbol], length: int, axis: int) -> list[Symbol]:
    """Return the steps of a sequence as a list.

    Raises
    ------
    MXNetError
        If there are no symbols, several outputs in one symbol, or not as many steps as ``length``.
    """
    if sequence is None:
        raise MXNetError("unroll: inputs is None; needs a symbol, or a list with one for each step")
    if not isinstance(sequence, Symbol):
        if len(sequence) != length:
            raise MXNetError(f"unroll: inputs has {len(sequence)} steps; needs length={length}")
        return list(sequence)
    if len(sequence) != 1:
        raise MXNetError(f"unroll: inputs is a group of {len(sequence)}; needs one output, or list(inputs)")
    return list(symbol.split(sequence, axis=axis, num_outputs=length, squeeze_axis=1))


def merged(sequence: Symbol | Sequence[Symbol], length: int, axis: int) -> Symbol:
    """Return a sequence as one symbol with the steps along ``axis``."""
    if isinstance(sequence, Symbol):
        return sequence
    steps = split(sequence, length, axis)
    return symbol.Concat(*[symbol.expand_dims(step, axis=axis) for step in steps], dim=axis)


def normalised(sequence: Symbol | Sequence[Symbol], length: int, axis: int, merge: bool | None) -> Steps:
    """Return a sequence as one symbol, as a list, or (``None``) as it is."""
    if merge is None and sequence is not None:
        return sequence if isinstance(sequence, Symbol) else split(sequence, length, axis)
    return merged(sequence, length, axis) if merge else split(sequence, length, axis)
