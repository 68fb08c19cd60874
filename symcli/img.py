"""MXNet's ``mx.img``: the room ``symcli.data.image`` under its public name."""

import sys

from symcli.data import image as room
from symcli.data.image import *  # what editors see

sys.modules[__name__] = room
