"""Operators that users write in Python: ``mx.operator.register`` gives them to this class by name."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from symcli.errors import DTypeError, MXNetError, ShapeError, suggest
from symcli.ops.op import Array, Op, OpContext, Shapes, Types
from symcli.params import param

__all__ = ["KINDS", "Kind"]


class Kind(Protocol):
    """What stands behind an ``op_type``, with its parameters: the rules that a user wrote."""

    @property
    def is_loss(self) -> bool: ...

    def list_arguments(self) -> list[str]: ...
    def list_outputs(self) -> list[str]: ...
    def list_auxiliary_states(self) -> list[str]: ...
    def infer_shape(self, in_shape: Shapes) -> tuple[Shapes, Shapes]: ...
    def infer_type(self, in_type: Types) -> tuple[Types, Types]: ...
    def forward(
        self, ctx: OpContext, in_data: Sequence[Array], out_data: Sequence[Array], aux: Sequence[Array]
    ) -> None: ...
    def backward(self, ctx: OpContext, out_grad: Sequence[Array], in_data: Sequence[Array], out_data: Sequence[Array],
                 in_grad: Sequence[Array], aux: Sequence[Array]) -> None: ...  # fmt: skip


KINDS: dict[str, Callable[[Mapping[str, str]], Kind]] = {}


@lru_cache(1024)
def _kind(make: Callable[[Mapping[str, str]], Kind], parameters: tuple[str, ...]) -> Kind:
    return make(dict(text.split("=", 1) for text in parameters))


class _IsLoss:
    """Whether backward needs no heads: known of an operator, not of the class."""

    def __get__(self, op: "Custom | None", cls: type) -> bool:
        return op is not None and op.kind().is_loss


class Custom(Op):
    """What the class registered as ``op_type`` computes, in Python, each step.

    data    the arrays that its ``list_arguments`` names, by position or by name
    output  those that its ``list_outputs`` names; shapes and types as its ``infer_shape`` and ``infer_type`` say

    All parameters but op_type go to the class's constructor, as texts. See ``mx.operator.CustomOp``. A spec gives the
    inputs in a list: ``Custom: {data: [a, b], op_type: my_op, my_param: 3}``.

    Source: src/operator/custom/custom.cc.
    """

    captured = False
    gathers = "parameters"
    is_loss = _IsLoss()

    op_type: str = param(doc="the name that the class was registered under")
    parameters: tuple[str, ...] = param((), doc="name=value for each parameter of the class; give them by their names")

    def kind(self) -> Kind:
        """Return the rules of the class.

        Raises
        ------
        MXNetError
            If none is registered under the name.
        """
        if self.op_type not in KINDS:
            hint = suggest(self.op_type, KINDS) or f"registered: {', '.join(KINDS) or 'none'}"
            raise MXNetError(f"Custom: op_type={self.op_type!r}: no operator is registered under this name; {hint}  "
                             "register a child of mx.operator.CustomOpProp: @mx.operator.register(…)")  # fmt: skip
        return _kind(KINDS[self.op_type], self.parameters)

    def list_arguments(self):
        return self.kind().list_arguments()

    def list_outputs(self):
        return self.kind().list_outputs()

    def list_auxiliary_states(self):
        return self.kind().list_auxiliary_states()

    def infer_shape(self, in_shape, out_shape):
        try:
            return self.kind().infer_shape(in_shape)
        except (ShapeError, DTypeError):
            raise
        except Exception as error:  # what a user wrote may raise anything; what is not known yet may be why
            if None in in_shape:
                return in_shape, out_shape
            raise ShapeError(f"infer_shape of {self.op_type!r} fails: {type(error).__name__}: {error}") from error

    def infer_type(self, in_type, out_type):
        return self.kind().infer_type(in_type)

    def forward(self, ctx, in_data, out_data, aux):
        self.kind().forward(ctx, in_data, out_data, aux)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        self.kind().backward(ctx, out_grad, in_data, out_data, in_grad, aux)
