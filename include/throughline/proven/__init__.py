"""Proofs of a night: its invariants, its replay, and its close with digests."""

from throughline.proven.close import close_night
from throughline.proven.invariants import InvariantViolated, check, check_night

__all__ = ["InvariantViolated", "check", "check_night", "close_night"]
