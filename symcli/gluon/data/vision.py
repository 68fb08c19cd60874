"""MXNet's ``mx.gluon.data.vision``: data sets of images, which live in ``symcli.data``."""

from symcli.data.dataset import ImageFolderDataset

__all__ = ["ImageFolderDataset"]
