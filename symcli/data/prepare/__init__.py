"""The work of ``symcli prepare-data``: from downloaded files to folders that training reads, one file a source."""

from symcli.data.prepare.base import PREPARATIONS, Preparation, Prepared, Progress, prepare
from symcli.data.prepare.labelled_images import Cifar10, LabelledImages
from symcli.data.prepare.staging import Staging

__all__ = [
    "PREPARATIONS", "Cifar10", "LabelledImages", "Preparation", "Prepared", "Progress", "Staging", "prepare",
]  # fmt: skip
