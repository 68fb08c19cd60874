"""Rows of the operators on sequences. Fractions of lengths are cut off, lengths out of range taken as the nearest."""

import numpy as np

from tests.check import case

GIVEN = {"use_sequence_length": True}
LENGTHS = np.array([1.0, 2.7, 4.0])
OUTSIDE = np.array([-3.0, 0.0, 9.0])

ROWS = [
    row
    for name in ("SequenceLast", "SequenceMask", "SequenceReverse")
    for row in (
        case(name, data=(4, 3, 2)),
        case(name, GIVEN, data=(4, 3, 2), sequence_length=LENGTHS, fixed=("sequence_length",)),
        case(name, GIVEN, data=(4, 3), sequence_length=OUTSIDE, fixed=("sequence_length",), note="out of range"),
        case(name, GIVEN, data=(4, 3, 2, 2), sequence_length=LENGTHS.astype(np.int32), fixed=("sequence_length",)),
    )
] + [
    case("SequenceLast", {"axis": 1}, data=(3, 4, 2)),
    case("SequenceLast", {**GIVEN, "axis": 1}, data=(3, 4), sequence_length=LENGTHS, fixed=("sequence_length",)),
    case("SequenceMask", {"axis": 1}, data=(3, 4, 2)),
    case("SequenceMask", {**GIVEN, "axis": 1, "value": -2.5}, data=(3, 4, 2), sequence_length=LENGTHS,
         fixed=("sequence_length",)),
]  # fmt: skip
