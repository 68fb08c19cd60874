"""The size of the code by package, without comments, docstrings and blanks (``pytest -s`` prints it).

A ceiling moves only in a change that says why.
"""

from collections import Counter

from tests.house.source import DOORS, PACKAGE, ROOT, code_lines, functions, package_files, room

CEILINGS = {
    "foundation": 600,
    "kernels": 3500,
    "engine": 4500,
    "ops": 7500,  # 4,000 were meant for the first 90 names; these are all of MXNet's symbolic world, some 600
    "graph": 1660,  # tables, pictures and random symbols beside the graph itself; loops, branches, MXNet's inner names
    "ndarray": 1530,  # MXNet's whole face: each fluent method, indexing form and creation function; nd.contrib's
    "executor": 2440,  # modes, passes, the plan of memory; Python operators, loops, devices; empty arrays
    "executor/lower": 2080,  # the engine's rules and private operators: one file a family; cells spelt step by step
    "spec": 2400,  # 1,300 did not foresee a finding with its own place, words and help for every kind of mistake
    "data": 5800,  # 2,000 were for reading; preparing, checking, showing, MXNet's image and box doors stand there
    "rnn": 700,  # cells of convolutions too
    "train": 4350,  # 2,500 were Module and what it uses; other modules, stores, losses, test_utils; programs' own loops
    "system": 330,  # what MXNet programs ask of the library: features, logs, the profiler, types (mx.base)
    "detect": 900,
    "job": 1200,  # every option declared once; findings across sections; the JSON Schema; starting a job
    "run": 1800,  # runs, checkpoints, exact resume, models, prediction, fine-tuning; detectors and cascades too
    "cli": 2500,  # a command a verb: train, eval, predict, detect, data, time, and their screens
    "doors": 600,
}
FOUNDATION = {"errors", "environment", "dtypes", "files", "params", "shapes"}
LONGEST_FILE = 600  # all lines
LONGEST_FUNCTION = 60  # lines of code
# What may be longer, and why.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}


def package_of(path) -> str:
    if path.parent == PACKAGE / "executor" / "lower":
        return "executor/lower"
    if path.parent != PACKAGE:
        return "doors" if room(path) in DOORS else room(path)
    return "foundation" if room(path) in FOUNDATION else "doors"


def test_packages_are_below_their_ceilings():
    sizes = Counter()
    for path in package_files():
        sizes[package_of(path)] += len(code_lines(path))
    for name, size in sizes.items():
        print(f"{name:14} {size:6,} of {CEILINGS.get(name, 0):6,}")
    print(f"{'all':14} {sum(sizes.values()):6,}")
    assert set(sizes) <= set(CEILINGS), "give the new package a ceiling"
    assert {name: size for name, size in sizes.items() if size > CEILINGS[name]} == {}


def test_files_are_short():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines())
            for path in [*package_files(), *ROOT.glob("tests/**/*.py")]}  # fmt: skip
    long = {name: size for name, size in long.items() if size > LONGEST_FILE}
    assert set(long) == set(LONG_FILES), f"over {LONGEST_FILE} lines: {long}"


def test_functions_are_short():
    long = {}
    for path in package_files():
        for name, node in functions(path):
            size = len(code_lines(path) & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            if size > LONGEST_FUNCTION:
                long[f"{path.relative_to(ROOT).as_posix()}:{name}"] = size
    assert set(long) == set(LONG_FUNCTIONS), f"over {LONGEST_FUNCTION} lines: {long}"
