"""An optimizer together with the states of all weights it has seen."""

import pickle
from typing import Any

from symcli.errors import DataError
from symcli.train.optimizer.base import Optimizer
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
        optimizer, states = self.optimizer, self.states
        for i, w in zip(index, weight, strict=True):
            if i not in states:
                states[i] = optimizer.create_state_multi_precision(i, w)
        # A class of the user's that only inherits may do more than the one it comes from.
        if "_kernel_call" not in type(optimizer).__dict__:
            for i, g, w in zip(index, grad, weight, strict=True):
                optimizer.update_multi_precision(i, w, g, states[i])
        elif self._together.can_run(weight):
            numbers = optimizer._numbers_of_each(index)
            self._together.run([optimizer._kernel_call(n, i, w, g, states[i])
                                for n, i, g, w in zip(numbers, index, grad, weight, strict=True)])  # fmt: skip
        else:
            for kind in dict.fromkeys(w.dtype for w in weight):  # as MXNet: all of a type, then those of the next
                own = [one for one in zip(index, grad, weight, strict=True) if one[2].dtype == kind]
                numbers = optimizer._numbers_of_each([i for i, _, _ in own])
                for n, (i, g, w) in zip(numbers, own, strict=True):
                    optimizer._step(n, i, w, g, states[i])

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
