"""An optimizer together with the states of all weights it has seen."""

import pickle
from typing import Any

from symcli.errors import DataError
from symcli.train.optimizer.base import Optimizer, collecting
from symcli.train.optimizer.together import Together

__all__ = ["Updater", "get_updater"]


class Updater:
    """Update weights by index; each weight's state is made at its first update."""

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self._together = Together()

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update a weight by its gradient, or a list of weights by a list of gradients."""
        if not isinstance(index, list | tuple):
            index, grad, weight = [index], [grad], [weight]
        if weight:
            self.optimizer._set_current_context(weight[0].context.device_id)
        for i, w in zip(index, weight, strict=True):
            if i not in self.states:
                self.states[i] = self.optimizer.create_state_multi_precision(i, w)
        # A class of the user's that only inherits may do more than the one it comes from.
        if "joins" in type(self.optimizer).__dict__ and self._together.can_run(weight):
            with collecting() as calls:
                for i, g, w in zip(index, grad, weight, strict=True):
                    self.optimizer.update(i, w, g, self.states[i])
            self._together.run(calls)
            return
        for i, g, w in zip(index, grad, weight, strict=True):
            self.optimizer.update_multi_precision(i, w, g, self.states[i])

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return the states as bytes, with the optimizer's own numbers if asked."""
        return pickle.dumps((self.states, self.optimizer) if dump_optimizer else self.states)

    def set_states(self, states: bytes) -> None:
        """Take up states that ``get_states`` returned. Bytes from strangers can run code: load only your own.

        Raises
        ------
        DataError
            If they are no such states, or MXNet's own, which only MXNet can read.
        """
        try:
            loaded = pickle.loads(states)
        except (pickle.UnpicklingError, EOFError, ImportError, AttributeError) as error:
            raise DataError(f"optimizer states: {len(states)} bytes that cannot be read ({error}); needs what "
                            "get_states or save_optimizer_states wrote here") from None  # fmt: skip
        self.states, self.optimizer = loaded if isinstance(loaded, tuple) else (loaded, self.optimizer)


def get_updater(optimizer: Optimizer) -> Updater:
    """Return a new updater of an optimizer."""
    return Updater(optimizer)
