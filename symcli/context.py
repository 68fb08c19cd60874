"""MXNet's ``mx.context``: the room ``symcli.ndarray.context`` under its public name."""

import sys

from symcli.ndarray import context as room
from symcli.ndarray.context import *  # what editors see

sys.modules[__name__] = room
