"""Rows of a table that indices name, and the table's gradient.

Indices are float32, as MXNet's; each is cut to an integer
and taken to the nearest row.

    take(index, table, y, n, rows, width)              y[i] = table[index[i]]
    take_grad(g, index, gtable, n, rows, width, add)   gtable[r] = sum of g[i] over the i whose index is r
"""

import numpy as np

from symcli.engine.convert import copy
from symcli.engine.elementwise import add_to, filled
from symcli.engine.instruction import instruction
from symcli.engine.jit import inline
from symcli.engine.tape import floats, share, word

__all__ = ["take", "take_grad"]


@inline
def _row(index, rows):
    """The row that an index names; NaN names the first."""
    if not index > 0:
        return 0
    return rows - 1 if index >= rows else np.int64(index)


@instruction
def take(p, thread, threads):
    """y[i] = table[index[i]].  0 index, 1 table, 2 y, 3 n, 4 rows, 5 width"""
    table, y, n, rows, width = word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    index = floats(word(p, 0), n)
    start, stop = share(n, 1, thread, threads)
    for i in range(start, stop):
        copy(table + 4 * _row(index[i], rows) * width, y + 4 * i * width, width)


@instruction
def take_grad(p, thread, threads):
    """gtable[r] = sum of g[i] where index[i] is r.  0 g, 1 index, 2 gtable, 3 n, 4 rows, 5 width, 6 add"""
    g, table, n, rows, width = word(p, 0), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    index = floats(word(p, 1), n)
    start, stop = share(rows, 1, thread, threads)
    if word(p, 6) == 0:
        filled((stop - start) * width, (table + 4 * start * width,), (np.float32(0),), 0)
    for i in range(n):
        row = _row(index[i], rows)
        if start <= row < stop:
            at = table + 4 * row * width
            add_to(width, (g + 4 * i * width, at, at), (np.float32(0),), 0)
