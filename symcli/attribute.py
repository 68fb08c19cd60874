"""MXNet's ``mx.attribute``: the room ``symcli.graph.attribute`` under its public name."""

import sys

from symcli.graph import attribute as room
from symcli.graph.attribute import *  # what editors see

sys.modules[__name__] = room
