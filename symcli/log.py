"""MXNet's ``mx.log``: the room ``symcli.system.log`` under its public name."""

import sys

from symcli.system import log as room
from symcli.system.log import *  # what editors see

sys.modules[__name__] = room
