"""The number of the derivation: by which rules state follows from what is known."""

from __future__ import annotations

NUMBER = 2
"""Raised by any change of the code that may alter a result: which person a record is of, which facts it states,
which cases open, how they stand, which task is planned. Recorded with each night.

Nights of one number must agree when they are replayed. After the number rose, the first night derives every open
case again, and those that ended within the filing limit. `tests/unit/test_derivation.py` notices a change.
"""
