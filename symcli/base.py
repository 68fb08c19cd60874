"""MXNet's ``mx.base``: the room ``symcli.system.base`` under its public name."""

import sys

from symcli.system import base as room
from symcli.system.base import *  # what editors see

sys.modules[__name__] = room
