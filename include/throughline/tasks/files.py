"""Files for the clearinghouse: the night's eligibility inquiries (270), and how any file is sent.

A file is uploaded under a temporary name, marked, and then renamed to its final name. Only the rename
removes the temporary name, so after a crash its presence shows for certain whether the file was sent.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from throughline import exceptions
from throughline.tasks import pausing, payers, transmissions
from throughline.tasks.payers import PayerSystem
from throughline.tasks.transmissions import Row
from throughline.tasks.wire import x12, x12_270
from throughline.transports import sftp
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import UploadUncertain
from throughline.warehouse import Connection, failpoints, sql
from throughline.warehouse.moment import moment_of

INBOX = "inbox"
PREVENTIVE = ("G0402", "G0438", "G0439")
MOST_INQUIRIES = 5000


def intend_inquiries(conn: Connection, seq: int) -> int:
    """Write one 270 per payer for tonight's eligibility tasks; returns the number of persons in them.

    A person without a member id, a birth date or a practitioner, with a name that X12 cannot say, or with a
    payer that no system serves, becomes an exception. Does not commit.
    """
    moment = moment_of(conn, seq)
    day = moment.business_date
    found = sql.run(conn, "tasks/inquiries.sql", seq=seq, business_date=day).rows
    sql.drop_made(conn, "tasks/inquiries.sql")
    asked = 0
    for payer_id, rows in groupby(found, key=lambda row: row[1]):
        whole = []
        to = payers.system_for(conn, str(payer_id)) if payer_id else None
        for row in rows:
            unwritable = _unwritable(row)
            lacks = (
                "missing_coverage" if not _is_whole(row)
                else "missing_billing_data" if unwritable
                else "no_receiver" if to is None else None
            )  # fmt: skip
            if lacks is None:
                whole.append(row)
            else:
                missing = {"missing": unwritable} if lacks == "missing_billing_data" else {}
                exceptions.open_exception(
                    conn,
                    seq,
                    moment.as_of,
                    lacks,
                    "task",
                    row[0],
                    detail={"stage": "due", **missing},
                )
        for start in range(0, len(whole), MOST_INQUIRIES):
            part = whole[start : start + MOST_INQUIRIES]
            assert to is not None
            _intend_file(conn, seq, to, str(payer_id), part, day, moment.local)
            asked += len(part)
            conn.execute(
                "update operations.exception set status = 'cleared', closed_seq = %s,"
                " resolution = 'what was lacking is there' where about_kind = 'task' and status = 'open'"
                " and reason in ('missing_coverage', 'missing_billing_data', 'no_receiver')"
                " and about_id = any(%s)",
                (seq, [row[0] for row in part]),
            )
    return asked


def _is_whole(row: tuple[Any, ...]) -> bool:
    """Return whether an inquiry is possible: everything the payer needs is there, its codes can be written in X12."""
    if not all(row[n] for n in (1, 3, 4, 5, 6, 8)):
        return False
    return all(x12.is_writable(row[n]) for n in (1, 3, 8))


def _unwritable(row: tuple[Any, ...]) -> list[str]:
    """Return why the names of an inquiry cannot be written in X12: nothing, or one sentence for each kind of name."""
    said = set()
    for what, *at in (
        ("the payer's name", 2),
        (x12_270.MEMBER, 4, 5),
        (x12_270.DOCTOR, 9, 10),
    ):
        try:
            for n in at:
                x12.plain(row[n], what=str(what))
        except x12.Unwritable as error:
            said.add(str(error))
    return sorted(said)


def _intend_file(
    conn: Connection,
    seq: int,
    to: PayerSystem,
    payer_id: str,
    rows: Sequence[tuple[Any, ...]],
    day: date,
    at: Any,
) -> None:
    traces = [row[0].replace("-", "") for row in rows]
    content_key = hashlib.sha256("|".join(traces).encode()).hexdigest()[:16]
    effect_key = f"eligibility|{payer_id}|{content_key}"
    earlier = [
        outcome
        for (outcome,) in conn.execute(
            "select outcome from tasks.transmission where effect_key = %s", (effect_key,)
        )
    ]
    if {"intended", "accepted", "uncertain"} & {*earlier}:
        return
    control = next_control_number(conn)
    payload = x12_270.eligibility(
        x12.Envelope(to.submitter_id, to.receiver_id, at, control),
        f"E{control}",
        payer_id,
        str(rows[0][2] or payer_id),
        day,
        PREVENTIVE,
        [
            x12_270.Inquiry(
                trace, row[3], row[4], row[5], row[6], row[7], row[8], row[9] or "", row[10] or ""
            )
            for trace, row in zip(traces, rows, strict=True)
        ],
    )
    transmissions.intend(
        conn,
        seq,
        effect_key,
        "eligibility",
        to.connection,
        payload,
        hashlib.sha256(payload).hexdigest(),
        {"interchange": control, "file": f"TL{control}.270"},
        [UUID(row[0]) for row in rows],
        1 + len(earlier),
    )


def next_control_number(conn: Connection) -> str:
    """Return the next interchange control number (ISA13); a rollback gives it back.

    Write the bytes that contain it in the same transaction. Other callers wait until it ends.
    """
    row = conn.execute(
        "update tasks.interchange_counter set last_control_number = last_control_number + 1"
        " returning last_control_number"
    ).fetchone()
    assert row is not None
    return f"{row[0]:09d}"


def send(
    conn: Connection,
    seq: int,
    clients: Mapping[str, Address],
    kinds: Sequence[str],
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[str]:
    """Send the intended files of these kinds, and settle what an earlier call left open.

    `clients` are addresses by connection. Commits as it goes. Returns counts by outcome; an unreachable
    server leaves its files as intended.
    """
    counts: Counter[str] = Counter()
    rows = [
        row
        for row in transmissions.standing(conn, ("intended", "uncertain"))
        if row.kind in kinds and row.target in clients
    ]
    conn.commit()
    for target in sorted({row.target for row in rows}):
        try:
            with sftp.connect(clients[target], sleep=sleep) as folder:
                for row in rows:
                    if row.target == target:
                        what = _send_one(conn, seq, folder, row)
                        counts.update([what] if what else ())
        except SourceUnavailable:
            conn.rollback()
            counts["unreachable"] += 1
    return counts


def _send_one(conn: Connection, seq: int, folder: sftp.SftpFolder, row: Row) -> str | None:
    """Settle a file, or send it; returns the outcome, or None if it waits because sending is paused."""
    name = row.control_numbers["file"]
    if row.outcome == "uncertain" and not row.was_marked:
        # Only a restore leaves this behind (sql/tasks/restored.sql). Receivers take files away: a file that is there
        # was sent, and one that is not may have been.
        if not folder.exists(INBOX, name, row.payload):
            return "uncertain"
        transmissions.mark(conn, [row.transmission_id])
        return _accepted(conn, seq, row, name)
    if row.was_marked and not folder.is_laid_down(INBOX, name):
        return _accepted(conn, seq, row, name)
    if pausing.is_paused(conn):
        conn.rollback()
        return None
    if not row.was_marked:
        folder.lay_down(INBOX, name, row.payload)
        failpoints.hit("files.after_lay_down")
        transmissions.mark(conn, [row.transmission_id])
    failpoints.hit("files.after_mark")
    try:
        folder.hand_over(INBOX, name)
    except SourceUnavailable:
        # It certainly lacks its final name and may have lost the temporary one: upload it again.
        transmissions.unmark(conn, [row.transmission_id])
        conn.commit()
        raise
    except UploadUncertain as error:
        transmissions.record(conn, seq, row.transmission_id, "uncertain", type(error).__name__)
        conn.commit()
        return "uncertain"
    failpoints.hit("files.after_hand_over")
    return _accepted(conn, seq, row, name)


def _accepted(conn: Connection, seq: int, row: Row, name: str) -> str:
    transmissions.record(conn, seq, row.transmission_id, "accepted", None, name)
    conn.execute(
        "update tasks.claim_batch set status = 'sent' where %s = 'claim_batch|' || batch_id::text",
        (row.effect_key,),
    )
    conn.execute(
        "update tasks.claim set status = 'sent' where batch_id is not null and status = 'released'"
        " and %s = 'claim_batch|' || batch_id::text",
        (row.effect_key,),
    )
    conn.commit()
    failpoints.hit("files.after_outcome")
    return "accepted"
