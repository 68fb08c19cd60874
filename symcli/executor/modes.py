"""How an executor runs: by the engine, by records of plain operators, or by the interpreter."""

import logging
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

import numpy as np

from symcli import engine, environment
from symcli.executor.lower import lower
from symcli.executor.lower.graph import Match
from symcli.executor.memory import SharedBlock
from symcli.executor.passes import Form, Memory, Passes
from symcli.executor.plan import Placeholders
from symcli.executor.program import Program, Step, needs_gradient
from symcli.graph.infer import Inference
from symcli.graph.node import Entry, Node, topological
from symcli.kernels.kernel import NotCompiled
from symcli.ndarray.array import Buffer

__all__ = ["engine_in_use", "lowered_passes", "threads", "warn_not_compiled"]


def threads() -> int:
    """Return the number of threads that the engine takes for one device."""
    return engine.team.current().size


def engine_in_use() -> bool:
    """Return whether executors made now run on the engine, and it works here."""
    return environment.executor() == "engine" and _engine_works()


@lru_cache(None)
def _engine_works() -> bool:
    """Compile and run one instruction; where that fails, say so once and do without the engine."""
    try:
        x, y = np.arange(24, dtype=np.float32), np.zeros((3, 16), np.float32)
        engine.convert.to_planes(x, y, 2, 3, 4, 16)
        if np.array_equal(y[:, :8], x.reshape(2, 3, 4).transpose(1, 0, 2).reshape(3, 8)):
            return True
        reason = "it computes wrong numbers"
    except NotCompiled as failure:  # whatever keeps LLVM from making code here, the plain operators still work
        reason = str(failure)
    logging.getLogger("symcli").warning(
        "The engine does not work on this machine (%s); the plain operators run instead, slower. "
        "symcli doctor tells more; SYMCLI_EXECUTOR=replay keeps this message away.", reason
    )  # fmt: skip
    return False


class _Lowering:
    """The lowered forms of a program: the first, and smaller ones where kernels cannot be compiled."""

    def __init__(self, program: Program, shapes: Callable[[Entry], tuple[int, ...]], types: Inference[str],
                 wanted: Collection[Node], shared: SharedBlock):  # fmt: skip
        self._program, self._shapes, self._types, self._wanted = program, shapes, types, set(wanted)
        self._shared = shared
        self._without: set[Node] = set()
        self._matches: dict[Node, Match] = {}

    def form(self) -> Form | None:
        """Return the lowered program; None if the engine knows nothing that is left in it."""
        program = self._program
        lowered = lower(program.heads, self._shapes, self._types.known, self._wanted, self._without)
        if lowered is None or not _engine_works():
            return None
        roots = {lowered.numbers[node]: node for node in lowered.covered}
        numbers = {node: number for number, node in enumerate(topological(program.heads))}
        self._matches = {roots[numbers[match.root]]: match for match in lowered.matches}
        outputs = {new: program.values[old] for new, old in zip(lowered.heads, program.heads, strict=True)}
        variables = {node: array for (node, _), array in program.values.items() if node.op is None}
        placeholders = Placeholders()

        def allocated(entry: Entry) -> np.ndarray:
            return outputs[entry] if entry in outputs else placeholders.take(*lowered.layouts[entry].stored)

        made = Program(lowered.heads, variables, allocated, lowered.numbers)
        memory = Memory(placeholders, tuple(needs_gradient(node) for node, _ in program.heads), self._shared)
        return Form(made, engine.elementwise.accumulate, lowered.covered, memory)

    def smaller(self, failure: NotCompiled, step: Step | None) -> Form:
        """Return the form without what covers a step whose kernel could not be compiled; None: the executor's own."""
        warn_not_compiled(str(failure))
        match = self._matches.get(step.node) if step is not None else None
        try:
            if match is not None:
                self._without |= set(match.nodes)
                return self.form() or Form(self._program)
        except NotCompiled:
            pass
        return Form(self._program)


@lru_cache(1)
def _warned() -> list[str]:
    return []


def warn_not_compiled(reason: str) -> None:
    """Say once in a process that a kernel cannot be compiled."""
    if not _warned():
        logging.getLogger("symcli").warning(
            "The engine could not compile one of its kernels (%s); what needs it runs on plain operators, slower. "
            "symcli doctor tells what this machine offers; SYMCLI_EXECUTOR=replay does without the engine.", reason
        )  # fmt: skip
    _warned().append(reason)


def lowered_passes(program: Program, shapes: Callable[[Entry], tuple[int, ...]], types: Inference[str],
                   key: np.ndarray, gradients: Mapping[Node, tuple[np.ndarray, bool]],
                   buffers: Mapping[int, Buffer], shared: SharedBlock | None = None) -> Passes | None:  # fmt: skip
    """Return the passes of the lowered graph; None if the engine knows nothing in it, or does not work here.

    Parameters
    ----------
    program : the plain one, whose heads' and variables' arrays are used.
    shared : the block that the arena of values lies in; one of its own if not given.
    """
    lowering = _Lowering(program, shapes, types, gradients, shared or SharedBlock())
    try:
        form = lowering.form()
    except NotCompiled as failure:
        warn_not_compiled(str(failure))
        return None
    if form is None:
        return None
    return Passes(form, key, gradients, buffers, engine.team.current(), lowering.smaller)
