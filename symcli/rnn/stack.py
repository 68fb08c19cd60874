"""Cells made of other cells, one upon the other or two in opposite directions, and the one that drops between them."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from symcli.errors import MXNetError
from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.cell import BaseRNNCell, RNNParams, States, Weights
from symcli.rnn.sequence import Steps, normalised, split, time_axis

__all__ = ["BidirectionalCell", "DropoutCell", "SequentialRNNCell"]


class _Composed(BaseRNNCell):
    """States and weights are those of all cells in turn."""

    def __init__(self, params: RNNParams | None):
        super().__init__("", params)
        self._override_cell_params = params is not None

    def _adopt(self, cell: BaseRNNCell) -> None:
        if self._override_cell_params:
            if not cell._own_params:
                raise MXNetError(f"{type(self).__name__}: its cell and itself are given params; give one of them")
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)
        self._cells.append(cell)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> States:
        self._check_unmodified()
        return [state for cell in self._cells for state in cell.begin_state(func, **kwargs)]

    def _with_states(self, states: Sequence[Any]) -> list[tuple[BaseRNNCell, list[Any]]]:
        """Give each cell its part of the states."""
        parts, place = [], 0
        for cell in self._cells:
            count = len(cell.state_info)
            parts.append((cell, list(states[place : place + count])))
            place += count
        return parts

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return dict(args)

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        for cell in self._cells:
            args = cell.pack_weights(args)
        return dict(args)


class SequentialRNNCell(_Composed):
    """Cells one upon the other: the output of each is the input of the next."""

    def __init__(self, params: RNNParams | None = None):
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on top.

        Raises
        ------
        MXNetError
            If the stack was given ``params`` and the cell shares its own already.
        """
        self._adopt(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        self._counter += 1
        after: States = []
        for cell, own in self._with_states(states):
            inputs, own = cell(inputs, own)
            after += own
        return inputs, after

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        after: States = []
        for cell, own in self._with_states(states):
            merge = merge_outputs if cell is self._cells[-1] else None
            inputs, own = cell.unroll(length, inputs, own, layout, merge)
            after += own
        return inputs, after  # type: ignore[return-value]


class BidirectionalCell(_Composed):
    """Two cells, of which the second reads the sequence from its end on; outputs (N, H + H) side by side."""

    def __init__(self, l_cell: BaseRNNCell, r_cell: BaseRNNCell, params: RNNParams | None = None,
                 output_prefix: str = "bi_"):  # fmt: skip
        super().__init__(params)
        self._output_prefix = output_prefix
        self._adopt(l_cell)
        self._adopt(r_cell)

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        """As every cell's, but the states come as two lists, one for each direction."""
        self.reset()
        axis = time_axis(layout)
        steps = split(inputs, length, axis)
        states = self.begin_state() if begin_state is None else begin_state
        (forth, forth_state), (back, back_state) = self._with_states(states)
        ahead, ahead_states = forth.unroll(length, steps, forth_state, layout, merge_outputs)
        behind, behind_states = back.unroll(length, steps[::-1], back_state, layout, merge_outputs)
        if merge_outputs is None:
            merge_outputs = isinstance(ahead, Symbol) and isinstance(behind, Symbol)
        if merge_outputs:
            turned = symbol.reverse(behind, axis=axis)
            outputs = symbol.Concat(ahead, turned, dim=2, name=f"{self._output_prefix}out")
        else:
            pairs = zip(_list(ahead, length, axis), _list(behind, length, axis)[::-1], strict=True)
            outputs = [symbol.Concat(*pair, dim=1, name=f"{self._output_prefix}t{i}") for i, pair in enumerate(pairs)]
        return outputs, [ahead_states, behind_states]


def _list(outputs: Steps, length: int, axis: int) -> list[Symbol]:
    if isinstance(outputs, Symbol):
        return list(symbol.SliceChannel(outputs, axis=axis, num_outputs=length, squeeze_axis=1))
    return outputs


class DropoutCell(BaseRNNCell):
    """Drops elements of its input in training with probability ``dropout``; it has no states."""

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None):
        super().__init__(prefix, params)
        if not isinstance(dropout, Real):
            raise MXNetError(f"DropoutCell: dropout={dropout!r}; needs a probability, a number from 0 to 1")
        self.dropout: float = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        output = symbol.Dropout(data=inputs, p=self.dropout) if self.dropout > 0 else inputs
        return output, list(states)

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        self.reset()
        steps = normalised(inputs, length, time_axis(layout), merge_outputs)
        if isinstance(steps, Symbol):
            return self(steps, [])
        return super().unroll(length, steps, begin_state, layout, merge_outputs)
