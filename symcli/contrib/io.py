"""MXNet's ``mx.contrib.io``: a ``gluon.data.DataLoader`` as an iterator for ``Module``."""

from symcli.data.loader_iterator import DataLoaderIter

__all__ = ["DataLoaderIter"]
