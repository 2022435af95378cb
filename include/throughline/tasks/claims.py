"""Claims that Throughline itself submits: prepared, batched, released by a named person, then sent.

This applies only to payers and billing providers for which Throughline is the sole submitter. Codes,
units, diagnoses and practitioner are the clinician's (see `sql/tasks/claims.sql`); nothing is chosen
here. A batch is bytes with a hash; unless a named person releases exactly these bytes, they are never sent.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from throughline import exceptions
from throughline.practice import practice
from throughline.sources import systems
from throughline.tasks import files, listed, pausing, payers, restored, transmissions
from throughline.tasks.payers import PayerSystem
from throughline.tasks.validate import complaints
from throughline.tasks.wire import x12, x12_837p
from throughline.tasks.wire.filed import NotTold
from throughline.transports.address import Address
from throughline.warehouse import Connection, derive, failpoints, nights, sql
from throughline.warehouse.moment import Moment, moment_of

MOST_CLAIMS = 500
"""The most claims in one batch, so that a person can review them."""
DIFFERS = "the file says something else than its claims"


def control_number(effect_key: str, earlier: int) -> str:
    """Return our patient control number (CLM01): at most 20 characters, the same for the same claim."""
    return "T" + derive("claim", effect_key, earlier).hex[:15].upper()


def prepare(conn: Connection, seq: int) -> list[UUID]:
    """Prepare the claims of open billing tasks and put them into batches; returns all waiting batches.

    If data is missing, the task gets one exception, which ends when the claim can be made after all. A
    waiting batch whose evidence was withdrawn is withdrawn as well, and its valid claims go into a new
    one. Waits for the lock of a process that is sending. A night that is not the newest prepares
    nothing. Commits.
    """
    with transmissions.one_at_a_time(conn):
        last = nights.newest(conn)
        if last is not None and last.seq == seq:
            systems.ensure_registered(conn, seq)
            _prepare(conn, moment_of(conn, seq))
        waiting = conn.execute(
            "select batch_id from tasks.claim_batch where status = 'waiting' order by planned_seq, batch_id"
        ).fetchall()
        conn.commit()
    return [row[0] for row in waiting]


def _prepare(conn: Connection, moment: Moment) -> None:
    withdraw_fallen(conn)
    seq = moment.seq
    rows = sql.run(conn, "tasks/claims.sql", **moment.params).rows
    sql.drop_made(conn, "tasks/claims.sql")
    ready, over = [], []
    for (
        effect_key,
        task_id,
        _,
        person_id,
        encounter_source,
        encounter_id,
        payer_id,
        npi,
        total,
        problem,
        missing,
        content,
        earlier,
    ) in rows:
        if problem is not None:
            exceptions.open_exception(
                conn,
                seq,
                moment.as_of,
                problem,
                "task",
                str(task_id),
                detail={"missing": missing or []},
            )
            over.append((seq, "something else is missing", str(task_id), problem))
            continue
        over.append((seq, "the claim was made", str(task_id), ""))
        ready.append(
            (control_number(effect_key, earlier), effect_key, person_id, encounter_source, encounter_id, task_id,
             payer_id, npi, total, Jsonb(content), seq)
        )  # fmt: skip
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source,"
            " encounter_id, task_id, payer_id, billing_npi, total_charge, content, planned_seq, status)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'prepared') on conflict do nothing",
            ready,
        )
        cursor.executemany(
            "update operations.exception set status = 'cleared', closed_seq = %s, resolution = %s"
            " where about_kind = 'task' and about_id = %s and status = 'open' and reason <> %s",
            over,
        )
    failpoints.hit("claims.after_prepare")
    restored.hold_claims(conn, moment)
    _batch(conn, seq, moment.local)
    conn.commit()
    failpoints.hit("claims.after_batch")


def _batch(conn: Connection, seq: int, at: datetime) -> None:
    """Put prepared claims into files, one per payer and billing provider, that the validator accepts."""
    prepared = conn.execute(
        "select payer_id, billing_npi, patient_control_number, frequency_code, content, total_charge, task_id"
        " from tasks.claim where status = 'prepared' and batch_id is null and patient_control_number not in"
        " (select p.patient_control_number from tasks.claim_perhaps_sent as p) order by 1, 2, 3"
    ).fetchall()
    for (payer_id, npi), group in groupby(prepared, key=lambda row: (row[0], row[1])):
        rows = list(group)
        to = payers.system_for(conn, payer_id, npi)
        if to is None:
            # its definition was removed after they were prepared: they wait until there is one again
            cut_off = nights.by_seq(conn, seq).cut_off
            for row in rows:
                exceptions.open_exception(conn, seq, cut_off, "no_receiver", "task", str(row[6]))
            continue
        _there_is_one(conn, seq, [str(row[6]) for row in rows])
        for start in range(0, len(rows), MOST_CLAIMS):
            good = _accepted_by_validator(conn, seq, to, at, rows[start : start + MOST_CLAIMS])
            if good:
                _write_batch(conn, seq, to, at, payer_id, npi, good)


def _there_is_one(conn: Connection, seq: int, tasks: list[str]) -> None:
    """Clear the exceptions that say that no system takes the claims of these tasks."""
    conn.execute(
        "update operations.exception set status = 'cleared', closed_seq = %s, resolution = %s"
        " where reason = 'no_receiver' and status = 'open' and about_kind = 'task' and about_id = any(%s)",
        (seq, "a system takes it", tasks),
    )


def _file(to: PayerSystem, at: datetime, control: str, rows: Sequence[tuple[Any, ...]]) -> bytes:
    own = practice()
    return x12_837p.professional(
        x12.Envelope(to.submitter_id, to.receiver_id, at, control), f"B{control}",
        own.name, own.billing_phone, [x12_837p.ProfessionalClaim(row[2], row[3], row[4]) for row in rows],
    )  # fmt: skip


def _accepted_by_validator(
    conn: Connection, seq: int, to: PayerSystem, at: datetime, rows: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return the claims that pyx12 accepts and that a list can tell.

    A file that is rejected is halved until the bad claims are found: they become exceptions.
    """
    try:
        file = _file(to, at, "999999999", rows)
        found = complaints(file) or listed.check(file, {row[2]: (row[3], row[4]) for row in rows})
    except x12.Unwritable as error:
        found = [str(error)]
    if not found:
        return rows
    if len(rows) > 1:
        middle = len(rows) // 2
        return _accepted_by_validator(conn, seq, to, at, rows[:middle]) + _accepted_by_validator(
            conn, seq, to, at, rows[middle:]
        )
    conn.execute(
        "update tasks.claim set status = 'refused' where patient_control_number = %s", (rows[0][2],)
    )
    exceptions.open_exception(
        conn,
        seq,
        nights.by_seq(conn, seq).cut_off,
        "claim_invalid",
        "task",
        str(rows[0][6]),
        detail={"validator": found},
    )
    return []


def _write_batch(
    conn: Connection,
    seq: int,
    to: PayerSystem,
    at: datetime,
    payer_id: str,
    npi: str,
    rows: Sequence[tuple[Any, ...]],
) -> None:
    numbers = [row[2] for row in rows]
    # the same claims after a restore are another file: the one before it may have been sent
    again = [f"restored {times}"] if (times := restored.times(conn)) else []
    batch_id = derive("claim_batch", payer_id, npi, *numbers, *again)
    control = files.next_control_number(conn)
    payload = _file(to, at, control, rows)
    conn.execute(
        "insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count,"
        " total_charge, payload, payload_sha256, interchange_control_number, source, status)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting')",
        (batch_id, payer_id, npi, seq, len(rows), sum(row[5] for row in rows), payload,
         hashlib.sha256(payload).hexdigest(), control, to.source),
    )  # fmt: skip
    conn.execute(
        "update tasks.claim set status = 'batched', batch_id = %s where patient_control_number = any(%s)",
        (batch_id, numbers),
    )


def made_anew(conn: Connection, seq: int, batch_id: UUID | str) -> UUID:
    """Ask of a waiting batch whether its cases still support it; returns the batch that waits in its place.

    That is the batch itself if nothing fell. Otherwise it was withdrawn, and its other claims are in a
    new batch; if none are left, it is the withdrawn one. Waits for the lock of a process that is
    sending. Commits.
    """
    row = conn.execute(
        "select status, array(select k.patient_control_number from tasks.claim as k"
        " where k.batch_id = b.batch_id) from tasks.claim_batch as b where b.batch_id = %s",
        (batch_id,),
    ).fetchone()
    if row is None or row[0] != "waiting":
        return UUID(str(batch_id))
    prepare(conn, seq)
    successor = conn.execute(
        "select b.batch_id from tasks.claim_batch as b"
        " inner join tasks.claim as k on k.batch_id = b.batch_id"
        " where b.status = 'waiting' and k.patient_control_number = any(%s)"
        " order by b.claim_count desc, b.batch_id limit 1",
        (row[1],),
    ).fetchone()
    return UUID(str(successor[0] if successor else batch_id))


def to_ask(conn: Connection, seq: int) -> list[dict[str, str]]:
    """Return the waiting batches to ask a person about: `batch_id`, and `digest` of its file and list.

    A batch whose list cannot be told gets an exception, and the question is only whether to throw it
    away; its digest is then that of the reason. Commits.
    """
    asked, untold = [], []
    for one in listed.waiting(conn):
        batch_id = str(one.batch_id)
        try:
            digest = listed.of(conn, one.batch_id).digest
        except NotTold as error:
            digest = hashlib.sha256(f"not told: {error}".encode()).hexdigest()
            untold.append(batch_id)
            exceptions.open_exception(
                conn, seq, nights.by_seq(conn, seq).cut_off, "claim_invalid", "claim_batch", batch_id,
                detail={"why": DIFFERS, "untold": str(error)},
            )  # fmt: skip
        asked.append({"batch_id": batch_id, "digest": digest})
    conn.execute(
        "update operations.exception set status = 'cleared', closed_seq = %s, resolution = %s"
        " where reason = 'claim_invalid' and status = 'open' and about_kind = 'claim_batch'"
        " and detail ->> 'why' = %s and about_id <> all(%s)",
        (seq, "the batch waits no more, or its file says what its claims say", DIFFERS, untold),
    )
    conn.commit()
    return asked


def withdraw_fallen(conn: Connection) -> int:
    """Withdraw waiting or released batches with a claim that is no longer valid; returns how many.

    A claim is valid while its task is open, its person is not in doubt, its charges have not changed,
    and the system that its file is addressed to serves its payer. Does not commit.
    """
    rows = sql.run(conn, "tasks/fallen.sql").rows
    return len(rows)


def send_released(
    conn: Connection,
    seq: int,
    clients: Mapping[str, Address],
    *,
    is_locked: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[str]:
    """Send every batch that a named person released and that is still valid; returns counts by outcome.

    A batch whose bytes differ from those released is not sent and becomes an exception. Commits as it
    goes. A retry after a crash sends nothing twice.
    """
    with nullcontext() if is_locked else transmissions.one_at_a_time(conn):
        systems.ensure_registered(conn, seq)
        withdraw_fallen(conn)
        is_paused = pausing.is_paused(conn)
        for batch_id, target, payload, sha256, control, is_as_released in conn.execute(
            "select b.batch_id, r.connection, b.payload, b.payload_sha256, b.interchange_control_number,"
            " encode(sha256(b.payload), 'hex') = b.payload_sha256"
            " and d.detail ->> 'sha256' = b.payload_sha256 and d.kind = 'release'"
            " from tasks.claim_batch as b"
            " inner join operations.role as r on r.role = 'payer'"
            " and r.source = coalesce(b.source, operations.payer_system(b.payer_id, b.billing_npi))"
            " left join operations.decision as d on d.decision_id = b.decision_id"
            " where b.status = 'released' and not %s order by b.planned_seq, b.batch_id",
            (is_paused,),
        ).fetchall():
            if not is_as_released:
                exceptions.open_exception(
                    conn, seq, nights.by_seq(conn, seq).cut_off, "claim_invalid", "claim_batch",
                    str(batch_id), detail={"why": "not the bytes that were released"},
                )  # fmt: skip
                continue
            tasks = [
                row[0]
                for row in conn.execute(
                    "select t.task_id from tasks.claim as c inner join tasks.task as t"
                    " on t.effect_key = c.effect_key and t.closed_seq is null where c.batch_id = %s",
                    (batch_id,),
                )
            ]
            _ask_support(conn, seq, batch_id)
            transmissions.intend(
                conn, seq, f"claim_batch|{batch_id}", "claim_batch", target, payload, sha256,
                {"interchange": control, "file": f"TL{control}.837"}, tasks,
            )  # fmt: skip
        conn.commit()
        failpoints.hit("claims.after_intend")
        return files.send(conn, seq, clients, ("claim_batch",), sleep)


def _ask_support(conn: Connection, seq: int, batch_id: UUID) -> None:
    """Keep what each case of a batch supports now; the first time counts, which is when it is handed over."""
    conn.execute(
        "insert into tasks.claim_support (batch_id, patient_control_number, case_id, expected_code,"
        " do_not_bill, known_seq)"
        " select k.batch_id, k.patient_control_number, c.case_id, c.expected_code,"
        " coalesce(n.reason, (select 'impossible_date' from tasks.impossible_claim as i"
        " where i.patient_control_number = k.patient_control_number)), %s"
        " from tasks.claim as k"
        " inner join tasks.task as t on t.effect_key = k.effect_key and t.closed_seq is null"
        " inner join cases.case_record as c on c.case_id = t.case_id"
        " left join cases.do_not_bill as n on n.case_id = t.case_id"
        " where k.batch_id = %s on conflict do nothing",
        (seq, batch_id),
    )
