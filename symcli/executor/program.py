"""A graph with its arrays: what forward and backward do, node by node."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from symcli import kernels
from symcli.errors import MXNetError
from symcli.executor.interpreter import Interpreter
from symcli.executor.memory import Pool
from symcli.graph.node import Entry, Node, topological
from symcli.ops.op import Op

__all__ = ["Backward", "Program", "Step", "needs_gradient", "wanted_entries"]


class Lender(Protocol):
    """What lends memory and takes it back, as ``memory.Pool``."""

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray: ...

    def give_back(self, array: np.ndarray) -> None: ...


@dataclass
class Step:
    """An operator node with its number in the graph and its arrays."""

    node: Node
    op: Op
    number: int
    in_data: list[np.ndarray]
    out_data: list[np.ndarray]
    aux: list[np.ndarray]

    @property
    def arguments(self) -> list[Entry]:
        return self.node.inputs[: len(self.in_data)]


@dataclass
class BackwardStep:
    """One call of an operator's backward, with what comes before and after it."""

    step: Step
    position: int  # in the sequence of forward and backward
    out_grad: list[np.ndarray | None]
    in_grad: list[np.ndarray | None]
    zeroed: list[np.ndarray] = field(default_factory=list)  # gradients nobody sent
    added: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # (part, sum) for further consumers
    adds: set[int] = field(default_factory=set)  # positions whose gradient the operator adds itself


class Program:
    """A graph bound to arrays.

    Parameters
    ----------
    heads : the outputs.
    variables : the array of every variable.
    allocate : an entry that an operator makes -> its array.
    numbers : the number of each node, which random numbers depend on; counted in order if not given.
    """

    def __init__(self, heads: Sequence[Entry], variables: Mapping[Node, np.ndarray],
                 allocate: Callable[[Entry], np.ndarray], numbers: Mapping[Node, int] | None = None):  # fmt: skip
        self.heads = list(heads)
        self.values: dict[Entry, np.ndarray] = {(node, 0): array for node, array in variables.items()}
        self.steps: list[Step] = []
        for number, node in enumerate(topological(heads)):
            if node.op is None:
                continue
            if numbers is not None:
                number = numbers[node]
            outputs = [(node, i) for i in range(node.num_outputs)]
            for entry in outputs:
                self.values[entry] = allocate(entry)
            inputs = [self.values[entry] for entry in node.inputs]
            count = len(node.inputs) - len(node.auxiliary_inputs)
            made = [self.values[entry] for entry in outputs]
            self.steps.append(Step(node, node.op, number, inputs[:count], made, inputs[count:]))

    def forward(self, runner: Interpreter, is_train: bool, observe: Callable[[Step], None] | None = None) -> None:
        """Run or record all operators; ``observe`` is shown each step after it ran."""
        for position in range(len(self.steps)):
            self.run_step(position, runner, is_train)
            if observe is not None:
                observe(self.steps[position])

    def run_step(self, position: int, runner: Interpreter, is_train: bool) -> None:
        """Run or record one operator."""
        step = self.steps[position]
        runner.enter(position)
        runner.run(step.op.forward, step.number, is_train, (step.in_data, step.out_data, step.aux))

    def replace(self, arrays: Mapping[int, np.ndarray]) -> None:
        """Put other arrays in the place of some, given by their ids."""
        self.values = {entry: arrays.get(id(value), value) for entry, value in self.values.items()}
        for step in self.steps:
            step.in_data = [arrays.get(id(value), value) for value in step.in_data]
            step.out_data = [arrays.get(id(value), value) for value in step.out_data]

    def written(self, in_forward: bool = False) -> set[Node]:
        """Return the variables that operators write, or that forward writes: auxiliary states and mutated arguments."""
        nodes = set()
        for step in self.steps:
            if step.op.states_move_in_forward or not in_forward:
                nodes |= {source for source, _ in step.node.auxiliary_inputs}
            names = step.op.list_arguments()
            nodes |= {
                source for name, (source, _) in zip(names, step.arguments, strict=True) if name in step.op.writes()
            }
        return nodes


def plain_add(part: np.ndarray, total: np.ndarray) -> None:
    """total += part."""
    kernels.elemwise.add(total, part, total)


class Backward:
    """The backward pass of a program, for given heads and wanted gradients.

    Parameters
    ----------
    heads : for each output the array of its gradient, or None for a loss that is given none.
    gradients : the array of each variable whose gradient is wanted, and whether to add to it.
    accumulate : (part, total): total += part.
    pool : what memory of gradients on their way is taken from.

    In the sequence of a step, forward has positions 0 to n - 1, the heads' gradients are copied at n, and the backward
    of operator i stands at 2 n - i.
    """

    def __init__(self, program: Program, heads: Sequence[np.ndarray | None],
                 gradients: Mapping[Node, tuple[np.ndarray, bool]],
                 accumulate: Callable[[np.ndarray, np.ndarray], None] = plain_add,
                 pool: "Lender | None" = None):  # fmt: skip
        self._accumulate = accumulate
        self._program, self._gradients = program, gradients
        self._wanted = wanted_entries(program, gradients)
        self._sums: dict[Entry, np.ndarray] = {}
        self._owned: set[Entry] = set()
        self._pool: Lender = pool or Pool()
        self._start: list[tuple[np.ndarray, np.ndarray, bool]] = []  # (head, sum, add)
        self.steps: list[BackwardStep] = []
        self._plan(heads)

    def _plan(self, heads: Sequence[np.ndarray | None]) -> None:
        for entry, head in zip(self._program.heads, heads, strict=True):
            if head is None or entry not in self._wanted:
                continue
            into, fresh = self._destination(entry)
            self._start.append((head, into if fresh else self._sums[entry], not fresh))
        count = len(self._program.steps)
        for i in reversed(range(count)):
            self._plan_step(self._program.steps[i], 2 * count - i)
        self._untouched = [array for node, (array, add) in self._gradients.items()
                           if not add and (node, 0) not in self._sums]  # fmt: skip

    def _destination(self, entry: Entry) -> tuple[np.ndarray, bool]:
        """Return where the next part of an entry's gradient goes, and whether it is the first."""
        if entry in self._sums:
            return self._temporary(entry), False
        given = self._gradients.get(entry[0])
        if given is not None:
            self._sums[entry] = given[0]
            return (self._temporary(entry), False) if given[1] else (given[0], True)
        self._sums[entry] = self._temporary(entry)
        self._owned.add(entry)
        return self._sums[entry], True

    def _temporary(self, entry: Entry) -> np.ndarray:
        value = self._program.values[entry]
        return self._pool.take(value.shape, value.dtype)

    def _plan_step(self, step: Step, position: int) -> None:
        outputs = [(step.node, i) for i in range(len(step.out_data))]
        reached = [entry for entry in outputs if entry in self._sums]
        asked = [entry in self._wanted for entry in step.arguments]
        if step.op.gradient == "yes" and any(asked) and (reached or step.op.is_loss):
            plan = BackwardStep(step, position, [], [])
            for i, entry in enumerate(outputs):
                grad = self._sums.get(entry)
                if grad is None and i < step.node.num_visible_outputs and not step.op.is_loss:
                    grad = self._temporary(entry)
                    plan.zeroed.append(grad)
                plan.out_grad.append(grad)
            temporaries = []
            inplace = step.op.gradient_inplace
            handed = inplace is not None and self._hand_on(outputs[0], step.arguments[inplace])
            for position, (entry, wants) in enumerate(zip(step.arguments, asked, strict=True)):
                if handed and position == inplace:
                    plan.in_grad.append(plan.out_grad[0])
                    continue
                if not wants:
                    plan.in_grad.append(None)
                    continue
                if self._adds(step, position):
                    plan.in_grad.append(self._sums[entry])
                    plan.adds.add(position)
                    continue
                into, fresh = self._destination(entry)
                plan.in_grad.append(into)
                if not fresh:
                    plan.added.append((into, self._sums[entry]))
                    temporaries.append(into)
            for array in (*temporaries, *plan.zeroed):
                self._pool.give_back(array)
            if step.op.shares_gradient:
                self._share(plan)
            self.steps.append(plan)
        for entry in reached:
            if entry in self._owned:
                self._pool.give_back(self._sums[entry])

    def _adds(self, step: Step, position: int) -> bool:
        """Tell whether the operator can add to what earlier parts of an argument's gradient, or the caller, left."""
        entry = step.arguments[position]
        if position not in step.op.gradient_adds or step.arguments.count(entry) > 1:
            return False
        given = self._gradients.get(entry[0])
        if entry not in self._sums and given is not None and given[1]:
            self._sums[entry] = given[0]
        return entry in self._sums

    def _hand_on(self, output: Entry, argument: Entry) -> bool:
        """Let the gradient of an argument take the memory of the output's, where no array of the caller's is in it."""
        fresh = argument in self._wanted and argument not in self._sums and argument[0] not in self._gradients
        if not fresh or output not in self._owned:
            return False
        self._sums[argument] = self._sums[output]
        self._owned.remove(output)
        self._owned.add(argument)
        return True

    def _share(self, plan: BackwardStep) -> None:
        """Let the second of two variables take the first one's gradient with all that was added before.

        MXNet 1.9.1 keeps one array for both gradients of a + b, and with grad_req="add" that is the
        array of a: b gets what a has accumulated. Recorded for two variables, and kept for them only.
        """
        first, second = plan.step.arguments
        used = Counter(entry for step in self._program.steps for entry in step.arguments) + Counter(self._program.heads)
        given = [self._gradients.get(node) for node, _ in (first, second)]
        if given[0] is None or given[1] is None or not given[0][1] or used[first] != 1 or used[second] != 1:
            return
        total, other = given[0][0], given[1][0]
        plan.in_grad[1] = None
        plan.added = [*plan.added[:1], (total, other)]
        if not given[1][1]:
            plan.zeroed.append(other)

    def visit(self, seen: Callable[..., None]) -> None:
        """Call ``seen(position, *arrays)`` for all that is read and written, in order."""
        seen(len(self._program.steps), *(into for _, into, _ in self._start))
        for plan in self.steps:
            sums = (array for pair in plan.added for array in pair)
            given, made = _declared_uses(plan.step)
            seen(plan.position, *plan.zeroed, *plan.out_grad, *given, *made, *plan.in_grad, *sums)

    def replace(self, arrays: Mapping[int, np.ndarray]) -> None:
        """Put other arrays in the place of some, given by their ids."""

        def other(array: Any) -> Any:
            return arrays.get(id(array), array)

        self._start = [(head, other(into), add) for head, into, add in self._start]
        self._sums = {entry: other(array) for entry, array in self._sums.items()}
        for plan in self.steps:
            plan.out_grad, plan.in_grad = [*map(other, plan.out_grad)], [*map(other, plan.in_grad)]
            plan.zeroed = [*map(other, plan.zeroed)]
            plan.added = [(other(part), other(total)) for part, total in plan.added]

    def run(self, runner: Interpreter, is_train: bool) -> None:
        """Run or record the pass."""
        self.start()
        for plan in self.steps:
            self.run_step(plan, runner, is_train)

    def start(self) -> None:
        """Run or record what comes before the first operator: the heads' gradients go to their places."""
        for head, into, add in self._start:
            if add:
                self._accumulate(head, into)
            else:
                kernels.move.copy(head, into)
        for array in self._untouched:
            kernels.move.fill(0, array)

    def run_step(self, plan: BackwardStep, runner: Interpreter, is_train: bool) -> None:
        """Run or record what one operator does in the pass."""
        runner.enter(plan.position)
        for array in plan.zeroed:
            kernels.move.fill(0, array)
        step = plan.step
        in_data, out_data = _declared_uses(step)
        arrays = (plan.out_grad, in_data, out_data, plan.in_grad, step.aux)
        runner.run(step.op.backward, step.number, is_train, arrays, plan.adds)
        with np.errstate(all="ignore"):  # NaN and infinity are values here, as in MXNet
            for part, total in plan.added:
                self._accumulate(part, total)


def _declared_uses(step: Step) -> tuple[list[np.ndarray | None], list[np.ndarray | None]]:
    """Return the arrays that a backward declares to use; None in place of all others."""
    uses = step.op.backward_uses
    if uses is None:
        return list(step.in_data), list(step.out_data)
    arguments, outputs = step.op.list_arguments(), step.op.list_outputs()
    return (
        [array if name in uses else None for name, array in zip(arguments, step.in_data, strict=True)],
        [array if name in uses else None for name, array in zip(outputs, step.out_data, strict=True)],
    )


def needs_gradient(node: Node) -> bool:
    """Tell whether backward must be given the gradient of a head: it is neither a loss nor constant."""
    return node.op is None or not (node.op.is_loss or node.op.gradient == "zero")


def wanted_entries(program: Program, gradients: Mapping[Node, object]) -> set[Entry]:
    """Return the entries through which gradients reach the wanted variables.

    Raises
    ------
    MXNetError
        If an operator without gradient stands between a wanted variable and a head.
    """
    wanted: set[Entry] = {(node, 0) for node in gradients}
    for step in program.steps:
        if step.op.gradient != "zero" and any(entry in wanted for entry in step.arguments):
            wanted |= {(step.node, i) for i in range(len(step.out_data))}
    flowing = {node for node, _ in program.heads}
    for step in reversed(program.steps):
        if not step.op.is_loss and step.node not in flowing:
            continue
        asked = [entry for entry in step.arguments if entry in wanted]
        if step.op.gradient == "none" and asked:
            raise MXNetError(
                f"{step.node.name} ({step.op.name}): has no gradient, but one is asked for through its input "
                f"{asked[0][0].name}; set grad_req='null' for the variables before it, or put BlockGrad around it"
            )
        if step.op.gradient == "yes":
            flowing |= {source for source, _ in asked}
    return wanted
