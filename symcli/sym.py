"""MXNet's ``mx.sym``: the room ``symcli.graph.symbol`` under its public name."""

import sys

from symcli.graph import symbol as room
from symcli.graph.symbol import *  # what editors see

sys.modules[__name__] = room
