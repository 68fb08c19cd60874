"""MXNet's ``mx.operator``: the room ``symcli.executor.custom_operator`` under its public name."""

import sys

from symcli.executor import custom_operator as room
from symcli.executor.custom_operator import *  # what editors see

sys.modules[__name__] = room
