"""The fixtures of a fictitious morning, and a hand that delivers."""

from __future__ import annotations

from tests.warehouse.morning import conn, server
from tests.warehouse.quality.conftest import hand

__all__ = ["conn", "hand", "server"]
