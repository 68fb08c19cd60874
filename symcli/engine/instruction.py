"""Instructions: the engine's kernels, and the tape that a run of them becomes."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from symcli.engine.jit import instruction_address
from symcli.engine.tape import HEADER, aligned
from symcli.engine.team import Team, current
from symcli.kernels.kernel import Kernel, NotCompiled

__all__ = ["Instruction", "Tape", "instruction"]


class Instruction:
    """A compiled function of parameters that all threads of a team run; compiled when it is first needed."""

    def __init__(self, body: Callable[..., None]):
        self.body, self.__name__, self.__doc__ = body, body.__name__, body.__doc__

    @cached_property
    def _compiled(self) -> tuple[int, Any]:
        try:
            return instruction_address(self.body)
        except Exception as error:  # whatever Numba and LLVM raise
            text = str(error).strip().splitlines() or ["no message"]
            raise NotCompiled(f"{self.__name__}: {type(error).__name__}: {text[0]}") from error

    @property
    def address(self) -> int:
        return self._compiled[0]

    def __call__(self, *arguments: Any) -> None:
        """Run at once, on the current team."""
        Tape([(self, arguments)])()

    @staticmethod
    def joined(calls: Sequence[tuple["Instruction", tuple]]) -> "Tape":
        """Return the tape of calls that follow one another."""
        return Tape(calls)


class Tape:
    """Calls of instructions, ready to run; keeps alive whatever they refer to.

    Parameters
    ----------
    calls : instructions with their arguments: arrays and numbers.
    """

    def __init__(self, calls: Sequence[tuple[Instruction, tuple]]):
        self.team: Team = current()
        self.calls = list(calls)
        self._blocks = [_parameters(arguments) for _, arguments in calls]
        self._words = np.empty((len(calls), 2), np.int64)
        for line, (instruction, _), block in zip(self._words, calls, self._blocks, strict=True):
            line[:] = instruction.address, _address(block) + 8 * HEADER
        self._tape, self._count = _address(self._words), len(calls)

    def __call__(self) -> None:
        self.team.run(self._tape, self._count)

    def run_one(self, i: int) -> None:
        """Run instruction number i alone, as to time it."""
        self.team.run(self._tape + 16 * i, 1)

    @property
    def __name__(self) -> str:
        return f"tape of {self._count}"


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _parameters(arguments: Sequence[Any]) -> np.ndarray:
    """Return the block of parameter words, after a header that the instruction's tickets are counted in."""
    block = aligned(HEADER + len(arguments), np.int64)
    words, reals = block[HEADER:], block[HEADER:].view(np.float64)
    for i, argument in enumerate(arguments):
        if isinstance(argument, np.ndarray):
            words[i] = _address(argument)
        elif isinstance(argument, float | np.floating):
            reals[i] = argument
        else:
            words[i] = int(argument)
    return block


def instruction(body: Callable[..., None]) -> Kernel:
    """Make a kernel of ``body(p, thread, threads)``; called with arrays and numbers, which become its parameters."""
    return Kernel(Instruction(body))
