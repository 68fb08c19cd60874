"""MXNet's ``mx.viz``: the room ``symcli.graph.visualization`` under its public name."""

import sys

from symcli.graph import visualization as room
from symcli.graph.visualization import *  # what editors see

sys.modules[__name__] = room
