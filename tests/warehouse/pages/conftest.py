"""The fixtures of a fictitious morning."""

from tests.warehouse.morning import conn, server

__all__ = ["conn", "server"]
