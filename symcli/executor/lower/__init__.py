"""Lowering: common sub-graphs become private operators that the engine computes.

A *rule* looks at a node and what is before it and returns a ``Match``: the nodes it covers, what they read, and how the
operator is made that stands for them. The pass makes sure that no value is lost that a head or another consumer reads,
puts conversions between storages where neighbours differ, and leaves alone what no rule knows. A rule chooses
by shapes, never by timings.

A private operator (``Lowered``) is an ``Op``: ``forward`` and ``backward`` describe, instructions of the engine
compute. Beyond what plain operators have, its context offers

* ``ctx.table(array)``: constants of the bind, as masks and offsets;
* ``ctx.kept(shape)`` and ``with ctx.preparing(weight): ...``: what depends on variables alone, as packed weights. Such
  calls run before a step, if a variable was written since: once for inference, each step in training;
* ``ctx.adds``: the arguments of ``gradient_adds`` whose gradient is to be added to what ``in_grad`` holds, as that of
  a skip connection. ``gradient_inplace`` names the argument whose gradient may take the memory of the output's, and
  ``inplace`` the one whose memory an output may take. ``backward_uses`` decides how long values must live.

Values lie plain or in planes (``Layout``). ``Match.make`` is told the storage its inputs have, so that chains stay in
planes; variables are plain always. Everything users see is in MXNet's layout: variables, gradients, heads, monitors
(a monitored executor runs the plain graph).

One file a family: ``dense``, ``conv``, ``recurrence``, …; importing it registers its rules.
"""

from importlib import import_module
from pkgutil import iter_modules

from symcli.executor.lower.rewriting import LoweredGraph, lower

__all__ = ["LoweredGraph", "lower"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
