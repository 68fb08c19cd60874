"""MXNet's ``mx.gluon``, as far as it is here: ``gluon.data``."""

from symcli.gluon import data

__all__ = ["data"]
