"""`make derivation`: writes down what the derivation is made of, beside its number.

Whoever runs it states one of two things: no result can change, or `NUMBER` in
`include/throughline/warehouse/derivation.py` was raised.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "include")]

from fingerprint import FILE, recorded, write  # noqa: E402

before = recorded() if FILE.exists() else {}
now = write()
print("as it was" if before == now else f"written: number {now['number']}")
