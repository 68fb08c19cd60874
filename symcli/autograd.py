"""MXNet's ``mx.autograd``: the room ``symcli.executor.autograd`` under its public name."""

import sys

from symcli.executor import autograd as room
from symcli.executor.autograd import *  # what editors see

sys.modules[__name__] = room
