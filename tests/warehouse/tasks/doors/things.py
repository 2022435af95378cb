"""A thing for each act that a person may do, and the doors through which the act comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, member, seen
from throughline.quality.contents import releasable
from throughline.sources.records import WITHOUT_CLAIMS

AT = "2026-07-01 10:00"
LOADABLE = releasable("encounter")[0]
"""Why a row of visits was set aside that can be loaded as it stands."""


@dataclass(frozen=True)
class Thing:
    """What an act is about: `number` is what a page or a command is given, `said` what else the act needs.

    `change` makes it another thing than was shown.
    """

    about_id: str
    number: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[], None] = lambda: None


def _exception(
    desk: Desk, reason: str, about_kind: str, about_id: str, **more: Any
) -> tuple[str, Callable[[], None]]:
    row = desk.conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at, detail, case_id, person_id) values (gen_random_uuid(), %s, %s, %s, 'billing', 1,"
        " now(), now(), %s, %s, %s) returning exception_id::text",
        (
            about_kind, about_id, reason, Jsonb(more.get("detail", {})),
            more.get("case_id"), more.get("person_id"),
        ),
    ).fetchone()  # fmt: skip
    assert row is not None
    number = str(row[0])

    def change() -> None:
        desk.conn.execute(
            "update operations.exception set amount = 1 + coalesce(amount, 0) where exception_id = %s",
            (number,),
        )
        desk.conn.commit()

    return number, change


def of_case(
    reason: str, said: Mapping[str, str] | None = None, **detail: Any
) -> Callable[[Desk], Thing]:
    """Return what makes an exception of a case."""

    def make(desk: Desk) -> Thing:
        (case,) = desk.rows("select case_id, person_id from cases.case_record")
        number, change = _exception(
            desk, reason, "case", str(case.case_id),
            detail=detail, case_id=case.case_id, person_id=case.person_id,
        )  # fmt: skip
        return Thing(number, number, said or {}, change)

    return make


def refused_file(desk: Desk) -> Thing:
    """Make an exception about a file that could not be read."""
    number, change = _exception(
        desk, "file_refused", "file", "00000000-0000-0000-0000-00000000f11e"
    )
    return Thing(number, number, change=change)


def unsaid_discharge(desk: Desk) -> Thing:
    """Make an exception about a discharge that does not say where the patient went."""
    number, change = _exception(desk, "disposition_not_stated", "discharge", "ehr|encounter/s1")
    return Thing(number, number, {"disposition": "home"}, change)


def unsaid_level(desk: Desk) -> Thing:
    """Make an exception about the signed note of the open case's visit, of which nothing says a level."""
    desk.conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, code_system, code, occurred_at,"
        " known_seq, source, source_ref, source_version, batch_id, identifiers, detail)"
        " select gen_random_uuid(), f.subject_source, f.subject_id, 'note', 'http://loinc.org', '11506-3',"
        " f.occurred_at, f.known_seq, f.source, 'document_reference/n1', '1', f.batch_id,"
        " f.identifiers || %s, '{}' from evidence.fact as f where f.kind = 'visit' limit 1",
        (Jsonb({"document": "n1"}),),
    )
    thing = of_case("level_not_stated")(desk)
    return replace(thing, said={"level": "high", "document": "n1"})


def _stated(desk: Desk, number: str, act: str, back: str, detail: Mapping[str, str]) -> Thing:
    """State something on an exception; when it changes, it is taken back."""
    desk.conn.execute("update operations.exception set status = 'resolved', closed_seq = 1")
    row = desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, detail)"
        " values (gen_random_uuid(), 'somebody', %s, 'exception', %s, '', %s) returning decision_id::text",
        (act, number, Jsonb(detail)),
    ).fetchone()
    assert row is not None
    stated = str(row[0])

    def change() -> None:
        desk.conn.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
            " values (gen_random_uuid(), 'somebody', %s, 'stated', %s, 'a test')",
            (back, stated),
        )
        desk.conn.commit()

    return Thing(stated, open_case(desk).number, change=change)


def stated_level(desk: Desk) -> Thing:
    """State the level of the open case's note."""
    detail = {"level": "high", "note_source": "ehr", "note": "document_reference/n1"}
    return _stated(desk, unsaid_level(desk).number, "state_level", "take_back_level", detail)


unsaid_reconciliation = of_case("reconciliation_not_stated", {"done_on": AT[:10]})
"""Make an exception about medicines of which nothing says when they were reconciled."""


def stated_reconciliation(desk: Desk) -> Thing:
    """State when the medicines of the open case's patient were reconciled."""
    number = unsaid_reconciliation(desk).number
    act, back = "state_reconciliation", "take_back_reconciliation"
    return _stated(desk, number, act, back, {"done_on": AT[:10]})


def stated_disposition(desk: Desk) -> Thing:
    """State where the open case's patient went at the discharge that began it."""
    (case,) = desk.rows("select person_id, trigger_ref from cases.case_record")
    number, _ = _exception(
        desk, "disposition_not_stated", "discharge", "", person_id=case.person_id
    )
    desk.conn.execute(
        "update operations.exception set about_id = 'discharge ' || left(md5(concat_ws('|', person_id, %s::text)), 8)"
        " where exception_id = %s",
        (case.trigger_ref, number),
    )
    act, back = "state_disposition", "take_back_disposition"
    return _stated(desk, number, act, back, {"disposition": "home"})


def switched_off(desk: Desk) -> Thing:
    """Make an exception about a workflow that is switched off."""
    number, change = _exception(
        desk, "workflow_switched_off", "workflow", "transitional_care", detail={"cases": 2}
    )
    return Thing(number, number, change=change)


def _set_aside(desk: Desk, feed: str, reason: str) -> tuple[str, str]:
    (batch,) = desk.rows(
        "update landing.batch set rows_received = 1, rows_quarantined = 1 where feed = %s and known_seq = 1"
        " and batch_id = (select b.batch_id from landing.batch as b where b.feed = %s and b.known_seq = 1"
        " order by b.source limit 1) returning batch_id::text, source",
        feed,
        feed,
    )
    row = desk.conn.execute(
        "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no, reason, payload)"
        " values (gen_random_uuid(), %s, %s, %s, 1, 1, %s, '{}') returning quarantine_id::text",
        (batch.batch_id, batch.source, feed, reason),
    ).fetchone()
    assert row is not None
    return str(batch.batch_id), str(row[0])


def row(feed: str, reason: str) -> Callable[[Desk], Thing]:
    """Return what makes a row that a gate set aside."""

    def make(desk: Desk) -> Thing:
        _, number = _set_aside(desk, feed, reason)
        return Thing(number, number)

    return make


def rows(desk: Desk) -> Thing:
    """Make a delivery with rows that a gate set aside, and the exception about them."""
    batch, _ = _set_aside(desk, "encounter", LOADABLE)
    number, change = _exception(desk, "rows_set_aside", "batch", batch)
    return Thing(batch, number, change=change)


def stopped(desk: Desk) -> Thing:
    """Make a delivery that a gate stopped."""
    (batch,) = desk.rows(
        "update landing.batch set status = 'stopped', loaded_seq = null, rows_received = 7, rows_pending = 7,"
        " rows_loaded = 0 where batch_id = (select b.batch_id from landing.batch as b where b.feed = 'encounter'"
        " order by b.source limit 1) returning batch_id::text"
    )
    judged = (
        "insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict, expectations, failed)"
        " values (gen_random_uuid(), %s, 1, 'encounter', 'stop', 3, 1)"
    )
    desk.conn.execute(judged.encode(), (batch.batch_id,))

    def change() -> None:
        desk.conn.execute(judged.encode(), (batch.batch_id,))
        desk.conn.commit()

    return Thing(batch.batch_id, batch.batch_id, change=change)


def delivery(desk: Desk) -> Thing:
    """Make a delivery that is loaded, of one file."""
    batch, _ = _file(desk)
    return Thing(batch, batch)


def landed_file(desk: Desk) -> Thing:
    """Make a file of a delivery that is loaded."""
    _, file = _file(desk)
    return Thing(file, file)


def _file(desk: Desk) -> tuple[str, str]:
    (batch,) = desk.rows(
        "select batch_id::text, source, business_date from landing.batch where feed = 'encounter'"
        " order by source limit 1"
    )
    file = "abcdef01-0000-4000-8000-00000000f11e"
    desk.conn.execute(
        "insert into landing.file (file_id, source, business_date, known_seq, original_name, path, bytes, sha256,"
        " status, received_at) values (%s, %s, %s, 1, 'a.ndjson', 'a', 1, 'a', 'landed', now())",
        (file, batch.source, batch.business_date),
    )
    desk.conn.execute(
        "insert into landing.batch_file (batch_id, file_id, row_count) values (%s, %s, 1)",
        (batch.batch_id, file),
    )
    return batch.batch_id, file


def _says(desk: Desk, kind: str) -> None:
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'somebody', %s, 'sending', 'sending', 'a test')",
        (kind,),
    )
    desk.conn.commit()


def sending(desk: Desk) -> Thing:
    """Return what is paused: everything that is sent."""
    return Thing("sending", "sending", change=lambda: _says(desk, "pause_sending"))


def paused(desk: Desk) -> Thing:
    """Pause it."""
    _says(desk, "pause_sending")
    return Thing("sending", "sending", change=lambda: _says(desk, "resume_sending"))


def open_case(desk: Desk) -> Thing:
    """Return the open case, whose patient was called."""
    (one,) = desk.rows("select case_id::text, trigger_on::text as day from cases.case_record")
    said = {"at": f"{one.day} 15:00", "outcome": "reached"}
    return Thing(one.case_id, one.case_id, said, lambda: _ends(desk, one.case_id))


def recorded_call(desk: Desk) -> Thing:
    """Record a call of the open case."""
    thing = open_case(desk)
    row = desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, detail)"
        " values (gen_random_uuid(), 'somebody', 'record_call', 'case', %s, '', %s) returning decision_id::text",
        (thing.about_id, Jsonb({"outcome": "reached", "at": "2026-07-01T19:00:00+00:00"})),
    ).fetchone()
    assert row is not None
    return Thing(row[0], thing.number, {"call": row[0]}, thing.change)


def _ends(desk: Desk, case_id: str) -> None:
    desk.conn.execute(
        "update cases.case_record set status = 'closed', close_reason = 'died', next_step = null where case_id = %s",
        (case_id,),
    )
    desk.conn.commit()


def claims(desk: Desk) -> Thing:
    """Prepare a batch of claims that waits."""
    batch = str(prepare(desk))

    def change() -> None:
        desk.conn.execute("update cases.case_record set expected_code = '99213'")
        desk.conn.commit()

    return Thing(batch, batch, change=change)


def prepare(desk: Desk) -> UUID:
    """Prepare the batch of the case's claim."""
    desk.plan()
    (made,) = desk.prepare()
    return made


def held(desk: Desk) -> Thing:
    """Let what was observed be live again: it waits."""
    desk.conn.execute(
        "insert into operations.mode (scope, name, known_seq, mode) values ('practice', '', 1, 'observe')"
    )
    desk.plan()
    desk.open(SECOND)
    desk.conn.execute(
        "insert into operations.mode (scope, name, known_seq, mode) values ('practice', '', 2, 'live')"
    )
    desk.plan()

    def change() -> None:
        desk.conn.execute("update tasks.observed set from_seq = 0 where is_held")
        desk.conn.commit()

    return Thing("charge_capture", "charge_capture", change=change)


THINGS: dict[tuple[str, str], Callable[[Desk], Thing]] = {
    ("exception", "retry"): of_case("missed_clock"),
    ("exception", "continue"): of_case("missed_clock"),
    ("exception", "acknowledge"): of_case("missed_clock"),
    ("exception", "close_case"): of_case("missed_clock"),
    ("exception", "write_off"): of_case("patient_balance", balance="10.00"),
    ("exception", "assign"): of_case("missed_clock", {"owner": "billing"}),
    ("exception", "confirm"): of_case("identity_doubt"),
    ("exception", "reject"): of_case("identity_doubt"),
    ("exception", "state_disposition"): unsaid_discharge,
    ("exception", "state_level"): unsaid_level,
    ("stated", "take_back_level"): stated_level,
    ("exception", "state_reconciliation"): unsaid_reconciliation,
    ("stated", "take_back_reconciliation"): stated_reconciliation,
    ("stated", "take_back_disposition"): stated_disposition,
    ("exception", "carries_nothing"): refused_file,
    ("exception", "finish"): switched_off,
    ("exception", "close_cases"): switched_off,
    ("set_aside", "release"): rows,
    ("set_aside", "reject"): rows,
    ("batch", "release"): stopped,
    ("batch", "reject"): stopped,
    ("delivery", "reject"): delivery,
    ("landed_file", "reject"): landed_file,
    ("quarantine", "release"): row("encounter", LOADABLE),
    ("quarantine", "reject"): row("encounter", LOADABLE),
    ("quarantine", "posted"): row("payment", WITHOUT_CLAIMS),
    ("quarantine", "advance"): row("payment", WITHOUT_CLAIMS),
    ("quarantine", "not_ours"): row("payment", WITHOUT_CLAIMS),
    ("sending", "pause_sending"): sending,
    ("sending", "resume_sending"): paused,
    ("case", "record_call"): open_case,
    ("recorded_call", "take_back_call"): recorded_call,
    ("held", "release_observed"): held,
    ("claim_batch", "release"): claims,
    ("claim_batch", "refuse"): claims,
}
"""What makes the thing of an act."""

INNER = {("record", "link"), ("record", "unlink")}
"""Acts that no door takes: the two on an exception of identity record them."""

ELSEWHERE = {("retention", "remove"), ("chain", "accept")}
"""Acts with a command of their own, about no row: tried in `tests/warehouse/retention` and `proven/test_chain.py`."""

QUESTION = {
    ("batch", "release"),
    ("batch", "reject"),
    ("claim_batch", "release"),
    ("claim_batch", "refuse"),
}
CALLS = ("case", "recorded_call")
PAGE = {
    key
    for key in THINGS
    if key[0] in ("exception", "set_aside", "claim_batch", "sending", "held", "stated", *CALLS)
}
COMMAND = {key for key in THINGS if key[0] not in ("batch", "claim_batch", *CALLS)}
"""By which door an act comes in."""


def case(desk: Desk) -> None:
    """Let one patient have a visit and its charge, and a case that bills it."""
    desk.know(member("p1"), seen("p1"), charge("p1", AT))
    desk.open(FIRST)
    desk.bills("p1")
    desk.conn.commit()
