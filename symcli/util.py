"""MXNet's ``mx.util``: the room ``symcli.system.numpy_mode`` under its public name."""

import sys

from symcli.system import numpy_mode as room
from symcli.system.numpy_mode import *  # what editors see

sys.modules[__name__] = room
