"""Who has opened a thing to decide about it, and in which state: what one cannot see, one cannot attest."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from throughline.decisions import Door, NobodyNamedError, NotAllowedError
from throughline.warehouse import Connection


class NotOpenedError(NotAllowedError):
    """The person has not opened the thing as it is now; the message says where to open it."""


def opened(
    conn: Connection, about_kind: str, about_id: str, digest: str, who: str, door: Door
) -> None:
    """Keep that a person opened a thing, through a page or by a command, in the state that `digest` names.

    Only the login `throughline_decider` can. Does not commit. Raises `NobodyNamedError`.
    """
    if not who.strip():
        raise NobodyNamedError("opening something to decide about it needs a named person")
    conn.execute(
        "select operations.keep_opening(%s, %s, %s, %s, %s, %s)",
        (who, about_kind, about_id, digest, door.name, Jsonb(dict(door.record))),
    )


def has_opened(conn: Connection, about_kind: str, about_id: str, digest: str, who: str) -> bool:
    """Return whether a person has opened a thing in the state that `digest` names."""
    row = conn.execute(
        "select exists (select from operations.opened"
        " where about_kind = %s and about_id = %s and digest = %s and who = %s)",
        (about_kind, about_id, digest, who),
    ).fetchone()
    return bool(row and row[0])
