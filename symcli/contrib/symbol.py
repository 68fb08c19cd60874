"""MXNet's ``mx.contrib.symbol``: the operators of ``mx.sym.contrib``."""

import sys

from symcli.graph import symbol as room

sys.modules[__name__] = room.contrib
