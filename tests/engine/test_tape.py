"""The tape: words of all kinds, order, tickets, recording, and teams in threads and forked processes."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from symcli.engine import team
from symcli.engine.instruction import Instruction, Tape, instruction
from symcli.engine.tape import floats, integers, real, share, ticket, word
from symcli.kernels.kernel import recording


@instruction
def scale(p, thread, threads):
    """y = a x.  0 x, 1 y, 2 a, 3 n"""
    n = word(p, 3)
    x, y, a = floats(word(p, 0), n), floats(word(p, 1), n), real(p, 2)
    start, stop = share(n, 1, thread, threads)
    for i in range(start, stop):
        y[i] = a * x[i]


@instruction
def count_blocks(p, thread, threads):
    """seen[i] += 1 for each ticket i.  0 seen, 1 blocks"""
    blocks = word(p, 1)
    seen = integers(word(p, 0), blocks)
    while True:
        block = ticket(p, blocks, threads)
        if block < 0:
            break
        seen[block] += 1


@pytest.fixture(params=[1, 2, 4])
def threads(request):
    with team.using(team.get(request.param)):
        yield request.param


def test_called_at_once(threads):
    x, y = np.arange(5, dtype=np.float32), np.zeros(5, np.float32)
    scale(x, y, np.float32(2.5), 5)
    assert np.array_equal(y, x * 2.5)


def test_instructions_of_a_tape_follow_one_another(threads):
    x = np.ones(1000, np.float32)
    calls = []
    with recording(lambda function, arguments: calls.append((function, arguments))):
        for _ in range(10):
            scale(x, x, 2.0, x.size)
    assert (x == 1).all() and all(isinstance(function, Instruction) for function, _ in calls)
    tape = Instruction.joined(calls)
    tape()
    assert (x == 2**10).all()
    tape.run_one(0)
    assert (x == 2**11).all()


def test_tape_keeps_its_arrays_alive(threads):
    y = np.zeros(50_000, np.float32)
    tape = Tape([(scale.run, (np.full(50_000, 3, np.float32), y, 1.0, 50_000))])
    noise = [np.full(50_000, 7, np.float32) for _ in range(5)]
    tape()
    assert (y == 3).all() and len(noise) == 5


def test_each_block_is_drawn_once_in_each_run(threads):
    seen = np.zeros(37, np.int64)
    tape = Tape([(count_blocks.run, (seen, 37))])
    for run in range(1, 50):
        tape()
        assert (seen == run).all()


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 100])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_shares_cover_everything_once(count, size):
    parts = [share(count, 16, thread, size) for thread in range(size)]
    assert [i for start, stop in parts for i in range(start, stop)] == list(range(count))
    assert all(start % 16 == 0 for start, stop in parts if start < stop)


def test_two_python_threads_share_a_team():
    begin = threading.Barrier(4)

    def right(_):
        y = np.zeros(1000, np.float32)
        with team.using(team.get(2)):
            tape = Tape([(scale.run, (np.ones(1000, np.float32), y, 3.0, 1000))])
            begin.wait()  # so that they meet, and not one follows the other
            for _ in range(200):
                y.fill(0)
                tape()
                if not (y == 3).all():
                    return False
        return True

    with ThreadPoolExecutor(4) as users:
        assert list(users.map(right, range(4))) == [True] * 4


@pytest.mark.slow
def test_a_team_that_sleeps_wakes_up():
    import time

    x, y = np.ones(100, np.float32), np.zeros(100, np.float32)
    with team.using(team.get(2)):
        for factor in range(1, 6):
            scale(x, y, float(factor), 100)
            assert (y == factor).all()
            time.sleep(0.05)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork beside threads is what is tested
def test_a_forked_child_gets_threads_of_its_own():
    x, y = np.ones(100, np.float32), np.zeros(100, np.float32)
    with team.using(team.get(2)):
        tape = Tape([(scale.run, (x, y, 4.0, 100))])
    tape()
    child = os.fork()
    if child == 0:
        try:
            y.fill(0)
            tape()
        finally:  # whatever is raised, the child is not to run the other tests
            os._exit(0 if (y == 4).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    tape()
    assert (y == 4).all()
