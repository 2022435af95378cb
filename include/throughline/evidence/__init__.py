"""Typed records to facts: one narrow ledger of what the systems of record state."""

from throughline.evidence.codes import register_codes
from throughline.evidence.ledger import assert_facts

__all__ = ["assert_facts", "register_codes"]
