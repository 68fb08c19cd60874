"""What all recurrent cells share: parameters, states, unrolling, packing of weights."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from symcli import ndarray
from symcli.errors import MXNetError, suggest
from symcli.graph import symbol
from symcli.graph.symbol import Symbol
from symcli.rnn.sequence import Steps, normalised, split, time_axis

__all__ = ["BaseRNNCell", "RNNParams", "taken"]

Weights = dict[str, Any]
States = list[Any]


class RNNParams:
    """The variables of a cell, made when first asked for; give it to two cells, and they share their weights."""

    def __init__(self, prefix: str = ""):
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """Return the variable ``<prefix><name>``; ``kwargs`` are those of ``symbol.Variable``."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = symbol.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """A recurrent cell: ``cell(inputs, states)`` adds one step to a graph, ``unroll`` all steps of a sequence.

    Parameters
    ----------
    prefix : what the names of its nodes and variables begin with.
    params : variables to share; made anew if not given.
    """

    def __init__(self, prefix: str = "", params: RNNParams | None = None):
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self._cells: list[BaseRNNCell] = []
        self.reset()

    def reset(self) -> None:
        """Count steps and states from 0 again, as ``unroll`` does before each graph."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._cells:
            cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, States]:
        """Add one step.

        Parameters
        ----------
        inputs : (N, C), the input of this step.
        states : those after the step before, or ``begin_state()``.

        Returns
        -------
        The output (N, num_hidden) and the states after the step.
        """
        raise MXNetError(f"{type(self).__name__} has no single steps; use unroll")

    @property
    def params(self) -> RNNParams:
        """The variables of this cell."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """For each state its ``shape`` (0 the unknown batch size) and ``__layout__``."""
        raise MXNetError(f"{type(self).__name__} does not say what states it has; define state_info")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shapes of the states."""
        return [info["shape"] for info in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        return ()

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> States:
        """Return the states before the first step, made by ``func(name=, shape=, __layout__=, **kwargs)``.

        Raises
        ------
        MXNetError
            If the cell is part of a modifier, as ZoneoutCell.
        """
        self._check_unmodified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            kwargs.update(info)
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **kwargs))
        return states

    def _check_unmodified(self) -> None:
        if self._modified:
            raise MXNetError(f"{type(self).__name__} is part of a modifier cell; call begin_state of that one")

    def unroll(self, length: int, inputs: Symbol | Sequence[Symbol], begin_state: States | None = None,
               layout: str = "NTC", merge_outputs: bool | None = None) -> tuple[Steps, States]:  # fmt: skip
        """Add ``length`` steps to a graph.

        Parameters
        ----------
        inputs : one symbol, (N, T, C) or as ``layout`` says, or a list of (N, C), one for each step.
        begin_state : the states before the first step; zeros if not given.
        merge_outputs : True for one symbol of ``layout``, False for a list, None for what needs less.

        Returns
        -------
        The outputs of all steps, and the states after the last.
        """
        self.reset()
        axis = time_axis(layout)
        steps = split(inputs, length, axis)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
        return normalised(outputs, length, axis, merge_outputs), states

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        """Return parameters with the weights and biases of this cell cut into those of its gates.

        ``lstm_i2h_weight`` (4 H, C) becomes ``lstm_i2h_i_weight``, ``..._f_...``, ``..._c_...``, ``..._o_...`` (H, C).

        Raises
        ------
        MXNetError
            If one is missing.
        """
        args = dict(args)
        for group, kind in self._packed():
            whole = taken(args, f"{self._prefix}{group}_{kind}", "unpack_weights")
            size = whole.shape[0] // len(self._gate_names)
            for i, gate in enumerate(self._gate_names):
                args[f"{self._prefix}{group}{gate}_{kind}"] = whole[i * size : (i + 1) * size].copy()
        return args

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        """Return parameters with those of the gates joined again: the reverse of ``unpack_weights``.

        Raises
        ------
        MXNetError
            If one is missing.
        """
        args = dict(args)
        for group, kind in self._packed():
            names = [f"{self._prefix}{group}{gate}_{kind}" for gate in self._gate_names]
            parts = [taken(args, name, "pack_weights") for name in names]
            args[f"{self._prefix}{group}_{kind}"] = ndarray.concatenate(parts)
        return args

    def _packed(self) -> Iterable[tuple[str, str]]:
        return [(group, kind) for group in ("i2h", "h2h") for kind in ("weight", "bias") if self._gate_names]


def taken(args: Weights, name: str, what: str) -> Any:
    """Take an array out of a dict of parameters.

    Raises
    ------
    MXNetError
        If it is not there.
    """
    if name not in args:
        hint = suggest(name, args)
        raise MXNetError(f"{what}: there is no {name!r}; {hint or 'given: ' + (', '.join(args) or 'nothing')}")
    return args.pop(name)
