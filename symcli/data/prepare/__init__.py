"""The work of ``symcli prepare-data``: from downloaded files to folders that training reads, one file a source."""

from symcli.data.prepare.base import PREPARATIONS, Preparation, Prepared, Progress, prepare
from symcli.data.prepare.coco import Coco
from symcli.data.prepare.labelled_images import Cifar10, LabelledImages
from symcli.data.prepare.recordio import RecordIO
from symcli.data.prepare.staging import Staging
from symcli.data.prepare.voc import Voc
from symcli.data.prepare.yolo import Yolo

__all__ = [
    "PREPARATIONS", "Cifar10", "Coco", "LabelledImages", "Preparation", "Prepared", "Progress", "RecordIO",
    "Staging", "Voc", "Yolo", "prepare",
]  # fmt: skip
