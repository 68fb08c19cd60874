"""MXNet's ``mx.model``: the room ``symcli.train.model`` under its public name."""

import sys

from symcli.train import model as room
from symcli.train.model import *  # what editors see

sys.modules[__name__] = room
