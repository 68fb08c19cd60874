"""KVStore: arrays by key that several devices add to and copy from (``python/mxnet/kvstore/kvstore.py``)."""

from collections.abc import Callable, Sequence
from typing import Any

from symcli.errors import MXNetError, ParamError
from symcli.files import replacing
from symcli.ndarray import NDArray
from symcli.train.optimizer import Optimizer, get_updater

__all__ = ["KVStore", "create"]

_KINDS = ("local", "device", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device", "nccl")


class KVStore:
    """Arrays by key. All kinds on one machine are the same thing: sums are taken in the order of devices.

    ``push`` adds up what devices give, and hands the sum to the updater or, without one, stores it; ``pull`` copies
    what is stored to each device.
    """

    OPTIMIZER = "optimizer"

    def __init__(self, kind: str = "local"):
        self._kind = kind
        self._stored: dict[Any, NDArray] = {}
        self._updater: Callable[[Any, NDArray, NDArray], None] | None = None

    @property
    def type(self) -> str:
        """The kind it was made as."""
        return self._kind

    @property
    def rank(self) -> int:
        """The number of this worker: 0."""
        return 0

    @property
    def num_workers(self) -> int:
        """How many workers there are: 1."""
        return 1

    def init(self, key: Any, value: Any) -> None:
        """Store first values.

        Raises
        ------
        MXNetError
            If a key has one already.
        """
        for name, values in _paired(key, value, "init"):
            if name in self._stored:
                raise MXNetError(f"kvstore: the key {name!r} was initialised before; pull it, or push to it")
            self._stored[name] = values[0].copy()

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Add up the arrays of each key, and hand the sum to the updater or store it."""
        for name, values in _paired(key, value, "push"):
            stored = self._known(name)
            for one in values:
                if one.shape != stored.shape:
                    raise MXNetError(f"kvstore: the key {name!r} is {stored.shape}, pushed is {one.shape}")
            total = values[0].copy() if len(values) == 1 else values[0] + values[1]
            for one in values[2:]:
                total += one
            if self._updater is None:
                stored[:] = total
            else:
                self._updater(name, total, stored)

    def pull(self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy what is stored under each key to all of its arrays."""
        if out is None:
            raise ParamError("kvstore: pull copies into arrays; give them as out=")
        for name, targets in _paired(key, out, "pull"):
            stored = self._known(name)
            for target in targets:
                target[:] = stored

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Push, then pull into ``out``, or back into the arrays that were pushed."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Store first values, and copy them to all arrays of each key."""
        self.init(key, value)
        self.pull(key, out, priority)

    def row_sparse_pull(self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None) -> None:
        """Raise ``MXNetError``: there are no sparse arrays."""
        raise MXNetError("kvstore: there are no sparse arrays; pull the whole array with pull()")

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Let an optimizer change what is stored by what is pushed.

        Raises
        ------
        ParamError
            If it is none.
        """
        if not isinstance(optimizer, Optimizer):
            raise ParamError(f"kvstore: a {type(optimizer).__name__} is no optimizer; give one: mx.optimizer.create(…)")
        self._updater = get_updater(optimizer)

    def set_updater(self, updater: Callable[[Any, NDArray, NDArray], None]) -> None:
        """Let ``updater(key, pushed, stored)`` change what is stored, in place."""
        self._updater = updater

    _set_updater = set_updater

    def set_gradient_compression(self, compression_params: Any) -> None:
        """Raise ``MXNetError``: nothing is sent anywhere."""
        raise MXNetError("kvstore: gradients are compressed between machines only; leave out compression_params")

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Return whether it can do what is named: it can run an optimizer."""
        return capability == KVStore.OPTIMIZER

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write what the optimizer keeps."""
        with replacing(fname) as file:
            file.write(self._optimizing("save_optimizer_states").get_states(dump_optimizer))

    def load_optimizer_states(self, fname: str) -> None:
        """Take up what ``save_optimizer_states`` wrote."""
        with open(fname, "rb") as file:
            self._optimizing("load_optimizer_states").set_states(file.read())

    def _optimizing(self, what: str) -> Any:
        if not hasattr(self._updater, "get_states"):
            raise MXNetError(f"{what}: the store has no optimizer; call set_optimizer first")
        return self._updater

    def _known(self, key: Any) -> NDArray:
        if key not in self._stored:
            listed = ", ".join(map(repr, self._stored)) or "none"
            raise MXNetError(f"kvstore: the key {key!r} was not initialised; call init({key!r}, …); keys: {listed}")
        return self._stored[key]


def create(name: str = "local") -> KVStore:
    """Return a store of a kind: ``local`` or ``device``, which are the same thing here.

    Raises
    ------
    ParamError
        If there is no such kind, or it is one across machines.
    """
    if not isinstance(name, str):
        raise TypeError(f"kvstore: the kind is a {type(name).__name__}; needs a text")
    kind = name.lower()
    if "dist" in kind or kind in ("p3", "horovod", "byteps"):
        raise ParamError(f"kvstore: {name!r} is one across machines; on this one use 'local'")
    if kind not in _KINDS:
        raise ParamError(f"kvstore: there is no kind {name!r}; kinds: local, device")
    return KVStore(kind)


def _paired(key: Any, value: Any, what: str) -> list[tuple[Any, Sequence[NDArray]]]:
    """Return each key with its list of arrays."""
    keys, values = (key, value) if isinstance(key, list | tuple) else ([key], [value])
    if not isinstance(values, list | tuple) or len(keys) != len(values):
        count = len(values) if isinstance(values, list | tuple) else 1
        raise ParamError(f"kvstore: {what} of {len(keys)} keys with {count} values; give a value, or a list, for each")
    found: list[tuple[Any, Sequence[NDArray]]] = []
    for name, one in zip(keys, values, strict=True):
        arrays = list(one) if isinstance(one, list | tuple) else [one]
        for array in arrays:
            if not isinstance(array, NDArray):
                raise TypeError(f"kvstore: {what} of {name!r} with a {type(array).__name__}; needs NDArrays")
        found.append((name, arrays))
    return found
