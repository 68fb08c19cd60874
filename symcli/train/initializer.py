"""Initial values of parameters: MXNet's ``mx.init`` (``python/mxnet/initializer.py``)."""

import json
import logging
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symcli.errors import ParamError, ShapeError
from symcli.ndarray import NDArray, load, random
from symcli.params import param
from symcli.rnn.fused import FusedRNNCell
from symcli.train.registry import Declared, get_alias_func, get_create_func, get_register_func

__all__ = [
    "Bilinear", "Constant", "FusedRNN", "InitDesc", "Initializer", "LSTMBias", "Load", "MSRAPrelu", "Mixed", "Normal",
    "One", "Orthogonal", "Uniform", "Xavier", "Zero", "alias", "create", "register",
]  # fmt: skip


class InitDesc(str):
    """The name of a variable to be initialised, with its attributes and the initializer of all others."""

    attrs: dict[str, str]
    global_init: "Initializer | None"

    def __new__(cls, name: str, attrs: Mapping[str, str] | None = None,
                global_init: "Initializer | None" = None) -> "InitDesc":  # fmt: skip
        desc = super().__new__(cls, name)
        desc.attrs, desc.global_init = dict(attrs or {}), global_init
        return desc


class Initializer(Declared):
    """Fills an array by the ending of its variable's name; a variable's ``__init__`` attribute comes first.

    Names in ``bias`` and ``beta`` become 0, in ``gamma`` 1, in ``min`` 0, in ``max`` 1; names in ``weight`` are
    filled by a child's ``_init_weight(name, array)``. Other names are refused.
    """

    if TYPE_CHECKING:  # children's constructors are made from their parameters

        def __init__(self, *args: Any, **kwargs: Any): ...
    else:

        def __init__(self, **kwargs):
            self._kwargs = kwargs
            self.__post_init__()

    def __post_init__(self) -> None:
        self._verbose = False
        self._print_func: Callable[[NDArray], str] = _root_mean_square
        if type(self)._order:
            self._kwargs = {name: getattr(self, name) for name in self._order}

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None) -> "Initializer":
        """Log what is initialised, with ``print_func(array)``, by default the root of the mean square."""
        self._verbose, self._print_func = verbose, print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """Return the initializer as JSON text, as ``["normal", {"sigma": 0.5}]``; ``create`` reads it."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill an array.

        Raises
        ------
        ValueError
            If neither the variable nor its name's ending says how.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__")
        if own:
            create(own)._init_weight(desc, arr)
        else:
            self._by_ending(desc, arr)
        if self._verbose:
            logging.info("Initialized %s as %s: %s", desc, own or type(self).__name__, self._print_func(arr))

    def _by_ending(self, desc: str, arr: NDArray) -> None:
        for endings, method in _ENDINGS:
            if desc.endswith(endings):
                getattr(self, method)(desc, arr)
                return
        self._init_default(desc, arr)

    def _legacy_init(self, name: str, arr: NDArray) -> None:
        """Fill an array whose name is a bare text; some more names are known."""
        warnings.warn("initializers take InitDesc(name), not a bare text; write init(mx.init.InitDesc(name), array)",
                      DeprecationWarning, stacklevel=3)  # fmt: skip
        if not isinstance(name, str) or not isinstance(arr, NDArray):
            raise TypeError(f"{type(self).__name__}: got a {type(name).__name__} and a {type(arr).__name__}; "
                            "give a name and an NDArray")  # fmt: skip
        if name.startswith("upsampling"):
            arr[:] = bilinear(arr.shape)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])
        elif name.endswith(("moving_mean", "moving_inv_var", "moving_avg")):
            self._init_zero(name, arr)
        elif name.endswith("moving_var"):
            self._init_one(name, arr)
        else:
            self._by_ending(name, arr)

    def _init_zero(self, _: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, _: str, arr: NDArray) -> None:
        arr[:] = 1.0

    _init_bias = _init_beta = _init_zero
    _init_gamma = _init_one

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how weights are filled: define _init_weight")

    def _init_default(self, name: str, _: NDArray) -> None:
        raise ParamError(f"{type(self).__name__}: the name {name!r} does not say how it is filled; needs an ending in "
                         "weight, bias, gamma or beta, or Variable(…, init=mx.init.…)")  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs


_ENDINGS = (
    ("weight", "_init_weight"),
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
)

_register = get_register_func(Initializer, "initializer")
alias = get_alias_func(Initializer, "initializer")
create = get_create_func(Initializer, "initializer")


def register(klass: type[Initializer]) -> type[Initializer]:
    """Register a class of initializers under its lower-case name."""
    return _register(klass)


class Load:
    """Fill arrays from saved ones, and those that are not among them by ``default_init``.

    Parameters
    ----------
    param : a ``.params`` file or a dictionary; ``arg:`` and ``aux:`` before names are dropped.
    """

    def __init__(self, param: str | Mapping[str, NDArray], default_init: Any = None, verbose: bool = False):
        found = load(param) if isinstance(param, str) else param
        if not isinstance(found, Mapping):
            raise TypeError(f"Load: the arrays have no names (a {type(found).__name__}); save a dictionary")
        self.param = {name.removeprefix("arg:").removeprefix("aux:"): array for name, array in found.items()}
        self.default_init, self.verbose = default_init, verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        if name in self.param:
            found = self.param[name]
            if found.shape != arr.shape:
                raise ShapeError(f"Load: {name} is {found.shape} in the file; the network needs {arr.shape}")
            arr[:] = found
        elif self.default_init is None:
            raise ParamError(f"Load: {name} is not among the loaded arrays; give a default_init for such")
        else:
            self.default_init(name, arr)
        if self.verbose:
            logging.info("Initialized %s by %s", name, "loading" if name in self.param else "default")


class Mixed:
    """Fill each array by the initializer of the first pattern that its name begins with, as ``re.match`` says."""

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]):
        if len(patterns) != len(initializers):
            raise ParamError(f"Mixed: {len(patterns)} patterns for {len(initializers)} initializers; give one for each")
        self.map = [(re.compile(pattern), init) for pattern, init in zip(patterns, initializers, strict=True)]

    def __call__(self, name: str, arr: NDArray) -> None:
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise ParamError(f"Mixed: {name} matches none of {', '.join(p.pattern for p, _ in self.map)}; "
                         'add the pattern ".*" at the end')  # fmt: skip


@register
@alias("zeros")
class Zero(Initializer):
    """All entries 0."""

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 0


@register
@alias("ones")
class One(Initializer):
    """All entries 1."""

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """All entries of one value, or an array of the parameter's shape."""

    value: float = param(doc="the value")

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = self.value

    def dumps(self) -> str:
        value: Any = self.value
        array = value.asnumpy() if isinstance(value, NDArray) else value
        return json.dumps(["constant", {"value": array.tolist() if isinstance(array, np.ndarray) else array}])


@register
class Uniform(Initializer):
    """Uniform on [-scale, scale]."""

    scale: float = param(0.07, ge=0, doc="the bound of the values")

    def _init_weight(self, _: str, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, out=arr, shape=arr.shape)


@register
class Normal(Initializer):
    """Normal with mean 0."""

    sigma: float = param(0.01, ge=0, doc="the standard deviation")

    def _init_weight(self, _: str, arr: NDArray) -> None:
        random.normal(0, self.sigma, out=arr, shape=arr.shape)


@register
class Orthogonal(Initializer):
    """Orthonormal rows or columns, whichever are fewer, times ``scale``; axes after the first are joined.

    Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear networks, 2013.
    """

    scale: float = param(1.414, doc="what the orthonormal matrix is multiplied by")
    rand_type: str = param("uniform", choices=("uniform", "normal"), doc="the random matrix from which it is made")

    def _init_weight(self, _: str, arr: NDArray) -> None:
        shape = (arr.shape[0], math.prod(arr.shape[1:]))
        start = random.uniform(-1, 1, shape) if self.rand_type == "uniform" else random.normal(0, 1, shape)
        left, _values, right = np.linalg.svd(start.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (left if left.shape == shape else right).reshape(arr.shape)


class _ByFan(Initializer):
    """Random values whose scale is the root of ``magnitude / fan``.

    For a weight (out, in, ...) the fan is ``in`` or ``out`` times the size of its window, or the mean of both.
    """

    def _fill(self, name: str, arr: NDArray, rnd_type: str, factor_type: str, magnitude: float) -> None:
        if len(arr.shape) < 2:
            raise ShapeError(f"{type(self).__name__}: {name} is {arr.shape}; needs two axes or more, (out, in, …)")
        window = math.prod(arr.shape[2:])
        fan_out, fan_in = arr.shape[0] * window, arr.shape[1] * window
        fans = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}
        if factor_type not in fans:
            raise ParamError(f"{type(self).__name__}: factor_type={factor_type!r} is not known; choices: avg, in, out")
        scale = math.sqrt(magnitude / fans[factor_type])
        if rnd_type == "uniform":
            random.uniform(-scale, scale, out=arr, shape=arr.shape)
        elif rnd_type == "gaussian":
            random.normal(0, scale, out=arr, shape=arr.shape)
        else:
            raise ParamError(f"{type(self).__name__}: rnd_type={rnd_type!r} is not known; choices: uniform, gaussian")


@register
class Xavier(_ByFan):
    """Uniform on [-s, s], or normal with deviation s, where ``s = sqrt(magnitude / fan)``.

    For a weight (out, in, ...) the fan is ``in`` or ``out`` times the size of its window, or the mean of both.
    Glorot and Bengio, 2010.
    """

    rnd_type: str = param("uniform", choices=("uniform", "gaussian"), doc="the distribution")
    factor_type: str = param("avg", choices=("avg", "in", "out"), doc="which fan is taken")
    magnitude: float = param(3, ge=0, doc="the scale of the values")

    def _init_weight(self, name: str, arr: NDArray) -> None:
        self._fill(name, arr, self.rnd_type, self.factor_type, float(self.magnitude))


@register
class MSRAPrelu(_ByFan):
    """Normal with deviation ``sqrt(2 / (1 + slope^2) / fan)``, for layers before ReLU or PReLU; fan as in Xavier.

    He et al., Delving deep into rectifiers, 2015.
    """

    factor_type: str = param("avg", choices=("avg", "in", "out"), doc="which fan is taken")
    slope: float = param(0.25, doc="the initial slope of the PReLU")

    @property
    def magnitude(self) -> float:
        """The numerator of the squared scale, as of Xavier."""
        return 2.0 / (1 + self.slope**2)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        self._fill(name, arr, "gaussian", self.factor_type, self.magnitude)


@register
class Bilinear(Initializer):
    """The weights with which a transposed convolution interpolates linearly, for upsampling."""

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = bilinear(arr.shape)


@register
class LSTMBias(Initializer):
    """0, but for the forget gate's quarter of an LSTM cell's bias (gates i, f, c, o)."""

    forget_bias: float = param(1.0, doc="the bias of the forget gate")

    def _init_weight(self, _: str, arr: NDArray) -> None:
        values, quarter = np.zeros(arr.shape), arr.shape[0] // 4
        values[quarter : 2 * quarter] = self.forget_bias
        arr[:] = values


@register
class FusedRNN(Initializer):
    """The one vector of parameters of a ``FusedRNNCell``: each weight and bias in it by ``init``.

    ``init`` is an initializer or its JSON text; without it the one that fills all other variables is used. Biases of
    LSTM's forget gates become ``forget_bias``.
    """

    init: str | None = param(doc="what fills each weight; None for what fills all others")
    num_hidden: int = param(ge=1, doc="the cell's")
    num_layers: int = param(ge=1, doc="the cell's")
    mode: str = param(choices=("rnn_relu", "rnn_tanh", "lstm", "gru"), doc="the cell's")
    bidirectional: bool = param(False, doc="the cell's")
    forget_bias: float = param(1.0, doc="the bias of the forget gate")

    def __post_init__(self) -> None:
        self._inner = None if self.init is None else create(self.init)
        self.init = None if self._inner is None else self._inner.dumps()
        super().__post_init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        fallback = getattr(name, "global_init", None)
        fill = self._inner or fallback
        if fill is None:
            raise ParamError(f"FusedRNN: nothing says how {name} is filled; give init, as init=mx.init.Uniform()")
        cell = FusedRNNCell(self.num_hidden, self.num_layers, self.mode, self.bidirectional,
                            forget_bias=self.forget_bias, prefix="")  # fmt: skip
        parts = cell.unpack_weights({"parameters": arr})
        for part, values in parts.items():
            if self.mode == "lstm" and part.endswith("_f_bias"):
                values[:] = self.forget_bias
            else:
                fill(InitDesc(part, global_init=fallback), values)
        arr[:] = cell.pack_weights(parts)["parameters"]


def bilinear(shape: Sequence[int]) -> np.ndarray:
    """Return a weight (out, in, height, width), each window a product of two triangles of the width's extent."""
    height, width = shape[2:]
    half = math.ceil(width / 2)
    centre = (2 * half - 1 - half % 2) / (2 * half)
    row, column = (1 - abs(np.arange(size) / half - centre) for size in (height, width))
    return np.broadcast_to(row[:, None] * column, tuple(shape))


def _root_mean_square(array: NDArray) -> str:
    return str(float(np.sqrt(np.mean(np.square(array.asnumpy(), dtype=np.float64)))))
