"""MXNet's ``mx.name``: the room ``symcli.graph.name`` under its public name."""

import sys

from symcli.graph import name as room
from symcli.graph.name import *  # what editors see

sys.modules[__name__] = room
