"""MXNet's ``mx.contrib.ndarray``: the operators of ``mx.nd.contrib``."""

import sys

from symcli import ndarray as room

sys.modules[__name__] = room.contrib
