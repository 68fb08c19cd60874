"""MXNet's ``mx.runtime``: the room ``symcli.system.features`` under its public name."""

import sys

from symcli.system import features as room
from symcli.system.features import *  # what editors see

sys.modules[__name__] = room
