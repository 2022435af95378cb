"""Whether what is planned goes out: what the definitions say of it, kept by night as other settings are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from throughline.warehouse.connection import Connection


def register(
    conn: Connection, seq: int, scopes: Collection[str], said: Mapping[tuple[str, str], str]
) -> None:
    """Record what has changed since earlier nights, as known from night `seq` on. Does not commit.

    `said` maps scope (`practice`, `workflow`, `target`) and name to its mode; `scopes` are those of which it speaks.
    What it does not name keeps its mode: a workflow that is switched off while it is observed still sends nothing.
    """
    conn.execute(
        "delete from operations.mode where known_seq = %s and scope = any(%s)", (seq, list(scopes))
    )
    conn.execute(
        "insert into operations.mode (scope, name, known_seq, mode)"
        " select x.scope, x.name, %(seq)s, x.mode"
        " from unnest(%(scopes)s::text[], %(names)s::text[], %(modes)s::text[]) as x (scope, name, mode)"
        " where x.mode <> coalesce((select m.mode from operations.mode as m"
        " where m.scope = x.scope and m.name = x.name and m.known_seq < %(seq)s"
        " order by m.known_seq desc limit 1), 'live')",
        {
            "scopes": [scope for scope, _ in said],
            "names": [name for _, name in said],
            "modes": list(said.values()),
            "seq": seq,
        },
    )


def has_observed(conn: Connection, seq: int) -> bool:
    """Return whether this night, or one before it, observed anything. Ends no transaction."""
    row = conn.execute(
        "select exists (select from operations.mode where known_seq <= %s)", (seq,)
    ).fetchone()
    return bool(row and row[0])
