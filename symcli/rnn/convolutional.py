"""Cells whose products are convolutions, for sequences of images (``python/mxnet/rnn/rnn_cell.py``, MXNet 1.9.1)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from symcli.errors import ParamError
from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.cell import BaseRNNCell, RNNParams, States

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

Activation = str | Callable[..., Symbol]
Pair = tuple[int, int]

LEAKY = partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """A cell whose gates come from two convolutions, ``i2h`` of the input and ``h2h`` of the state.

    Parameters
    ----------
    input_shape : of the input of a step, (batch, channels, height, width), or as ``conv_layout`` has it.
    num_hidden : the channels of the state.
    h2h_kernel : two odd numbers, so that a state keeps its size.

    Raises
    ------
    ParamError
        If the kernel of the state is even.
    """

    _gate_names: Sequence[str] = ("",)
    _prefix_by_default = ""
    _states = 1

    def __init__(self, input_shape: Sequence[int], num_hidden: int, h2h_kernel: Pair = (3, 3),
                 h2h_dilate: Pair = (1, 1), i2h_kernel: Pair = (3, 3), i2h_stride: Pair = (1, 1),
                 i2h_pad: Pair = (1, 1), i2h_dilate: Pair = (1, 1), i2h_weight_initializer: Any = None,
                 h2h_weight_initializer: Any = None, i2h_bias_initializer: Any = "zeros",
                 h2h_bias_initializer: Any = "zeros", activation: Activation = LEAKY, prefix: str | None = None,
                 params: RNNParams | None = None, conv_layout: str = "NCHW"):  # fmt: skip
        super().__init__(self._prefix_by_default if prefix is None else prefix, params)
        if not all(size % 2 for size in h2h_kernel):
            raise ParamError(f"{type(self).__name__}: h2h_kernel={tuple(h2h_kernel)}; needs odd sizes, as (3, 3): the "
                             "state keeps its size")  # fmt: skip
        self._num_hidden, self._activation, self._conv_layout = num_hidden, activation, conv_layout
        pad = tuple(dilate * (size - 1) // 2 for size, dilate in zip(h2h_kernel, h2h_dilate, strict=True))
        self._i2h = {"kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate,
                     "layout": conv_layout}  # fmt: skip
        self._h2h = {"kernel": h2h_kernel, "dilate": h2h_dilate, "pad": pad, "stride": (1, 1), "layout": conv_layout}
        first = symbol.Convolution(symbol.Variable("data"), num_filter=num_hidden, **self._i2h)
        self._state_shape = (0, *first.infer_shape(data=tuple(input_shape))[1][0][1:])
        self._iW = self.params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self.params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self.params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self.params.get("h2h_bias", init=h2h_bias_initializer)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": self._state_shape, "__layout__": self._conv_layout} for _ in range(self._states)]

    def _step(self, inputs: Symbol, state: Symbol) -> tuple[str, Symbol, Symbol]:
        """Return what the names of a step's nodes begin with, and its two products."""
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        filters = self._num_hidden * len(self._gate_names)
        return (
            name,
            symbol.Convolution(inputs, self._iW, self._iB, name=f"{name}i2h", num_filter=filters, **self._i2h),
            symbol.Convolution(state, self._hW, self._hB, name=f"{name}h2h", num_filter=filters, **self._h2h),
        )

    def _activated(self, data: Symbol, **name: str) -> Symbol:
        if isinstance(self._activation, str):
            return symbol.Activation(data, act_type=self._activation, **name)
        return self._activation(data, **name)


class ConvRNNCell(BaseConvRNNCell):
    """The plain cell: h = activation(W * x + b + U * h + d)."""

    _prefix_by_default = "ConvRNN_"

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name, i2h, h2h = self._step(inputs, states[0])
        output = self._activated(i2h + h2h, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """Long short-term memory over images. Shi et al., Convolutional LSTM Network, 2015."""

    _gate_names = ("_i", "_f", "_c", "_o")
    _prefix_by_default = "ConvLSTM_"
    _states = 2

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name, i2h, h2h = self._step(inputs, states[0])
        axis = self._conv_layout.find("C")
        parts = symbol.SliceChannel(i2h + h2h, num_outputs=4, axis=axis, name=f"{name}slice")
        i = symbol.Activation(parts[0], act_type="sigmoid", name=f"{name}i")
        f = symbol.Activation(parts[1], act_type="sigmoid", name=f"{name}f")
        g = self._activated(parts[2], name=f"{name}c")
        o = symbol.Activation(parts[3], act_type="sigmoid", name=f"{name}o")
        c = symbol.elemwise_add(f * states[1], i * g, name=f"{name}state")
        h = symbol.elemwise_mul(o, self._activated(c), name=f"{name}out")
        return h, [h, c]


class ConvGRUCell(BaseConvRNNCell):
    """A gated recurrent unit over images."""

    _gate_names = ("_r", "_z", "_o")
    _prefix_by_default = "ConvGRU_"

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        name, i2h, h2h = self._step(inputs, states[0])
        ir, iz, i = symbol.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
        hr, hz, h = symbol.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
        reset = symbol.Activation(ir + hr, act_type="sigmoid", name=f"{name}_r_act")
        update = symbol.Activation(iz + hz, act_type="sigmoid", name=f"{name}_z_act")
        candidate = self._activated(i + reset * h, name=f"{name}_h_act")
        output = symbol.elemwise_add((1.0 - update) * candidate, update * states[0], name=f"{name}out")
        return output, [output]
