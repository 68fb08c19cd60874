"""``symcli data``: a look at the examples of a job or folder, and at what is wrong with them."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from symcli.cli.console import columns, write_json
from symcli.cli.group import SuggestingGroup
from symcli.cli.options import json_option, spec_options
from symcli.cli.steps import progress_options, shown
from symcli.errors import DataError
from symcli.files import replacing

if TYPE_CHECKING:
    from symcli.data.check import Report
    from symcli.data.formats import Examples
    from symcli.job.job import Job

__all__ = ["data"]

JOBS = (".yaml", ".yml", ".json")


@click.group(cls=SuggestingGroup)
def data() -> None:
    """Look at the examples of a job or folder, and for what is wrong with them."""


def _opened(source: str, overrides: Sequence[str], defines: dict[str, str],
            split: str = "") -> "tuple[dict[str, Examples], Job | None]":  # fmt: skip
    """Return the examples of a job's or folder's splits, or of one of them, and the job."""
    job = None
    if source.endswith(JOBS) and not os.path.isdir(source):
        from symcli.job.job import load_job

        job = load_job(source, list(overrides), defines)
        picks = job.formats()
        found = {name: pick.make().open() for name, pick in picks.items() if not split or name == split}
        known: Iterable[str] = picks
    else:
        from symcli.data.folder import open_folder

        if overrides or defines:
            raise click.UsageError("--set and -D change values of a job; this is a folder")
        known = everything = open_folder(source)
        found = {name: one for name, one in everything.items() if not split or name == split}
    if not found:
        raise click.UsageError(f"{source} has no split {split!r}; splits: {', '.join(known)}")
    return found, job


@data.command()
@click.argument("source", metavar="JOB|FOLDER")
@click.option("--split", metavar="NAME", help="train (or the first there is), valid, test.")
@click.option("-n", "--number", type=click.IntRange(1, 2000), default=40, show_default=True, help="How many examples.")
@click.option("--times", type=click.IntRange(1, 100), default=1, show_default=True,
              help="In how many epochs each is shown: how its random changes differ.")  # fmt: skip
@click.option("--epoch", type=click.IntRange(0), default=0, show_default=True, help="The first of these epochs.")
@click.option("--columns", "across", type=click.IntRange(1, 100), help="How many in a row; by default 10.")
@click.option("-o", "target", metavar="FILE.png", help="The file; by default NAME-SPLIT.png here.")
@spec_options
@json_option
def show(source: str, split: str | None, number: int, times: int, epoch: int, across: int | None, target: str | None,
         overrides: tuple[str, ...], defines: dict[str, str], as_json: bool) -> int:  # fmt: skip
    """Draw a contact sheet: examples as training sees them, with their classes.

    Of a job the images have gone through its transforms, except those that make numbers of them. The order is that of
    a shuffled epoch; the same seed and epoch give the same picture.
    """
    from symcli.data.sheet import NOT_DRAWN, contact_sheet, tiles

    found, job = _opened(source, overrides, defines, split or "")
    name, examples = next(iter(found.items()))
    transforms = job.transforms(name) if job else []
    drawn = tiles(examples, transforms, number, job.train.seed if job else 0, epoch, times)
    sheet = contact_sheet(drawn, across or (times if times > 1 else min(10, len(drawn))), examples.classes)
    stem = os.path.splitext(os.path.basename(os.path.abspath(source)))[0]
    target = target or f"{stem}-{name}.png"
    with replacing(target) as file:
        sheet.save(file, "PNG")
    left_out = [one.name for one in transforms if isinstance(one, NOT_DRAWN)]
    if as_json:
        answer = {"file": target, "split": name, "examples": len(drawn) // times, "times": times}
        write_json({**answer, "width": sheet.width, "height": sheet.height, "not_drawn": left_out})
    else:
        without = f", before {', '.join(left_out)}" if left_out else ""
        click.echo(f"{target}: {len(drawn) // times} of {len(examples):,} examples of {name}{without}")
    return 0


@data.command()
@click.argument("source", metavar="JOB|FOLDER")
@spec_options
@progress_options
@json_option
def check(source: str, overrides: tuple[str, ...], defines: dict[str, str], quiet: bool, no_progress: bool,
          as_json: bool) -> int:  # fmt: skip
    """Read every example once and say what is wrong.

    Findings are examples that cannot be read, files with the suffix of another format, the same image in two splits
    or classes, classes without examples, and files that a manifest of prepared data has otherwise. Exit code 1 if
    there is one.
    """
    from symcli.data.check import check as checked

    found, job = _opened(source, overrides, defines)
    (report,) = shown(checked(found, "" if job else source), quiet, no_progress)
    if job is not None and not report.findings:
        from symcli.job.data_checks import check_data

        check_data(job, found)
        job.findings.raise_if_any()
    if as_json:
        answer = {"splits": report.totals, "classes": report.counts}
        write_json({**answer, "findings": [one.as_json() for one in report.findings], "notes": report.notes})
    else:
        click.echo("\n".join(_lines(report)))
    return 1 if report.findings else 0


def _lines(report: "Report") -> list[str]:
    splits = list(report.totals)
    names = list(dict.fromkeys(name for split in splits for name in report.counts[split]))
    rows: list[list[Any]] = [["", *splits]]
    rows += [[name, *(f"{report.counts[split][name]:,}" if name in report.counts[split] else "" for split in splits)]
             for name in (names if len(names) <= 100 else [])]  # fmt: skip
    rows.append(["examples", *(f"{report.totals[split]:,}" for split in splits)])
    widths = [max(len(row[i]) for row in rows) for i in range(1, len(splits) + 1)]
    table = columns([[row[0], *(f"{text:>{width}}" for text, width in zip(row[1:], widths, strict=True))]
                     for row in rows], "")  # fmt: skip
    return [table, *report.notes, *map(str, report.findings), *([] if report.findings else ["nothing is wrong"])]
