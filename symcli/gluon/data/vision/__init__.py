"""MXNet's ``mx.gluon.data.vision``: data sets of images and their transforms, which live in ``symcli.data``."""

from symcli.data.dataset import ImageFolderDataset
from symcli.data.vision import CIFAR10, CIFAR100, MNIST, FashionMNIST, ImageRecordDataset
from symcli.gluon.data.vision import transforms

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset", "transforms"]
