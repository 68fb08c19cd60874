"""Operators in Python: MXNet's ``mx.operator`` (``python/mxnet/operator.py``)."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.errors import MXNetError, ParamError, ShapeError
from symcli.executor.memory import owner
from symcli.ndarray import NDArray, tape
from symcli.ndarray.context import Context, current_context
from symcli.ndarray.invoke import forget_forms
from symcli.ops.custom import KINDS
from symcli.shapes import is_known

__all__ = ["CustomOp", "CustomOpProp", "get_all_registered_operators", "register"]


class CustomOp:
    """What an operator computes; a child defines ``forward`` and ``backward``. One is made for each node that is bound.

    >>> import symcli as mx
    >>> class Square(mx.operator.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] ** 2)
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])
    >>> @mx.operator.register("square_in_python")
    ... class SquareProp(mx.operator.CustomOpProp):
    ...     def create_operator(self, ctx, shapes, dtypes):
    ...         return Square()
    >>> mx.nd.Custom(mx.nd.array([1, 2, 3]), op_type="square_in_python").asnumpy()
    array([1., 4., 9.], dtype=float32)
    """

    def forward(self, is_train: bool, req: Sequence[str], in_data: Sequence[NDArray], out_data: Sequence[NDArray],
                aux: Sequence[NDArray]) -> None:  # fmt: skip
        """Write the outputs, by ``assign``."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define forward")

    def backward(self, req: Sequence[str], out_grad: Sequence[NDArray], in_data: Sequence[NDArray],
                 out_data: Sequence[NDArray], in_grad: Sequence[NDArray], aux: Sequence[NDArray]) -> None:  # fmt: skip
        """Write the gradients of the inputs, by ``assign``."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient: define backward")

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Write ``src`` to an array, add it, or leave it, as ``req`` asks."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src
        elif req != "null":
            raise ParamError(f"assign: req is {req!r}; needs write, inplace, add or null")


class CustomOpProp:
    """What an operator is: its arguments, outputs, shapes and types. Parameters come to the constructor as texts.

    ``need_top_grad=False`` says that it is a loss: its backward needs no gradient of its output.
    """

    def __init__(self, need_top_grad: bool = True):
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of states that forward and backward may change."""
        return []

    def infer_shape(self, in_shape: list[Any]) -> Any:
        """Return the shapes of inputs and outputs, and of states if there are any; by default all are the first's."""
        return in_shape, (in_shape[0],) * len(self.list_outputs()), ()

    def infer_type(self, in_type: list[Any]) -> Any:
        """Return the types of inputs, outputs and states; by default all are the first's."""
        first = in_type[0]
        return in_type, [first] * len(self.list_outputs()), [first] * len(self.list_auxiliary_states())

    def declare_backward_dependency(self, out_grad: list, in_data: list, out_data: list) -> list:
        """Return what backward needs; here it is handed everything, whatever this says."""
        return [*out_grad, *in_data, *out_data] if self.need_top_grad_ else [*in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list, in_dtypes: list) -> CustomOp:
        """Return the ``CustomOp`` of a node that is bound."""
        return CustomOp()


def register(reg_name: str) -> Callable[[type[CustomOpProp]], type[CustomOpProp]]:
    """Make a decorator that registers a child of ``CustomOpProp`` as an ``op_type``; a later one replaces an earlier.

    Raises
    ------
    TypeError
        If what is decorated is none.
    """

    def do_register(prop_cls: type[CustomOpProp]) -> type[CustomOpProp]:
        if not (isinstance(prop_cls, type) and issubclass(prop_cls, CustomOpProp)):
            raise TypeError(f"register({reg_name!r}): {prop_cls!r} is no child of mx.operator.CustomOpProp")
        KINDS[reg_name] = lambda parameters: _Registered(reg_name, prop_cls, parameters)
        forget_forms()
        return prop_cls

    return do_register


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, those in Python too."""
    from symcli.ops import REGISTRY

    return sorted({*REGISTRY, *KINDS})


class _Registered:
    """The rules of a ``CustomOpProp`` in the words of an operator, and the ``CustomOp`` of each node that is bound."""

    def __init__(self, name: str, prop_cls: type[CustomOpProp], parameters: Mapping[str, str]):
        self._name = name
        try:
            self._prop = prop_cls(**parameters)  # type: ignore[arg-type]
        except Exception as error:  # what a user wrote may raise anything
            given = ", ".join(f"{key}={value!r}" for key, value in parameters.items()) or "no parameters"
            raise ParamError(f"Custom {name!r}: {prop_cls.__name__} cannot be made of {given}: "
                             f"{type(error).__name__}: {error}") from error  # fmt: skip
        # By the memory of their first output, which is a node's own while it is bound.
        self._operators: dict[int, tuple[weakref.ref, CustomOp]] = {}

    @property
    def is_loss(self) -> bool:
        return not self._prop.need_top_grad_

    def list_arguments(self) -> list[str]:
        return self._names("list_arguments")

    def list_outputs(self) -> list[str]:
        return self._names("list_outputs")

    def list_auxiliary_states(self) -> list[str]:
        return self._names("list_auxiliary_states")

    def _names(self, what: str) -> list[str]:
        names = getattr(self._prop, what)()
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise MXNetError(f"Custom {self._name!r}: {what} returned {names!r}; needs a list of names")
        return list(names)

    def infer_shape(self, in_shape: Sequence[Any]) -> tuple[list, list]:
        count = len(self.list_arguments())
        given = [list(shape) if shape and is_known(shape) else [] for shape in in_shape[:count]]
        found = self._prop.infer_shape(given)
        return self._groups("infer_shape", found, lambda shape: tuple(int(size) for size in shape) or None)

    def infer_type(self, in_type: Sequence[Any]) -> tuple[list, list]:
        count = len(self.list_arguments())
        if None in in_type[:1]:
            return list(in_type), [None] * len(self.list_outputs())
        # What is not told is float32, as for a label that nothing else tells.
        given = [np.dtype(one or in_type[0]).type for one in in_type[:count]]
        return self._groups("infer_type", self._prop.infer_type(given), dtypes.name_of)

    def _groups(self, what: str, found: Any, read: Callable[[Any], Any]) -> tuple[list, list]:
        """Return what a rule says of arguments with states, and of outputs."""
        lists = (self.list_arguments(), self.list_outputs(), self.list_auxiliary_states())
        if not isinstance(found, list | tuple) or len(found) not in (2, 3):
            raise ShapeError(f"Custom {self._name!r}: {what} returned {found!r}; needs a list for the inputs, one for "
                             "the outputs, and one for states if there are any")  # fmt: skip
        groups = [list(group) for group in (*found, ())[:3]]
        for names, group, kind in zip(lists, groups, ("arguments", "outputs", "auxiliary states"), strict=True):
            if len(names) != len(group):
                raise ShapeError(f"Custom {self._name!r}: {what} returned {len(group)} entries for the {kind} "
                                 f"{', '.join(names) or '(none)'}; needs {len(names)}")  # fmt: skip
        arguments, outputs, states = ([read(one) for one in group] for group in groups)
        return [*arguments, *states], outputs

    def _operator(self, in_data: Sequence[np.ndarray], out_data: Sequence[np.ndarray]) -> CustomOp:
        memory = owner(out_data[0])
        known = self._operators.get(id(memory))
        if known is not None and known[0]() is memory:
            return known[1]
        self._operators = {key: one for key, one in self._operators.items() if one[0]() is not None}
        made = self._prop.create_operator(current_context(), [list(array.shape) for array in in_data],
                                          [array.dtype.type for array in in_data])  # fmt: skip
        if not isinstance(made, CustomOp):
            raise TypeError(
                f"Custom {self._name!r}: create_operator returned a {type(made).__name__}; needs a CustomOp"
            )
        self._operators[id(memory)] = weakref.ref(memory), made
        return made

    def forward(self, ctx: Any, in_data: Sequence[Any], out_data: Sequence[Any], aux: Sequence[Any]) -> None:
        operator = self._operator(in_data, out_data)
        with tape.Scope(False, ctx.is_train):
            operator.forward(
                ctx.is_train, ["write"] * len(out_data), _wrapped(in_data), _wrapped(out_data), _wrapped(aux)
            )

    def backward(self, ctx: Any, out_grad: Sequence[Any], in_data: Sequence[Any], out_data: Sequence[Any],
                 in_grad: Sequence[Any], aux: Sequence[Any]) -> None:  # fmt: skip
        operator = self._operator(in_data, out_data)
        heads = [np.zeros_like(out) if grad is None else grad for grad, out in zip(out_grad, out_data, strict=True)]
        # What nobody asks for is written to memory that is dropped: not every backward looks at req.
        grads = [np.empty_like(data) if grad is None else grad for grad, data in zip(in_grad, in_data, strict=True)]
        asked = ["null" if grad is None else "write" for grad in in_grad]
        with tape.Scope(False, ctx.is_train):
            operator.backward(
                asked, _wrapped(heads), _wrapped(in_data), _wrapped(out_data), _wrapped(grads), _wrapped(aux)
            )


def _wrapped(arrays: Sequence[np.ndarray]) -> list[NDArray]:
    return [NDArray(array) for array in arrays]
