"""MXNet's ``mx.rnd``: the room ``symcli.ndarray.random`` under its public name."""

import sys

from symcli.ndarray import random as room
from symcli.ndarray.random import *  # what editors see

sys.modules[__name__] = room
