"""MXNet's ``mx.nd``: the room ``symcli.ndarray`` under its public name."""

import sys

from symcli import ndarray as room
from symcli.ndarray import *  # what editors see

sys.modules[__name__] = room
