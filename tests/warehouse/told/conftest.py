"""The fixtures of a made-up morning."""

from morning import conn, server

__all__ = ["conn", "server"]
