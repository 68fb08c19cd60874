"""Rows of attention over interleaved projections."""

from tests.check import case

ROWS = [
    case("_contrib_interleaved_matmul_selfatt_qk", {"heads": 2}, queries_keys_values=(3, 2, 24)),
    case("_contrib_interleaved_matmul_selfatt_qk", {"heads": 1}, queries_keys_values=(4, 1, 6)),
    case(
        "_contrib_interleaved_matmul_selfatt_valatt", {"heads": 2}, queries_keys_values=(3, 2, 24), attention=(4, 3, 3)
    ),
    case("_contrib_interleaved_matmul_encdec_qk", {"heads": 2}, queries=(3, 2, 8), keys_values=(5, 2, 16)),
    case("_contrib_interleaved_matmul_encdec_valatt", {"heads": 2}, keys_values=(5, 2, 16), attention=(4, 3, 5)),
]
