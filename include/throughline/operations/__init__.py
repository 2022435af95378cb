"""What a night amounts to: invariants, numbers, summary, page, replay, and its close."""

from throughline.operations.close import close_night
from throughline.operations.invariants import InvariantViolated, check, check_night
from throughline.operations.page import write_page

__all__ = ["InvariantViolated", "check", "check_night", "close_night", "write_page"]
