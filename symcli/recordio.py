"""MXNet's ``mx.recordio``: the room ``symcli.data.recordio`` under its public name."""

import sys

from symcli.data import recordio as room
from symcli.data.recordio import *  # what editors see

sys.modules[__name__] = room
