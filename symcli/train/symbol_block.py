"""SymbolBlock: a saved network called like a function (``python/mxnet/gluon/block.py``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from symcli.errors import DataError, MXNetError, ParamError, suggest
from symcli.executor import Executor
from symcli.executor.data_dependent import run_operator
from symcli.graph import symbol as sym
from symcli.graph.node import Entry, topological
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load, save, tape, zeros
from symcli.ndarray.context import Context, cpu
from symcli.train.block import HybridBlock
from symcli.train.checkpoint import params_path

__all__ = ["Parameter", "SymbolBlock"]


class Parameter:
    """A parameter of a block: its array, and the gradient that autograd leaves."""

    def __init__(self, name: str, array: NDArray, grad_req: str = "write"):
        self.name, self._array = name, array
        self.grad_req = grad_req

    @property
    def grad_req(self) -> str:
        """What becomes of gradients: write, add or null."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, value: str) -> None:
        self._grad_req = value
        if value != "null":
            self._array.attach_grad(value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @property
    def dtype(self) -> type:
        return self._array.dtype

    def data(self, ctx: Context | None = None) -> NDArray:
        """Return the array."""
        return self._array

    def list_data(self) -> list[NDArray]:
        """Return the array of each device."""
        return [self._array]

    def grad(self, ctx: Context | None = None) -> NDArray:
        """Return the gradient.

        Raises
        ------
        MXNetError
            If ``grad_req`` is null.
        """
        found = self._array.grad
        if found is None:
            raise MXNetError(f"parameter {self.name}: has no gradient, its grad_req is {self.grad_req!r}")
        return found

    def list_grad(self) -> list[NDArray]:
        """Return the gradient of each device."""
        return [self.grad()]

    def zero_grad(self) -> None:
        """Set the gradient to 0."""
        if self.grad_req != "null":
            self.grad()[:] = 0

    def set_data(self, data: Any) -> None:
        """Write the array."""
        self._array[:] = data

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self.shape}, dtype={self._array.dtype.__name__})"


class SymbolBlock(HybridBlock):
    """A network with its parameters; calling it computes its outputs, recorded while autograd records.

    Parameters
    ----------
    outputs, inputs : the network, and its variables that calls give in order.
    params : parameters by name, as NDArrays; with ``arg:`` and ``aux:`` before the names or without.

    Raises
    ------
    DataError
        If a parameter is missing.
    """

    def __init__(self, outputs: Symbol | Sequence[Symbol], inputs: Symbol | Sequence[Symbol],
                 params: Mapping[str, Any] | None = None):  # fmt: skip
        self._symbol = outputs if isinstance(outputs, Symbol) else sym.Group(list(outputs))
        given = [inputs] if isinstance(inputs, Symbol) else list(inputs)
        self._inputs = [one.list_outputs()[0] for one in given]
        arguments, self._states = self._symbol.list_arguments(), self._symbol.list_auxiliary_states()
        for name in self._inputs:
            if name not in arguments:
                raise ParamError(f"SymbolBlock: the network has no input {name!r}; {suggest(name, arguments)}")
        found = {name.removeprefix("arg:").removeprefix("aux:"): one for name, one in (params or {}).items()}
        self._labels = [name for name in arguments if name not in self._inputs and name not in found
                        and name.endswith("label")]  # fmt: skip
        needed = [name for name in (*arguments, *self._states) if name not in (*self._inputs, *self._labels)]
        missing = [name for name in needed if name not in found]
        if missing:
            raise DataError(f"SymbolBlock: the parameters lack {', '.join(missing)}; give the file of this network")
        self._params = {name: _parameter(name, found[name], name in self._states) for name in needed}
        self._bound: dict[tuple[tuple[int, ...], ...], Executor] = {}

    @staticmethod
    def imports(symbol_file: str, input_names: str | Sequence[str], param_file: str | None = None,
                ctx: Any = None, allow_missing: bool = False, ignore_extra: bool = False) -> "SymbolBlock":  # fmt: skip
        """Return the network of ``-symbol.json`` and ``.params`` files.

        ``input_names`` are the variables that calls give; float16 parameters become float32.
        """
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        params: Any = load(param_file) if param_file is not None else {}
        if not isinstance(params, Mapping):
            raise DataError(f"{param_file}: has arrays without names; needs the parameters that export wrote")
        return SymbolBlock(sym.load(symbol_file), [sym.Variable(name) for name in names], params)

    def __call__(self, *args: NDArray) -> Any:
        """Return the output, or a list of several, of an array for each input.

        Raises
        ------
        TypeError
            If there are more or fewer arrays than inputs.
        """
        if len(args) != len(self._inputs):
            raise TypeError(f"SymbolBlock: got {len(args)} arrays; needs {', '.join(self._inputs)}")
        if tape.state.is_recording:
            outputs = self._recorded(args)
        else:
            outputs = [one.copy() for one in self._executor(args).forward(
                tape.state.is_training, **dict(zip(self._inputs, args, strict=True)))]  # fmt: skip
        return outputs[0] if len(outputs) == 1 else outputs

    forward = __call__

    def _executor(self, args: Sequence[NDArray]) -> Executor:
        shapes = tuple(one.shape for one in args)
        if shapes not in self._bound:
            given = {name: zeros(one.shape, one.context, one.dtype)
                     for name, one in zip(self._inputs, args, strict=True)}  # fmt: skip
            arguments = {**given, **self._unused_labels(given)}
            states: dict[str, NDArray] = {}
            for name, one in self._params.items():
                (states if name in self._states else arguments)[name] = one.data()
            self._bound[shapes] = self._symbol.bind(args[0].context, arguments, None, "null", states)
        return self._bound[shapes]

    def _unused_labels(self, given: Mapping[str, NDArray]) -> dict[str, NDArray]:
        if not self._labels:
            return {}
        shapes, _, _ = self._symbol.infer_shape(**{name: one.shape for name, one in given.items()})
        known = dict(zip(self._symbol.list_arguments(), shapes or (), strict=True))
        return {name: zeros(known[name]) for name in self._labels}

    def _recorded(self, args: Sequence[NDArray]) -> list[NDArray]:
        """Run the operators one after another, each recorded."""
        given = dict(zip(self._inputs, args, strict=True))
        values = {**given, **self._unused_labels(given), **{name: one.data() for name, one in self._params.items()}}
        made: dict[Entry, NDArray] = {}
        for node in topological(self._symbol._heads):
            if node.op is None:
                made[node, 0] = values[node.name]
                continue
            for i, one in enumerate(run_operator(node.op, [made[entry] for entry in node.inputs])):
                made[node, i] = one
        return [made[head] for head in self._symbol._heads]

    def collect_params(self, select: str | None = None) -> dict[str, Parameter]:
        """Return the parameters by name."""
        return dict(self._params)

    @property
    def params(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return dict(self._params)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Do nothing: outside of ``record`` a network always runs as a whole."""

    def save_parameters(self, filename: str) -> None:
        """Write the parameters, by their names."""
        save(filename, {name: one.data() for name, one in self._params.items()})

    def export(self, path: str, epoch: int = 0) -> tuple[str, str]:
        """Write ``path-symbol.json`` and ``path-<epoch>.params``; return the names of both files."""
        symbol_file, params_file = f"{path}-symbol.json", params_path(path, epoch)
        self._symbol.save(symbol_file)
        save(params_file, {f"{'aux' if name in self._states else 'arg'}:{name}": one.data()
                           for name, one in self._params.items()})  # fmt: skip
        return symbol_file, params_file

    def __repr__(self) -> str:
        return f"SymbolBlock({', '.join(self._inputs)} -> {', '.join(self._symbol.list_outputs())})"


def _parameter(name: str, array: Any, is_state: bool) -> Parameter:
    found = array.data() if isinstance(array, Parameter) else array
    found = found.astype("float32") if found.dtype.__name__ == "float16" else found.copy()
    return Parameter(name, found.as_in_context(cpu()), "null" if is_state else "write")
