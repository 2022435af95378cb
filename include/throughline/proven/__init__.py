"""Proofs of a night: its invariants, its replay, its close with digests, and their chain."""

from throughline.proven import chain
from throughline.proven.close import close_night
from throughline.proven.invariants import InvariantViolated, check, check_night

__all__ = ["InvariantViolated", "chain", "check", "check_night", "close_night"]
