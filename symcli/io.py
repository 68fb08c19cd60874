"""MXNet's ``mx.io``: the room ``symcli.data`` under its public name."""

import sys

from symcli import data as room
from symcli.data import *  # what editors see

sys.modules[__name__] = room
