"""Functions whose gradient the user writes: ``mx.autograd.Function`` (``python/mxnet/autograd.py``)."""

from typing import Any

import numpy as np

from symcli.errors import MXNetError, ShapeError
from symcli.ndarray import tape
from symcli.ndarray.array import NDArray
from symcli.ops import Op

__all__ = ["Function"]


class Function:
    """A computation with its own rule for the gradient; each object is called once.

    >>> import symcli as mx
    >>> class Sigmoid(mx.autograd.Function):
    ...     def forward(self, x):
    ...         y = 1 / (1 + mx.nd.exp(-x))
    ...         self.save_for_backward(y)
    ...         return y
    ...     def backward(self, dy):
    ...         (y,) = self.saved_tensors
    ...         return dy * y * (1 - y)
    >>> x = mx.nd.zeros(2)
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = Sigmoid()(x)
    >>> y.backward()
    >>> x.grad.asnumpy()
    array([0.25, 0.25], dtype=float32)
    """

    def __init__(self) -> None:
        self._used = False
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *args: Any) -> None:
        """Keep what ``backward`` will need, as ``saved_tensors``."""
        self.saved_tensors = args

    def forward(self, *inputs: NDArray) -> Any:
        """Return one array or several, computed from the inputs; nothing inside is recorded."""
        raise MXNetError(f"{type(self).__name__} has no forward(self, *inputs); write it")

    def backward(self, *output_grads: NDArray) -> Any:
        """Return a gradient for each input, from one for each output."""
        raise MXNetError(f"{type(self).__name__} has no backward(self, *output_grads); write it")

    def __call__(self, *inputs: NDArray) -> Any:
        """Run ``forward``, and record it while autograd does.

        Raises
        ------
        MXNetError
            If this object was called before, or returns an array that is in the recorded graph already.
        TypeError
            If an input or output is no NDArray while autograd records.
        """
        if self._used:
            raise MXNetError(f"{type(self).__name__}: this object was called before; make another for each call")
        self._used = True
        with tape.Scope(False, None):
            result = self.forward(*inputs)
        if tape.state.is_recording:
            outputs = list(result) if isinstance(result, list | tuple) else [result]
            for one in (*inputs, *outputs):
                if not isinstance(one, NDArray):
                    raise TypeError(f"{type(self).__name__}: {one!r} is a {type(one).__name__}; needs an NDArray")
            tape.check_written(outputs)
            tape.record_call(_CustomFunction(self, len(inputs), len(outputs)), inputs, outputs)
        return result


class _CustomFunction(Op, abstract=True):
    """The node of a call of a ``Function``. It is registered under no name: no file can hold what a user wrote."""

    captured = False

    def __init__(self, function: Function, num_inputs: int, num_outputs: int):
        for name, value in (("_function", function), ("_num_inputs", num_inputs), ("_num_outputs", num_outputs)):
            object.__setattr__(self, name, value)

    def list_arguments(self):
        return [f"arg{i}" for i in range(self._num_inputs)]

    def list_outputs(self):
        return ["output"] if self._num_outputs == 1 else [f"output{i}" for i in range(self._num_outputs)]

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        who = type(self._function).__name__
        result = self._function.backward(*(NDArray(array.copy()) for array in out_grad))
        found = list(result) if isinstance(result, list | tuple) else [result]
        if len(found) != len(in_grad):
            raise MXNetError(f"{who}.backward returned {len(found)} gradients; needs {len(in_grad)}, one an input")
        for one, grad in zip(found, in_grad, strict=True):
            if not isinstance(one, NDArray):
                raise TypeError(f"{who}.backward returned a {type(one).__name__}; needs an NDArray for each input")
            if grad is not None and one.shape != grad.shape:
                raise ShapeError(f"{who}.backward returned a gradient of shape {one.shape}; its input is {grad.shape}")
            if grad is not None:
                np.copyto(grad, one._data, casting="unsafe")
