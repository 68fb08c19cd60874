"""All layers over a whole sequence as one operator, RNN."""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symcli import ndarray
from symcli.errors import MXNetError
from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.cell import BaseRNNCell, RNNParams, States, Weights, taken
from symcli.rnn.cells import GRUCell, LSTMCell, RNNCell
from symcli.rnn.sequence import Steps, merged, normalised, time_axis
from symcli.rnn.stack import BidirectionalCell, DropoutCell, SequentialRNNCell

__all__ = ["FusedRNNCell"]

GATES = {"rnn_relu": ("",), "rnn_tanh": ("",), "lstm": ("_i", "_f", "_c", "_o"), "gru": ("_r", "_z", "_o")}


class FusedRNNCell(BaseRNNCell):
    """Layers of one kind as the operator RNN, whose parameters are one vector.

    Parameters
    ----------
    num_hidden, num_layers, mode, bidirectional : as the operator's.
    dropout : probability of an element between layers to be dropped in training.
    get_next_state : return the states after the last step.
    forget_bias : what the bias of LSTM's forget gate begins at.
    prefix : the mode and ``_`` if not given.
    """

    def __init__(self, num_hidden: int, num_layers: int = 1, mode: str = "lstm", bidirectional: bool = False,
                 dropout: float = 0.0, get_next_state: bool = False, forget_bias: float = 1.0,
                 prefix: str | None = None, params: RNNParams | None = None):  # fmt: skip
        if mode not in GATES:
            raise MXNetError(f"FusedRNNCell: there is no mode={mode!r}; choices: {', '.join(GATES)}")
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden, self._num_layers, self._mode = num_hidden, num_layers, mode
        self._bidirectional, self._dropout, self._get_next_state = bidirectional, dropout, get_next_state
        self._directions = ["l", "r"] if bidirectional else ["l"]
        kind = {"init": None, "num_hidden": num_hidden, "num_layers": num_layers, "mode": mode,
                "bidirectional": bidirectional, "forget_bias": forget_bias}  # fmt: skip
        self._parameter = self.params.get("parameters", init=json.dumps(["fusedrnn", kind]))

    @property
    def state_info(self) -> list[dict[str, Any]]:
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(2 if self._mode == "lstm" else 1)]

    @property
    def _gate_names(self) -> Sequence[str]:
        return GATES[self._mode]

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        """As every cell's; TNC is the operator's own layout, NTC is transposed to it and back."""
        self.reset()
        axis = time_axis(layout)
        data = merged(inputs, length, axis)
        if axis == 1:
            warnings.warn("FusedRNNCell.unroll: layout NTC is transposed to TNC and back; TNC is faster", stacklevel=2)
            data = symbol.swapaxes(data, dim1=0, dim2=1)
        states = self.begin_state() if begin_state is None else begin_state
        given = dict(zip(("state", "state_cell"), states, strict=False))
        rnn = symbol.RNN(
            data=data, parameters=self._parameter, state_size=self._num_hidden, num_layers=self._num_layers,
            bidirectional=self._bidirectional, p=self._dropout, state_outputs=self._get_next_state, mode=self._mode,
            name=f"{self._prefix}rnn", **given,
        )  # fmt: skip
        outputs, *after = rnn
        for state in after:
            state._set_attr(__layout__="LNC")
        if axis == 1:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        return normalised(outputs, length, axis, merge_outputs), after

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        args = dict(args)
        vector = taken(args, str(self._parameter.name), "unpack_weights")
        h, gates, directions = self._num_hidden, len(self._gate_names), len(self._directions)
        upper = (self._num_layers - 1) * (h + directions * h + 2)
        num_input = vector.size // directions // h // gates - upper - h - 2
        if num_input < 1 or self._size(num_input) != vector.size:
            least, more = self._size(1), self._size(2) - self._size(1)
            raise MXNetError(
                f"unpack_weights: {self._parameter.name} has {vector.size} elements; {self._num_layers} layers of {h} "
                f"units, mode={self._mode}, need {least}, and {more} for each further input"
            )
        for name, start, shape in self._pieces(num_input):
            args[name] = vector[start : start + _count(shape)].reshape(shape).copy()
        return args

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        args = dict(args)
        first = f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"
        weight = taken(dict(args), first, "pack_weights")
        vector = ndarray.zeros((self._size(weight.shape[1]),), ctx=weight.context, dtype=weight.dtype)
        for name, start, shape in self._pieces(weight.shape[1]):
            vector[start : start + _count(shape)] = taken(args, name, "pack_weights").reshape((-1,))
        args[str(self._parameter.name)] = vector
        return args

    def _size(self, num_input: int) -> int:
        *_, (_, start, shape) = self._pieces(num_input)
        return start + _count(shape)

    def _pieces(self, num_input: int) -> Iterator[tuple[str, int, tuple[int, ...]]]:
        """Yield the name of each gate's weight and bias, its place in the vector, and its shape."""
        h, start = self._num_hidden, 0
        for kind in ("weight", "bias"):
            for layer in range(self._num_layers):
                below = len(self._directions) * h if layer else num_input
                for direction in self._directions:
                    for group, size in (("i2h", below), ("h2h", h)):
                        for gate in self._gate_names:
                            shape = (h, size) if kind == "weight" else (h,)
                            yield f"{self._prefix}{direction}{layer}_{group}{gate}_{kind}", start, shape
                            start += _count(shape)

    def unfuse(self) -> SequentialRNNCell:
        """Return the same layers as a stack of cells; ``unpack_weights`` here and ``pack_weights`` there convert."""
        stack = SequentialRNNCell()
        for i in range(self._num_layers):
            cells = [self._cell(f"{self._prefix}{direction}{i}_") for direction in self._directions]
            if self._bidirectional:
                stack.add(BidirectionalCell(cells[0], cells[1], output_prefix=f"{self._prefix}bi_l{i}_"))
            else:
                stack.add(cells[0])
            if self._dropout > 0 and i < self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{i}_"))
        return stack

    def _cell(self, prefix: str) -> BaseRNNCell:
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix)


def _count(shape: Sequence[int]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)
