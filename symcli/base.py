"""MXNet's ``mx.base``: the room ``symcli.errors`` under its public name."""

import sys

from symcli import errors as room
from symcli.errors import *  # what editors see

sys.modules[__name__] = room
