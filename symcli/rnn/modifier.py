"""Cells that change what another cell gives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symcli.errors import MXNetError
from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.cell import BaseRNNCell, RNNParams, States, Weights
from symcli.rnn.fused import FusedRNNCell
from symcli.rnn.sequence import Steps, normalised, time_axis
from symcli.rnn.stack import BidirectionalCell

__all__ = ["ModifierCell", "ResidualCell", "ZoneoutCell"]


class ModifierCell(BaseRNNCell):
    """The base of cells around another one, which from then on is to be called through them only."""

    def __init__(self, base_cell: BaseRNNCell):
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return self.base_cell.state_info

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> States:
        """As every cell's; ``func`` may be called ``init_sym`` here, as in MXNet."""
        self._check_unmodified()
        func = kwargs.pop("init_sym", func)
        self.base_cell._modified = False
        try:
            return self.base_cell.begin_state(func, **kwargs)
        finally:
            self.base_cell._modified = True

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """In training each element keeps its value of the step before with a probability (Krueger et al., 2016).

    Parameters
    ----------
    base_cell : a cell that can be stepped.
    zoneout_outputs, zoneout_states : the probabilities, of outputs and of states.

    Raises
    ------
    MXNetError
        If the cell cannot be stepped.
    """

    def __init__(self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0):
        if isinstance(base_cell, FusedRNNCell):
            raise MXNetError("ZoneoutCell around FusedRNNCell, which has no steps; needs base_cell.unfuse()")
        if isinstance(base_cell, BidirectionalCell):
            raise MXNetError("ZoneoutCell around BidirectionalCell, which has no steps; put it around its two cells")
        self.prev_output: Symbol | None = None
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states

    def reset(self) -> None:
        super().reset()
        self.prev_output = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        output, after = self.base_cell(inputs, states)
        before = symbol.zeros((0, 0)) if self.prev_output is None else self.prev_output
        if self.zoneout_outputs:
            output = _either(self.zoneout_outputs, output, before)
        if self.zoneout_states:
            after = [_either(self.zoneout_states, new, old) for new, old in zip(after, states, strict=True)]
        self.prev_output = output
        return output, after


def _either(p: float, new: Symbol, old: Symbol) -> Symbol:
    """The old value with probability p in training, else the new one."""
    return symbol.where(symbol.Dropout(symbol.ones_like(new), p=p), new, old)


class ResidualCell(ModifierCell):
    """Adds the input to the output (Wu et al., 2016): output = cell(inputs) + inputs."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        output, after = self.base_cell(inputs, states)
        return _plus_residual(output, inputs), after

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        self.reset()
        self.base_cell._modified = False
        try:
            outputs, after = self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        finally:
            self.base_cell._modified = True
        whole = isinstance(outputs, Symbol)
        given = normalised(inputs, length, time_axis(layout), whole)
        if isinstance(outputs, Symbol):
            return _plus_residual(outputs, given), after
        return [_plus_residual(output, step) for output, step in zip(outputs, given, strict=True)], after


def _plus_residual(output: Symbol, inputs: Any) -> Symbol:
    return symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
