"""``symcli doctor``: what this machine offers and lacks."""

import importlib.util
import shutil
from typing import Any

import click

from symcli import __version__
from symcli.cli.console import columns, write_json
from symcli.cli.options import json_option

__all__ = ["doctor"]

# Extra -> the module that it brings, and what it is for.
EXTRAS = {
    "plot": ("matplotlib", "curves of a run as pictures"),
    "onnx": ("onnx", "networks from and to ONNX"),
    "mpi": ("mpi4py", "training on several machines"),
    "tensorboard": ("tensorboardX", "curves in TensorBoard"),
}


@click.command()
@json_option
@click.option("--cache-key", "key", is_flag=True, help="Print a key for CI's cache of compiled kernels.")
@click.option("--warm", "warming", is_flag=True, help="Compile the usual kernels now, and keep them.")
def doctor(as_json: bool, key: bool, warming: bool) -> int:
    """Say what this machine offers and lacks.

    Compiled kernels are kept in the kernel cache; a run that finds them starts at once. Exit code 3
    if something is missing without which nothing can be computed.
    """
    if sum((as_json, key, warming)) > 1:
        raise click.UsageError("--json, --cache-key and --warm are three answers; choose one")
    if key:
        from symcli.executor.machine import cache_key

        click.echo(cache_key())
        return 0
    if warming:
        _warm()
        return 0
    from symcli.executor.machine import machine

    found = machine()
    if as_json:
        write_json(_plain(found))
    else:
        click.echo(_text(found))
    return 3 if found.numba_error else 0


def _warm() -> None:
    from symcli.executor.machine import kernel_cache
    from symcli.train.warm import warm

    done = warm()
    cache = kernel_cache()
    click.echo(f"{done.compiled} kernels compiled in {done.seconds:.1f} s; {cache.directory} holds {cache.kernels}, "
               f"{_size(cache.bytes)}")  # fmt: skip


def _extras() -> list[dict[str, Any]]:
    return [
        {"name": name, "package": module, "present": importlib.util.find_spec(module) is not None, "for": purpose,
         "install": f"pip install 'symcli[{name}]'"}
        for name, (module, purpose) in EXTRAS.items()
    ] + [
        {"name": "graphviz", "package": "dot", "present": shutil.which("dot") is not None,
         "for": "networks as SVG", "install": "apt-get install graphviz"},
    ]  # fmt: skip


def _size(number: int | None) -> str:
    if number is None:
        return "unknown"
    return f"{number / 2**30:.1f} GiB" if number >= 2**30 else f"{number / 2**20:.1f} MiB"


def _text(found: Any) -> str:
    vectors = f"{found.vector_bits} bits: {', '.join(found.features)}" if found.vector_bits else "unknown"
    numba = f"{found.numba}, LLVM {found.llvm}" if not found.numba_error else \
            f"{found.numba} does not load: {found.numba_error}; pip install --upgrade numba numpy"  # fmt: skip
    cache = found.cache
    rows = [
        ("symcli", __version__),
        ("Python", found.python),
        ("NumPy", f"{found.numpy}, BLAS: {found.blas}"),
        ("Numba", numba),
        ("processor", f"{found.processor} ({found.processor_kind})"),
        ("vectors", vectors),
        ("cores", f"{found.usable_cores} usable of {found.cores}"),
        ("memory", f"{_size(found.memory)}, {_size(found.free_memory)} free"),
        ("kernel cache", f"{cache.directory}, {cache.kernels} kernels, {_size(cache.bytes)}"
                         + ("" if cache.writable else "; cannot be written: set SYMCLI_CACHE_DIR")),
    ]  # fmt: skip
    extras = [(one["name"], "present" if one["present"] else "missing",
               one["for"] + ("" if one["present"] else f": {one['install']}")) for one in _extras()]  # fmt: skip
    return f"{columns(rows, '')}\nextras:\n{columns(extras)}"


def _plain(found: Any) -> dict[str, Any]:
    return {
        "symcli": __version__,
        "python": found.python,
        "numpy": {"version": found.numpy, "blas": found.blas},
        "numba": {"version": found.numba, "llvm": found.llvm, "error": found.numba_error},
        "processor": {"name": found.processor, "kind": found.processor_kind, "vector_bits": found.vector_bits,
                      "features": found.features, "cores": found.cores, "usable_cores": found.usable_cores},
        "memory": {"bytes": found.memory, "free_bytes": found.free_memory},
        "kernel_cache": {"directory": found.cache.directory, "kernels": found.cache.kernels,
                         "bytes": found.cache.bytes, "writable": found.cache.writable},
        "extras": _extras(),
    }  # fmt: skip
