"""The fixtures of a made-up morning."""

from tests.warehouse.morning import conn, server

__all__ = ["conn", "server"]
