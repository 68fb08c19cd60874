"""MXNet's ``mx.libinfo``: the room ``symcli.system.paths`` under its public name."""

import sys

from symcli.system import paths as room
from symcli.system.paths import *  # what editors see

sys.modules[__name__] = room
