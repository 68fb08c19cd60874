"""How an executor runs: by the engine, by records of plain operators, or by the interpreter."""

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from symcli import engine, environment
from symcli.executor.lower import lower
from symcli.executor.memory import SharedBlock
from symcli.executor.passes import Memory, Passes
from symcli.executor.plan import Placeholders
from symcli.executor.program import Program, needs_gradient
from symcli.graph.infer import Inference
from symcli.graph.node import Entry, Node
from symcli.ndarray.array import Buffer

__all__ = ["engine_in_use", "lowered_passes", "threads"]


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
    except Exception as error:  # whatever keeps LLVM from making code here, the plain operators still work
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    logging.getLogger("symcli").warning(
        "The engine does not work on this machine (%s); the plain operators run instead, slower. "
        "symcli doctor tells more; SYMCLI_EXECUTOR=replay keeps this message away.", reason
    )  # fmt: skip
    return False


def lowered_passes(program: Program, shapes: Callable[[Entry], tuple[int, ...]], types: Inference[str],
                   key: np.ndarray, gradients: Mapping[Node, tuple[np.ndarray, bool]],
                   buffers: Mapping[int, Buffer], shared: SharedBlock | None = None) -> Passes | None:  # fmt: skip
    """Return the passes of the lowered graph; None if the engine knows nothing in it, or does not work here.

    Parameters
    ----------
    program : the plain one, whose heads' and variables' arrays are used.
    shared : the block that the arena of values lies in; one of its own if not given.
    """
    lowered = lower(program.heads, shapes, types.known, set(gradients))
    if lowered is None or not _engine_works():
        return None
    outputs = {new: program.values[old] for new, old in zip(lowered.heads, program.heads, strict=True)}
    variables = {node: array for (node, _), array in program.values.items() if node.op is None}
    placeholders = Placeholders()

    def allocated(entry: Entry) -> np.ndarray:
        return outputs[entry] if entry in outputs else placeholders.take(*lowered.layouts[entry].stored)

    made = Program(lowered.heads, variables, allocated, lowered.numbers)
    memory = Memory(placeholders, tuple(needs_gradient(node) for node, _ in program.heads), shared or SharedBlock())
    add, team = engine.elementwise.accumulate, engine.team.current()
    return Passes(made, key, gradients, buffers, add, team, lowered.covered, memory)
