"""MXNet's ``mx.gluon.data.vision``: data sets of images, which live in ``symcli.data``."""

from symcli.data.dataset import ImageFolderDataset
from symcli.data.vision import CIFAR10, CIFAR100, MNIST, FashionMNIST, ImageRecordDataset

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset"]
