"""What a kernel may look like: arrays and numbers in, output last, nothing returned, nothing remembered."""

import ast

import pytest

from tests.house.source import PACKAGE, ROOT, functions, tree

FAMILIES = [path for path in sorted((PACKAGE / "kernels").glob("*.py"))
            if path.name not in ("__init__.py", "cache.py", "jit.py", "kernel.py", "processor.py")]  # fmt: skip


def decorated(path):
    """Yield the functions of a family that are compiled or called as kernels, with their decorator's name."""
    for _, node in functions(path):
        for decorator in node.decorator_list:
            name = ast.unparse(decorator).split("(")[0].split(".")[-1]
            if name in ("kernel", "numpy_kernel", "function"):
                yield name, node


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_kernels_take_arrays_and_numbers(path):
    for kind, node in decorated(path):
        where = f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        assert not defaults, f"{where}: a default; every number is handed in"
        assert not node.args.vararg and not node.args.kwarg and not node.args.kwonlyargs, where
        arguments = {argument.arg for argument in node.args.args}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Compare):
                values = [inner.left, *inner.comparators]
                asks = any(isinstance(one, ast.Name) and one.id in arguments for one in values)
                texts = any(isinstance(one, ast.Constant) and isinstance(one.value, str | None) for one in values)
                assert not (asks and texts), f"{where}: asks for a text or None; what is absent is a kernel not called"
            if kind != "function" and isinstance(inner, ast.Return):
                assert inner.value is None, f"{where}: returns; the output is the last argument"


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_kernels_say_their_formula(path):
    for kind, node in decorated(path):
        if kind != "function":
            assert ast.get_docstring(node), f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has no docstring"


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_kernel_families_hold_no_changing_globals(path):
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.Global), f"{path.relative_to(ROOT)}:{node.lineno}: a global that changes"


def inlined(path):
    """Return the names of a file's functions that are compiled into kernels, and only there."""
    return {node.name for node in tree(path).body if isinstance(node, ast.FunctionDef)
            and {ast.unparse(one) for one in node.decorator_list} & {"inline", "function"}}  # fmt: skip


COMPILED = [*FAMILIES, *sorted((PACKAGE / "engine").glob("*.py"))]
INLINED = set().union(*map(inlined, COMPILED))


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_python_calls_no_function_that_is_for_kernels(path):
    """Such a call would compile the function in every process: it is kept with the kernels alone."""
    imported = {alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) for alias in node.names}
    names = inlined(path) | (INLINED & imported)
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            inner = {one for part in ast.walk(node) if isinstance(part, ast.FunctionDef) and part is not node
                     for one in ast.walk(part)}  # fmt: skip
            for call in set(ast.walk(node)) - inner:
                called = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
                assert called not in names, f"{path.relative_to(ROOT)}:{call.lineno}: {node.name} calls {called}"
