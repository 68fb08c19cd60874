"""MXNet's ``mx.sym``: the same module as ``mx.symbol``."""

from symcli.symbol import *
