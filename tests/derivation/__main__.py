"""`make derivation`: records the fingerprint of the derivation's rules with its number.

By running it you confirm that either no result can change, or `NUMBER` in
`include/throughline/warehouse/derivation.py` was raised.
"""

from __future__ import annotations

from tests.derivation.fingerprint import FILE, recorded, write

before = recorded() if FILE.exists() else {}
now = write()
print("as it was" if before == now else f"written: number {now['number']}")
