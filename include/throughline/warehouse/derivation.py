"""The derivation number: the version of the rules that derive state from what is known."""

from __future__ import annotations

NUMBER = 13
"""Raise it with any code change that may alter a result: which person a record belongs to, which facts it states,
which cases open, their state, which tasks are planned. It is recorded with each night.

A replay of a night with the same number must agree. After the number rises, the first night derives every open case
again, and those that ended within the filing limit. `tests/unit/test_derivation.py` notices a change of the rules.
"""
