"""``symcli train``: a job becomes a run, or a run goes on."""

import shlex
import tempfile
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import click

from symcli.cli.console import write_json
from symcli.cli.interrupts import Interrupts, Overdue, interruptible
from symcli.cli.options import json_option, screen_options, spec_options
from symcli.cli.spec_file import findings_answered

if TYPE_CHECKING:
    from symcli.cli.screen import Screen
    from symcli.run.training import Training

__all__ = ["train"]


@click.command()
@click.argument("job", metavar="JOB", required=False)
@click.option("--resume", metavar="RUN", help="Go on with a run where its newest checkpoint stands.")
@click.option("--run-dir", "runs", metavar="DIR", help="The folder of all runs; runs unless said otherwise.")
@click.option("--smoke", is_flag=True,
              help="Only try two batches, checkpoint, resume and evaluation; write only in --run-dir.")  # fmt: skip
@click.option("--synthetic", is_flag=True, help="Where data are absent, make some of the network's shapes.")
@spec_options
@screen_options
@json_option
def train(job: str | None, resume: str | None, runs: str | None, smoke: bool, synthetic: bool,
          overrides: tuple[str, ...], defines: dict[str, str], quiet: bool, verbose: bool, no_progress: bool,
          as_json: bool) -> int:  # fmt: skip
    """Train a job. Each run has a folder of its own, DIR/<job>/<n>, which `eval` and `predict` take as a model.

    Ctrl-C saves and ends the run; `--resume` then goes on to the same result, byte for byte.
    """
    if (job is None) == (resume is None):
        raise click.UsageError("give a JOB to begin a run, or --resume RUN to go on with one")
    if resume is not None and (defines or runs or smoke or synthetic):
        raise click.UsageError(
            "--resume goes on as the run began; --run-dir, --smoke, --synthetic, -D are for new runs"
        )
    from symcli.cli.screen import Screen

    screen = Screen(quiet, verbose, not no_progress)
    with findings_answered(str(job or resume), as_json) as answered, interruptible() as interrupts:
        try:
            if smoke:
                _smoke(str(job), runs, list(overrides), defines, synthetic, screen, as_json)
                return 0
            training = _opened(job, resume, runs or "runs", list(overrides), defines, synthetic, screen)
            try:
                answered.code = _run(training, screen, interrupts)
            except Exception as error:
                screen.close()
                with suppress(OSError):  # the log may be on the disk that is full
                    screen.log(str(error))
                raise
            _answer(training, as_json)
        except Overdue:
            screen.close()
            screen.say("interrupted; what was saved before is as it was")
            answered.code = interrupts.exit_code
    return answered.code


def _opened(job: str | None, resume: str | None, runs: str, overrides: list[str], defines: dict[str, str],
            synthetic: bool, screen: "Screen") -> "Training":  # fmt: skip
    """Begin a run, or take one up again."""
    from symcli.job.job import load_job
    from symcli.run import start

    if resume is None:
        training = start.begin(load_job(str(job), overrides, defines, absent=synthetic), runs, synthetic)
        screen.log = training.folder.log
        screen.say(f"run: {training.folder.path}")
    else:
        training, broken = start.resume(resume, overrides)
        screen.log = training.folder.log
        for message in broken:
            screen.say(f"left out: {message}")
        at = training.position
        screen.say(f"run: {training.folder.path}, resumed after epoch {at.epoch}"
                   + (f" and {at.batch} batches" if at.batch else ""))  # fmt: skip
    if training.warning:
        screen.say(training.warning)
    if training.made_up:
        screen.say("data are absent: they are made up in the network's shapes, and what is measured means nothing")
    counts = ", ".join(f"{name} {len(one.examples):,}" for name, one in training.data.items())
    screen.say(f"examples: {counts}; batches of {training.job.train.batch_size}")
    return training


def _smoke(job: str, runs: str | None, overrides: list[str], defines: dict[str, str], synthetic: bool,
           screen: "Screen", as_json: bool) -> None:  # fmt: skip
    """Try a job from one end to the other."""
    from symcli.job.job import load_job
    from symcli.run.smoke import OVERRIDES, smoke

    found = load_job(job, [*overrides, *OVERRIDES], defines, absent=synthetic)
    temporary = tempfile.TemporaryDirectory(prefix="symcli-") if runs is None else nullcontext(runs)
    with temporary as folder, screen.compilation():
        for line in smoke(found, folder, synthetic):
            screen.close()
            screen.say(line)
    if as_json:
        write_json({"job": found.name, "smoke": "passed"})
    else:
        click.echo(f"{found.name}: data, training, checkpoint, resume and evaluation work")


def _run(training: "Training", screen: "Screen", interrupts: Interrupts) -> int:
    """Train to the end and test; return the exit code."""
    from symcli.run.evaluation import test_best
    from symcli.run.training import Ended, Saved

    code, line = 0, ""
    epochs, size = training.job.train.epochs, training.job.train.batch_size
    interrupts.answer, interrupts.can_save = screen.saving, True
    with screen.compilation():
        for event in training.run(interrupts.asked):
            if isinstance(event, Saved):
                screen.say(f"saved {event.position.name}{', the best so far' if event.best else ''}", detail=True)
            elif isinstance(event, Ended):
                screen.close()
                if event.how == "interrupted":
                    path = shlex.quote(str(training.folder.path))
                    screen.say(f"interrupted and saved; to go on: symcli train --resume {path}")
                    return interrupts.exit_code
                stopping = training.job.train.early_stopping
                if event.how == "stopped early" and stopping is not None:
                    screen.say(f"stopped early: {stopping.metric} was no better for {stopping.patience} epochs")
            else:
                data = training.data["valid" if event.event.startswith("evaluation") else "train"]
                screen.step(event, len(data), epochs, size)
                if event.event == "epoch":
                    line = screen.epoch_line(event, epochs, size)
                if event.event == ("evaluation" if "valid" in training.data else "epoch"):
                    screen.say(screen.with_valid(line, event))
        interrupts.can_save = False
        for step in test_best(training):
            screen.step(step, step.nbatch + 1, epochs, size)
    return code


def _answer(training: "Training", as_json: bool) -> None:
    """Print the result."""
    from symcli.cli.screen import values_text

    if as_json:
        write_json({"run": str(training.folder.path), **_plain(training)})
        return
    best = training.best
    if training.history and best is not None:
        shown = training.history[best["epoch"] - 1]
        split = "valid" if "valid" in shown else "train"
        click.echo(f"{split} {values_text(shown[split])} after epoch {best['epoch']}, the best by {best['metric']}")
    if training.tested is not None:
        click.echo(f"test {values_text(training.tested)}")
    click.echo(f"run: {training.folder.path}")


def _plain(training: "Training") -> dict[str, Any]:
    return {"job": training.job.name, "epochs": training.position.epoch, "batches": training.position.batch,
            "best": training.best, "test": training.tested, "history": training.history}  # fmt: skip
