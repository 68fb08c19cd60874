"""How far work has come, on standard error: a bar on a terminal, else a line when a part of the work begins."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

__all__ = ["progress_options", "shown"]


def progress_options(command: Callable) -> Callable:
    """Add the options that say how much is shown of the progress."""
    command = click.option("--no-progress", is_flag=True, help="Lines in place of a bar.")(command)
    return click.option("-q", "--quiet", is_flag=True, help="Nothing but the answer.")(command)


def shown(steps: Iterable[Any], quiet: bool = False, no_progress: bool = False) -> Iterator[Any]:
    """Show those of the values that tell how far work is (``what``, ``done``, ``total``); yield the others."""
    bar, part = None, ""
    try:
        for step in steps:
            if not hasattr(step, "total"):
                yield step
                continue
            if not quiet and step.what != part:
                if bar is not None:
                    bar.update(bar.total - bar.n)
                    bar.close()
                bar, part = _begun(step, no_progress), step.what
            if bar is not None:
                bar.update(step.done - bar.n)
    finally:
        if bar is not None:
            bar.close()


def _begun(step: Any, no_progress: bool) -> Any:
    if no_progress or not sys.stderr.isatty():
        click.echo(f"{step.what} {step.total:,} …", err=True)
        return None
    from tqdm import tqdm

    return tqdm(desc=step.what, total=step.total, leave=False)
