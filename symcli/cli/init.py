"""``symcli init``: a job to start from."""

import shlex

import click

from symcli.errors import DataError, ParamError

__all__ = ["init"]


@click.command()
@click.argument("name")
@click.argument("folder", metavar="DIR")
def init(name: str, folder: str) -> int:
    """Write the job NAME with its network and data into DIR, to be changed and run from there.

    NAME is one of: digits-lenet (in short digits), digits-mlp; digits-record, whose images are in MXNet's record files;
    digits-fine-tune, which begins with a trained network; bccd-tiny-ssd, a detector. DIR is new or empty: nothing is
    overwritten.
    """
    from symcli.job.start import write_start

    try:
        job, *others = write_start(name, folder)
    except ParamError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    except DataError as error:
        click.echo(str(error), err=True)
        return 4
    click.echo(f"{job}\n" + "".join(f"{path}\n" for path in others) + f"\nnext: symcli train {shlex.quote(job)}")
    return 0
