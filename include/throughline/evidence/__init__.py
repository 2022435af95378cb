"""Typed records to facts: one narrow ledger of what the systems of record state."""

from throughline.evidence.codes import register_codes
from throughline.evidence.ledger import FACT_TYPES, assert_facts

__all__ = ["FACT_TYPES", "assert_facts", "register_codes"]
