"""MXNet's ``mx.profiler``: the room ``symcli.system.profiler`` under its public name."""

import sys

from symcli.system import profiler as room
from symcli.system.profiler import *  # what editors see

sys.modules[__name__] = room
