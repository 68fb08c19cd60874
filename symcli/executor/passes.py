"""The forward and backward passes of one program, run by the interpreter or from records."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symcli import engine
from symcli.executor.capture import Capture
from symcli.executor.interpreter import Interpreter
from symcli.executor.memory import Pool, SharedBlock
from symcli.executor.plan import Arena, Placeholders, plan
from symcli.executor.program import Backward, Program, Step, plain_add
from symcli.graph.node import Node
from symcli.kernels import cache
from symcli.kernels.kernel import NotCompiled
from symcli.ndarray import watch
from symcli.ndarray.array import Buffer

if TYPE_CHECKING:
    from symcli.engine.team import Team

__all__ = ["Form", "Memory", "Passes"]

Steps = Sequence[tuple[Step, Callable[[], None]]]


class Memory(NamedTuple):
    """What a plan of memory is made from.

    Attributes
    ----------
    placeholders : the program's values that are to be planned.
    given : which heads have gradients at most: all that are no losses.
    shared : the block of executors that take turns.
    """

    placeholders: Placeholders
    given: tuple[bool, ...]
    shared: SharedBlock


class Form(NamedTuple):
    """A program and how it is run.

    Attributes
    ----------
    add : (part, total): total += part, as gradients of several consumers are added up.
    covered : the names of the nodes that a lowered node stands for.
    memory : what to plan the memory of values from; None if they have arrays of their own.
    """

    program: Program
    add: Callable[[np.ndarray, np.ndarray], None] = plain_add
    covered: Mapping[Node, tuple[str, ...]] = MappingProxyType({})
    memory: Memory | None = None


class Passes:
    """A program that can be run again and again; its records are made when first needed.

    Parameters
    ----------
    form : the program; another one takes its place if kernels of it cannot be compiled.
    key : the random state.
    gradients : the array of each variable whose gradient is wanted, and whether to add to it.
    buffers : the version of each variable's array, by the array's id.
    team : the threads that the engine's instructions run on.
    smaller : the failure, and the step that needs the kernel if one does -> the form without it.
    """

    def __init__(self, form: Form, key: np.ndarray, gradients: Mapping[Node, tuple[np.ndarray, bool]],
                 buffers: Mapping[int, Buffer], team: "Team | None" = None,
                 smaller: Callable[[NotCompiled, Step | None], Form] | None = None):  # fmt: skip
        self._key, self._gradients, self._buffers = key, gradients, buffers
        self._team, self._smaller = team, smaller
        self._failed: Step | None = None  # whose kernel could not be compiled
        self._foreseen = False
        self._heads: dict[tuple[bool, ...], list[np.ndarray | None]] = {}
        self.interpreter = Interpreter(key)
        self._take(form)

    def _take(self, form: Form) -> None:
        self.program, self._add, self.covered, _ = form
        self._watched: dict[tuple, Steps] = {}
        self._forwards: dict[bool, Capture] = {}
        self._plans: dict[tuple[bool, ...], Backward] = {}
        self._backwards: dict[tuple[tuple[bool, ...], bool], Capture] = {}
        self._token, self._computed = object(), False  # whether values of a forward pass are there, without an arena
        self.arena = self._planned(form.memory) if form.memory is not None else None
        self._scratch = self.arena or Pool()  # records run one after another: their scratch is one

    def _planned(self, memory: "Memory") -> Arena:
        backward = None
        if self._gradients:
            heads = self.heads(memory.given)
            backward = Backward(self.program, heads, self._gradients, self._add, memory.placeholders)
            self._plans[memory.given] = backward
        return plan(self.program, backward, memory.placeholders, memory.shared)

    def forward(self, is_train: bool, replays: bool, observe: Callable[[Step], None] | None = None) -> None:
        """Compute all values; ``observe`` is shown each step, which needs the interpreter."""
        self._with_what_compiles(lambda: self._forward_held(is_train, replays, observe), is_train)

    def _with_what_compiles(self, run: Callable[[], None], is_train: bool) -> None:
        """Run a pass; each time that a kernel cannot be compiled, without what needs it."""
        outer = cache.on_missing.set(None if self._foreseen else partial(self._foresee, is_train))
        try:
            while True:
                try:
                    return run()
                except NotCompiled as failure:
                    if self._smaller is None:
                        raise
                    self._take(self._smaller(failure, self._failed))
                    self._failed = None
        finally:
            cache.on_missing.reset(outer)

    def _foresee(self, is_train: bool) -> None:
        """Let a second process compile what this pass and the one after it need, as a kernel is missing."""
        if self._foreseen:
            return
        self._foreseen = True
        from symcli.executor import compile_ahead

        try:
            compile_ahead.start(self._dry(is_train, Pool()).calls())
        except Exception:  # the pass itself meets whatever is wrong, and says where
            return

    def _dry(self, is_train: bool, scratch: "Pool | Arena") -> Capture:
        """Return a record of a step; nothing is compiled or run."""
        record = Capture(self._key, self._buffers, scratch, compiles=False)
        with engine.team.using(self._team) if self._team else nullcontext(), record.recording():
            self.program.forward(record, is_train)
            for plan in self._plans.values():
                plan.run(record, is_train)
        return record

    def _forward_held(self, is_train: bool, replays: bool, observe: Callable[[Step], None] | None) -> None:
        with self._holding(False):
            self._forward(is_train, replays, observe)

    def _forward(self, is_train: bool, replays: bool, observe: Callable[[Step], None] | None = None) -> None:
        if watch.told is not None and observe is None:
            self._tell("forward", (is_train, replays), partial(self.forward_steps, is_train, replays))
            return
        if not replays:
            self.program.forward(self.interpreter, is_train, observe)
            return
        record = self._forwards.get(is_train)
        if record is None:
            record = self.recorded(lambda capture: self.program.forward(capture, is_train))
            self._forwards[is_train] = record
        record.replay()

    @contextmanager
    def _holding(self, goes_back: bool) -> Iterator[bool]:
        """Take the arena's block for a pass; the result is whether the values of the last forward pass are in it.

        Afterwards they are, unless a backward pass has taken their memory.
        """
        if self.arena is None:
            yield self._computed
            self._computed = True
            return
        block = self.arena.block
        with block.lock:
            intact = block.holder is self._token
            block.holder = None
            yield intact
            if not goes_back or not self.arena.recomputes:
                block.holder = self._token

    def heads(self, given: tuple[bool, ...]) -> list[np.ndarray | None]:
        """Return where the gradients of the outputs go, of those that are given."""
        if given not in self._heads:
            self._heads[given] = [np.empty_like(self.program.values[entry]) if one else None
                                  for entry, one in zip(self.program.heads, given, strict=True)]  # fmt: skip
        return self._heads[given]

    def backward(self, given: tuple[bool, ...], is_train: bool, replays: bool) -> None:
        """Compute the gradients from those of the outputs, which were written to ``heads(given)``.

        Where a backward pass before this one, or another executor, has taken the memory of the values, they are
        computed again, with the same random numbers.
        """
        self._with_what_compiles(lambda: self._backward_held(given, is_train, replays), is_train)

    def _backward_held(self, given: tuple[bool, ...], is_train: bool, replays: bool) -> None:
        with self._holding(True) as intact:
            if not intact:
                self._forward(is_train, replays)
            self._backward(given, is_train, replays)

    def _backward(self, given: tuple[bool, ...], is_train: bool, replays: bool) -> None:
        if watch.told is not None:
            self.plan(given).start()
            self._tell("backward", (given, is_train, replays), partial(self.backward_steps, given, is_train, replays))
            return
        record = self._backwards.get((given, is_train)) if replays else None
        if record is None:
            plan = self.plan(given)
            if not replays:
                plan.run(self.interpreter, is_train)
                return
            record = self.recorded(lambda capture: plan.run(capture, is_train))
            self._backwards[given, is_train] = record
        record.replay()

    def forward_steps(self, is_train: bool, replays: bool) -> Steps:
        """Return what runs each operator of the forward pass by itself, in order."""
        return [(step, self._alone(partial(self.program.run_step, position, is_train=is_train), replays))
                for position, step in enumerate(self.program.steps)]  # fmt: skip

    def backward_steps(self, given: tuple[bool, ...], is_train: bool, replays: bool) -> Steps:
        """Return what runs each operator of the backward pass by itself, in order, after ``plan(given).start()``."""
        plan = self.plan(given)
        return [(one.step, self._alone(partial(plan.run_step, one, is_train=is_train), replays)) for one in plan.steps]

    def _alone(self, describe: Callable[[Interpreter], None], replays: bool) -> Callable[[], None]:
        return self.recorded(describe).replay if replays else partial(describe, self.interpreter)

    def _tell(self, kind: str, key: tuple, made: Callable[[], Steps]) -> None:
        """Run a pass step by step, and tell who watches how long each took."""
        if (kind, *key) not in self._watched:
            self._watched[kind, *key] = made()
        for step, run in self._watched[kind, *key]:
            start = time.perf_counter()
            run()
            if watch.told is not None:
                names = self.covered.get(step.node, (step.node.name,))
                watch.told(" + ".join(names), kind, start, time.perf_counter())

    def plan(self, given: tuple[bool, ...]) -> Backward:
        """Return the backward pass for the outputs whose gradients are given."""
        if given not in self._plans:
            self._plans[given] = Backward(self.program, self.heads(given), self._gradients, self._add)
        return self._plans[given]

    def recorded(self, describe: Callable[[Capture], None]) -> Capture:
        """Return a record of what ``describe`` runs on it."""
        record = Capture(self._key, self._buffers, self._scratch)
        with engine.team.using(self._team) if self._team else nullcontext(), record.recording():
            try:
                describe(record)
            except NotCompiled:
                self._failed = self._step_at(record.position)
                raise
            record.join()
        return record

    def needed(self, is_train: bool) -> tuple[int, int]:
        """Return the bytes of the arena and of what is kept from step to step; nothing is compiled or run.

        Without an arena the first is what all values take.
        """
        record = self._dry(is_train, self._scratch)
        made = [array for (node, _), array in self.program.values.items() if node.op is not None]
        return self.arena.used if self.arena else sum(array.nbytes for array in made), record.kept_bytes

    def _step_at(self, position: int) -> Step | None:
        """The operator at a position of the sequence; None where the executor itself adds or copies."""
        steps = self.program.steps
        if position == len(steps):
            return None
        return steps[position] if position < len(steps) else steps[2 * len(steps) - position]

    def records(self) -> Sequence[Capture]:
        """Return what was recorded so far."""
        return [*self._forwards.values(), *self._backwards.values()]
