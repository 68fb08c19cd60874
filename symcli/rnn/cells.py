"""The cells of one layer. Names of nodes and variables are MXNet 1.9.1's (``python/mxnet/rnn/rnn_cell.py``)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.cell import BaseRNNCell, RNNParams, States

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _GatedCell(BaseRNNCell):
    """A cell whose gates come from two products: ``i2h`` of the input and ``h2h`` of the state."""

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, **i2h_bias: Any):
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        self._iW = self.params.get("i2h_weight")
        self._hW = self.params.get("h2h_weight")
        self._iB = self.params.get("i2h_bias", **i2h_bias)
        self._hB = self.params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"}]

    def _next_step(self) -> str:
        """Return what the names of this step's nodes begin with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"

    def _products(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        size = self._num_hidden * len(self._gate_names)
        return (
            symbol.FullyConnected(data=inputs, weight=self._iW, bias=self._iB, num_hidden=size, name=f"{name}i2h"),
            symbol.FullyConnected(data=state, weight=self._hW, bias=self._hB, num_hidden=size, name=f"{name}h2h"),
        )


class RNNCell(_GatedCell):
    """The plain cell: h = activation(W x + b + U h + d).

    Parameters
    ----------
    num_hidden : the number of units.
    activation : the name of one (``tanh``, ``relu``), or a function of a symbol and ``name=``.
    """

    def __init__(self, num_hidden: int, activation: str | Callable[..., Symbol] = "tanh", prefix: str = "rnn_",
                 params: RNNParams | None = None):  # fmt: skip
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name = self._next_step()
        i2h, h2h = self._products(inputs, states[0], name)
        if isinstance(self._activation, str):
            output = symbol.Activation(i2h + h2h, act_type=self._activation, name=f"{name}out")
        else:
            output = self._activation(i2h + h2h, name=f"{name}out")
        return output, [output]


class LSTMCell(_GatedCell):
    """Long short-term memory: c = f c + i g, h = o tanh(c), gates in the order i, f, c (g), o.

    Hochreiter and Schmidhuber, 1997. The bias of the forget gate begins at ``forget_bias`` (Jozefowicz et al., 2015).
    """

    def __init__(self, num_hidden: int, prefix: str = "lstm_", params: RNNParams | None = None,
                 forget_bias: float = 1.0):  # fmt: skip
        super().__init__(num_hidden, prefix, params, init=json.dumps(["lstmbias", {"forget_bias": forget_bias}]))

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return super().state_info * 2

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name = self._next_step()
        i2h, h2h = self._products(inputs, states[0], name)
        parts = symbol.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
        kinds = (("i", "sigmoid"), ("f", "sigmoid"), ("c", "tanh"), ("o", "sigmoid"))
        i, f, g, o = (
            symbol.Activation(part, act_type=kind, name=name + gate)
            for part, (gate, kind) in zip(parts, kinds, strict=True)
        )
        c = symbol.elemwise_add(f * states[1], i * g, name=f"{name}state")
        h = symbol.elemwise_mul(o, symbol.Activation(c, act_type="tanh"), name=f"{name}out")
        return h, [h, c]


class GRUCell(_GatedCell):
    """Gated recurrent unit: h = (1 - z) n + z h, n = tanh(W x + b + r (U h + d)), gates in the order r, z, o (n).

    Cho et al., 2014, in cuDNN's variant, which resets the product and not the state.
    """

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None):
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name = self._next_step()
        products = self._products(inputs, states[0], f"{name}_")
        (ir, iz, i), (hr, hz, h) = (
            symbol.SliceChannel(product, num_outputs=3, name=f"{name}_{group}_slice")
            for product, group in zip(products, ("i2h", "h2h"), strict=True)
        )
        reset = symbol.Activation(ir + hr, act_type="sigmoid", name=f"{name}_r_act")
        update = symbol.Activation(iz + hz, act_type="sigmoid", name=f"{name}_z_act")
        candidate = symbol.Activation(i + reset * h, act_type="tanh", name=f"{name}_h_act")
        output = symbol.elemwise_add((1.0 - update) * candidate, update * states[0], name=f"{name}out")
        return output, [output]
