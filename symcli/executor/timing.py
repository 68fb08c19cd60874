"""How long each operator of a bound graph takes, forward and backward, as it is run.

Under the engine these are the operators of the lowered graph: groups of nodes, and conversions between storages.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from symcli.executor.executor import Executor
from symcli.executor.lower.op import FromPlanes, ToPlanes
from symcli.executor.passes import Passes
from symcli.executor.program import Step
from symcli.ndarray.array import NDArray

__all__ = ["Timed", "Times", "time_executor"]

Run = Callable[[], float]

LEAST_ROUNDS = 3
WHOLE = -1


@dataclass(frozen=True)
class Timed:
    """One operator.

    Attributes
    ----------
    nodes : the names of the graph's nodes that it computes; of a conversion, the node whose value is converted.
    operator : its class.
    converts : whether it only changes where a value lies.
    forward, backward : median seconds; None for what is not run.
    """

    nodes: tuple[str, ...]
    operator: str
    converts: bool
    forward: float
    backward: float | None


@dataclass
class Times:
    """What was measured.

    Attributes
    ----------
    steps : the operators in the order they are run.
    forward, backward : median seconds of the whole passes, run as always; backward None if it is not run.
    rounds : how often all was run.
    """

    steps: list[Timed] = field(default_factory=list)
    forward: float = 0.0
    backward: float | None = None
    rounds: int = 0


def time_executor(bound: Executor, is_train: bool, heads: Sequence[NDArray | None], seconds: float) -> Times:
    """Time an executor whose arrays hold values.

    Rounds of all operators one by one and of the whole passes take turns, so that each finds the caches as it does
    in a step. In training, what is prepared from weights is prepared each time and counts.

    Parameters
    ----------
    is_train : time the forward pass of training, and backward; else that of prediction.
    heads : the gradients of the outputs, None for losses.
    seconds : how long to repeat; at least three rounds are run.
    """
    bound.forward(is_train)
    if is_train:
        bound.backward(heads)
    passes = bound._passes()
    runs = _runs(bound, passes, is_train, heads)
    runs["forward", WHOLE] = lambda: _seconds(lambda: bound.forward(is_train))
    if is_train:
        runs["backward", WHOLE] = lambda: _seconds(lambda: bound.backward(heads))
    for run in runs.values():  # what is compiled or made on first use does not count
        run()
    measured: dict[tuple[str, int], list[float]] = {key: [] for key in runs}
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < LEAST_ROUNDS or time.perf_counter() < end:
        for key, run in runs.items():
            for buffer in bound._buffers.values() if is_train else ():
                buffer.version += 1  # as after an update: training prepares weights anew
            measured[key].append(run())
        rounds += 1
    middle = {key: statistics.median(values) for key, values in measured.items()}
    steps = [_timed(passes, step, middle["forward", number], middle.get(("backward", number)))
             for number, step in enumerate(passes.program.steps)]  # fmt: skip
    return Times(steps, middle["forward", WHOLE], middle.get(("backward", WHOLE)), rounds)


def _runs(
    bound: Executor, passes: Passes, is_train: bool, heads: Sequence[NDArray | None]
) -> dict[tuple[str, int], Run]:
    """Return what runs each operator by itself, forward in order and backward in reverse, and says the seconds."""
    steps, replays = passes.program.steps, bound.mode != "interpreter"
    runs: dict[tuple[str, int], Run] = {
        ("forward", number): partial(_seconds, run)
        for number, (_, run) in enumerate(passes.forward_steps(is_train, replays))
    }
    if is_train:
        given = tuple(head is not None for head in heads)
        runs |= {("backward", steps.index(step)): partial(_seconds, run)
                 for step, run in passes.backward_steps(given, is_train, replays)}  # fmt: skip
    return runs


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _timed(passes: Passes, step: Step, forward: float, backward: float | None) -> Timed:
    nodes = passes.covered.get(step.node, (step.node.name,))
    return Timed(nodes, step.op.name, isinstance(step.op, FromPlanes | ToPlanes), forward, backward)
