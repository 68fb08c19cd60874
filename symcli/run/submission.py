"""Kaggle submissions: the id and the label of every test image, once, in order."""

import csv
import os
from collections.abc import Sequence

from symcli.errors import DataError, MXNetError, reason
from symcli.run.inputs import natural

__all__ = ["submission_rows"]


def submission_rows(labels: Sequence[tuple[str, str]], sample: str | None = None) -> list[list[str]]:
    """Return the rows of a submission, its heading first.

    Parameters
    ----------
    labels : path and label of each image; the id is the file's name without its ending.
    sample : a sample submission, whose heading, ids and order are taken; without one ids are in natural order.

    Raises
    ------
    MXNetError
        If two images have one id, or those of the sample are not those of the images.
    DataError
        If the sample cannot be read.
    """
    found: dict[str, str] = {}
    paths: dict[str, str] = {}
    for path, label in labels:
        name = os.path.splitext(os.path.basename(path))[0]
        if name in found:
            raise MXNetError(f"{path}: has the id {name}, as {paths[name]} has; a submission has each once")
        found[name], paths[name] = label, path
    if sample is None:
        return [["id", "label"], *([name, found[name]] for name in sorted(found, key=natural))]
    heading, ids = _read(sample)
    missing = [name for name in ids if name not in found]
    surplus = sorted(set(found) - set(ids), key=natural)
    for what, names in (("wants ids that no image has", missing), ("lacks ids of images", surplus)):
        if names:
            listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            raise MXNetError(f"{sample}: {what}: {listed}; predict for the images of this sample")
    return [heading, *([name, found[name]] for name in ids)]


def _read(sample: str) -> tuple[list[str], list[str]]:
    try:
        with open(sample, newline="", encoding="utf-8-sig") as file:
            heading, *rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        told = f"{sample}: cannot be read: {reason(error)}; needs a table with a heading, id,label"
        raise DataError(told, sample) from None
    if len(heading) < 2:
        raise DataError(f"{sample}: its heading has {len(heading)} column; needs two, id,label", sample)
    return heading[:2], [row[0] for row in rows]
