"""Closes a night: writes its digests, its numbers, and the versions of code and definitions."""

from __future__ import annotations

import hashlib
import os
import subprocess

from psycopg.types.json import Jsonb

from throughline.practice import told_zone
from throughline.proven import invariants
from throughline.told import starting
from throughline.told.numbers import collect, counts
from throughline.vocabulary import DefinitionError, layers, vocabulary
from throughline.warehouse import Connection, nights, sql
from throughline.workflows.definitions import examine

GIT_SECONDS = 5


def close_night(conn: Connection, seq: int, time_zone: str | None = None) -> dict[str, object]:
    """Write the digests, the counts, the revision and the hashes of night `seq`, and finish it.

    A failed night gets its counts but no digest: there is nothing to compare half a night with. A
    rerun that brought nothing new becomes void, and the state is again that of the previous night. A
    finished night can be closed again with the same result, until a later night exists. A night that
    is still running when a later one exists has failed. Returns the counts to show with the step.
    Commits.
    """
    night = nights.by_seq(conn, seq)
    kept = conn.execute(
        "select failed_step, reason from operations.night where seq = %s", (seq,)
    ).fetchone()
    assert kept is not None
    status = "finished" if night.status == "running" else night.status
    if status == "finished":
        if night.kind != "nightly" and _brought_nothing(conn, seq):
            _give_up(conn, seq)
            return {"status": "void"}
        if not nights.is_newest(conn, seq):
            if night.status == "running":
                nights.finish(
                    conn,
                    seq,
                    status="failed",
                    failed_step="close_night: overtaken",
                    reason="a later night did what it left undone",
                )
            return {"status": nights.by_seq(conn, seq).status}
        state_digest, plan_digest = digests(conn, seq)
        conn.execute("select operations.close(%s, %s, %s)", (seq, state_digest, plan_digest))
    conn.execute(
        "update operations.night set code_revision = %s, definition_hashes = %s where seq = %s",
        (code_revision(), Jsonb(definition_hashes()), seq),
    )
    failed_step, reason = kept
    if failed_step and "check_invariants" in failed_step and not reason:
        reason = _what_is_broken(conn, seq)
    told = counts(collect(conn, seq, time_zone or told_zone()))
    if status == "finished":
        starting.keep(conn, seq)
    if status == "finished" and night.kind != "intraday":
        # In one transaction: if the process dies after this, the next date does not wait for this one.
        nights.give_back(conn, night.business_date)
    nights.finish(conn, seq, status=status, counts=told, failed_step=failed_step, reason=reason)
    return {"status": status} | {
        name: told[name]
        for name in ("calls_due", "not_known", "proven", "exceptions_open", "expected_money")
    }


def digests(conn: Connection, seq: int) -> tuple[str, str]:
    """Return the digests of the state of all cases and of the plan of night `seq`, as recorded."""
    from throughline import cases, tasks

    return cases.digest(conn), tasks.plan_digest(conn, seq)


def _give_up(conn: Connection, seq: int) -> None:
    """Mark a night as void and remove its traces, in one transaction."""
    from throughline import cases

    conn.execute("update operations.night set status = 'void' where seq = %s", (seq,))
    cases.leave_no_trace(conn, seq)
    nights.finish(conn, seq, status="void", reason="brought nothing new")


def _brought_nothing(conn: Connection, seq: int) -> bool:
    return bool(sql.run(conn, "proven/brought_nothing.sql", seq=seq).rows[0][0])


def _what_is_broken(conn: Connection, seq: int) -> str | None:
    """Return the names of the checks that do not hold, for the page."""
    broken = invariants.check(conn, seq)
    return ", ".join(f"{each.check.name} ({each.count:,})" for each in broken) or None


def code_revision() -> str | None:
    """Return the revision of the code: `THROUGHLINE_REVISION`, else git's, else None.

    The revision is marked if the tree has uncommitted changes.
    """
    given = os.environ.get("THROUGHLINE_REVISION")
    if given:
        return given
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            cwd=sql.ROOT,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def definition_hashes() -> dict[str, str]:
    """Return the SHA-256 of every definition file that holds, by its path below its folder.

    A workflow that is based on one of ours is two files.
    """
    try:
        files = layers().every()
    except DefinitionError:  # the folder is not there, which is why the night failed
        return {}
    bases = {
        f"based_on/{base.name}": base
        for one in examine(layers(), vocabulary())[0]
        if (base := one.based_on)
    }
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in (files | bases).items()
    }
