"""The contract of an operator, and the registry of all of them.

An operator is one frozen class: its docstring is its page, its fields are its parameters, its
methods are its rules. Defining the class registers it; nothing else needs editing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from symcli import dtypes
from symcli.errors import MXNetError, suggest
from symcli.params import Parameters, declared, from_texts
from symcli.shapes import Shape, merge_all, prod

__all__ = ["REGISTRY", "WITHOUT_EFFECT", "Op", "OpContext", "get", "make", "operators"]

Shapes = Sequence[Shape | None]
Types = Sequence[str | None]
Array = Any

WITHOUT_EFFECT = "accepted for MXNet's sake, without effect: "  # how a parameter's text then begins
REGISTRY: dict[str, type["Op"]] = {}


class OpContext:
    """What an operator is handed besides its arrays.

    Attributes
    ----------
    is_train: whether this is a training pass.
    key: uint64 array (seed, stream, forward count), the random state; it changes between steps.
    node: the node's number in its graph, a constant that keeps random streams apart.
    """

    __slots__ = ("_scratch", "is_train", "key", "node")

    def __init__(self, is_train: bool, key: Array, node: int, scratch: Callable[[Shape, Any], Array]):
        self.is_train, self.key, self.node, self._scratch = is_train, key, node, scratch

    def scratch(self, shape: Shape, dtype: Any) -> Array:
        """Return uninitialised memory that is the operator's until it returns."""
        return self._scratch(shape, dtype)


class Op(Parameters):
    """An operator: its fields are its parameters, its methods its rules.

    ``in_shape`` and ``in_type`` list the arguments, then the auxiliary states; ``out_shape`` and
    ``out_type`` the outputs, hidden ones too. A rule fills in what it can tell (0 an unknown size,
    ``None`` an unknown rank or type); the inference pass merges and complains.

    ``forward`` writes ``out_data``; ``backward`` writes those ``in_grad`` that are not ``None``, each
    once. Both only describe: every element is read and written by kernels. ``out_grad`` has an entry
    for each output, ``None`` for hidden ones and for a loss that was given none.
    """

    arguments: ClassVar[tuple[str, ...]] = ("data",)  # all there can be, in MXNet's order
    outputs: ClassVar[tuple[str, ...]] = ("output",)  # hidden ones last
    first: ClassVar[tuple[str, ...]] = ()  # parameters that MXNet takes by position before the others
    uncounted: ClassVar[int] = 0  # hidden outputs at the end that MXNet does not have, so that no file counts them
    auxiliary_states: ClassVar[Mapping[str, str]] = {}  # name -> MXNet's __init__ text, or ""
    initial: ClassVar[Mapping[str, str]] = {}  # argument -> __init__ text of its variable, where MXNet gives one
    aliases: ClassVar[tuple[str, ...]] = ()  # other public names
    automatic: ClassVar[tuple[str, ...]] = ()  # arguments that a spec need not give
    variadic: ClassVar[str | None] = None  # the parameter that counts the arguments
    gathers: ClassVar[str | None] = None  # the parameter that takes all unknown ones; arguments then hang on them
    inplace: ClassVar[Mapping[str, str]] = {}  # output -> argument whose memory it may take
    backward_uses: ClassVar[tuple[str, ...] | None] = None  # names backward reads; None: all
    gradient: ClassVar[str] = "yes"  # or "zero", "none"
    mutates: ClassVar[tuple[str, ...]] = ()  # arguments it can write
    states_move_in_forward: ClassVar[bool] = True  # whether forward writes the auxiliary states, or backward alone
    is_loss: ClassVar[bool] = False  # backward needs no heads
    shares_gradient: ClassVar[bool] = False  # both arguments get one gradient, as elemwise_add's
    gradient_inplace: ClassVar[int | None] = None  # the argument whose gradient backward writes over the output's
    gradient_adds: ClassVar[frozenset[int]] = frozenset()  # arguments whose gradient backward can add to what is there
    captured: ClassVar[bool] = True  # False: runs as Python each step
    takes_empty: ClassVar[bool] = False  # whether it makes elements of inputs without any, as a sum does
    depends_on_data: ClassVar[bool] = False  # whether the shapes of its outputs are known only when it runs
    flops_per_element: ClassVar[int] = 0  # of the first output, unless flops() tells otherwise
    name: ClassVar[str] = ""  # the registered name, as JSON saves it

    def __init_subclass__(cls, name: str | None = None, abstract: bool = False, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.name = name or cls.__name__
        if abstract:
            return
        if "aliases" not in cls.__dict__:
            cls.aliases = ()
        for key in (cls.name, *cls.aliases):
            if key in REGISTRY:
                raise MXNetError(f"operator name {key!r} is taken by {REGISTRY[key].__name__}; choose another")
            REGISTRY[key] = cls

    def list_arguments(self) -> list[str]:
        if self.variadic:
            return [f"arg{i}" for i in range(getattr(self, self.variadic))]
        return list(self.arguments)

    @classmethod
    def counted(cls, inputs: int) -> int:
        """What a variadic operator's parameter is for a number of inputs."""
        return inputs

    def named(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs by their names; those of an operator of any number may be given as arg0, arg1 and so on."""
        slots = [*self.list_arguments(), *self.list_auxiliary_states()] if self.variadic or self.gathers else []
        numbered = {f"arg{i}": slot for i, slot in enumerate(slots)}
        return {numbered.get(key, key): value for key, value in inputs.items()}

    def list_outputs(self) -> list[str]:
        return list(self.outputs)

    def list_auxiliary_states(self) -> list[str]:
        return list(self.auxiliary_states)

    def writes(self) -> tuple[str, ...]:
        """The arguments that it writes with these parameters."""
        return self.mutates

    def num_visible_outputs(self) -> int:
        """The number of outputs that users see; the rest are saved for backward only."""
        return len(self.list_outputs())

    def infer_shape(self, in_shape: Shapes, out_shape: Shapes) -> tuple[Shapes, Shapes]:
        shape = merge_all(*in_shape, *out_shape)
        return [shape] * len(in_shape), [shape] * len(out_shape)

    def infer_type(self, in_type: Types, out_type: Types) -> tuple[Types, Types]:
        known: str | None = None
        for one in (*in_type, *out_type):
            known = dtypes.merge_dtypes(known, one)
        return [known] * len(in_type), [known] * len(out_type)

    def forward(
        self, ctx: OpContext, in_data: Sequence[Array], out_data: Sequence[Array], aux: Sequence[Array]
    ) -> None:
        raise NotImplementedError(f"operator {self.name} does not say what it computes: define forward")

    def backward(self, ctx: OpContext, out_grad: Sequence[Array], in_data: Sequence[Array], out_data: Sequence[Array],
                 in_grad: Sequence[Array], aux: Sequence[Array]) -> None:  # fmt: skip
        raise NotImplementedError(f"operator {self.name} has no backward; define it, or set gradient to zero or none")

    def flops(self, in_shape: Shapes, out_shape: Shapes) -> int:
        """The multiplications and additions of one training forward pass; a comparison or function counts as one."""
        return self.flops_per_element * prod(out_shape[0] or ()) if self.flops_per_element else 0


def get(name: str) -> type[Op]:
    """Return the operator class registered under a name or alias.

    Raises
    ------
    MXNetError
        If there is none.
    """
    if name not in REGISTRY:
        hint = suggest(name, REGISTRY)
        raise MXNetError(f"there is no operator {name!r}; {hint + '  ' if hint else ''}all of them: symcli ops")
    return REGISTRY[name]


def make(name: str, texts: Mapping[str, Any], what: str | None = None) -> Op:
    """Return an operator with parameters given as texts or Python values; ``what`` names it in messages."""
    cls = get(name)
    # As in MXNet, an operator without parameters keeps whatever attributes it is given.
    return from_texts(cls, texts if declared(cls) else {}, what or cls.name)


def operators() -> list[type[Op]]:
    """Return every operator class once, sorted by name."""
    return sorted(set(REGISTRY.values()), key=lambda cls: cls.name)
