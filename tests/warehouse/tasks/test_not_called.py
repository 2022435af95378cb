"""Whom nobody may call: what is about to be sent and what a page shows ask the same, reason by reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.warehouse.clinic import Clinic, Record, consent, moment, patient, stay
from throughline import evidence, identity
from throughline.pages.calls.stops import STOPS, not_called
from throughline.told.today import today
from throughline.warehouse import sql
from throughline.warehouse.moment import moment_of

FIRST, SECOND = "2026-07-06", "2026-07-07"
Act = Callable[[Clinic], None]


def fact(kind: str, **values: Any) -> Act:
    """Let a system state something of the patient that no record of these tests does."""

    def act(clinic: Clinic) -> None:
        said = {"occurred_at": moment("2026-07-05"), "ends_at": None} | values
        clinic.conn.execute(
            "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, ends_at, known_seq,"
            " source, source_ref, source_version, batch_id) values (gen_random_uuid(), 'ehr', 'p1', %s, %s, %s, %s,"
            " 'ehr', 'known/p1', '1', gen_random_uuid())",
            (kind, said["occurred_at"], said["ends_at"], clinic.seq),
        )

    return act


def doubt(clinic: Clinic) -> None:
    """Let it be in doubt whose record that of the patient is."""
    clinic.conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " values ('ehr', 'p1', %s, 'demographics', 0.9, 'doubt', %s)",
        (clinic.person("p3"), clinic.seq),
    )


def decided(about: str, kind: str = "retry", detail: str = "{}") -> Act:
    """Let a named person say of the patient's case, or of an exception of it, that it may go on."""

    def act(clinic: Clinic) -> None:
        clinic.conn.execute(
            "insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref, trigger_on, opened_seq,"
            " stage, stage_state, status, next_step, owner_team, derived_seq) select md5('case')::uuid, workflow,"
            " version, %s, 'stay', '2026-07-01', %s, 'contacted', 'pending', 'open', 'wait', 'care_management', %s"
            " from cases.workflow_version where workflow = 'transitional_care'",
            (clinic.person("p1"), clinic.seq, clinic.seq),
        )
        clinic.conn.execute(
            "insert into operations.exception (exception_id, about_kind, about_id, case_id, reason, owner_team,"
            " opened_seq, opened_at, due_at)"
            " values (md5('stuck')::uuid, 'case', md5('case')::uuid::text, md5('case')::uuid,"
            " 'verify_by_hand', 'care_management', %s, now(), now())",
            (clinic.seq,),
        )
        clinic.conn.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, door,"
            " known_seq, detail) values (gen_random_uuid(), 'nurse', %s, %s, md5(%s)::uuid::text, 'at home', 'page',"
            " %s, %s)",
            (kind, about, "stuck" if about == "exception" else "case", clinic.seq + 1, detail),
        )

    return act


DIED = patient("p1", is_deceased=True, deceased_at="2026-07-06 08:00-04:00")
GOES_ON = stay("p1", "2026-07-05 10:00", kind="5")
"""An encounter that goes on, and nobody has mapped what it is."""
CASES: dict[str, tuple[Sequence[Record], Sequence[Act], list[str], str | None]] = {
    "nothing": ((), (), [], None),
    "death": ((DIED,), (), ["death"], "died"),
    "refusal": ((consent("p1"),), (), ["opt_out"], "opt_out"),
    "refusal to come": ((), (fact("opt_out", occurred_at=moment("2026-08-01")),), [], None),
    "refusal that ended": ((), (fact("opt_out", ends_at=moment("2026-07-06")),), [], None),
    "refusal not mapped": ((consent("p1", "NOCALL"),), (), ["consent_not_mapped"], "opt_out"),
    "hospice": ((), (fact("hospice"),), ["hospice"], "hospice"),
    "gone": ((patient("p1", is_active=False),), (), ["left_practice"], "left_practice"),
    "stay": ((stay("p1", "2026-07-05 10:00"),), (), ["admission"], "admitted"),
    "stay that ended": ((stay("p1", "2026-07-01 10:00", "2026-07-04 11:00"),), (), [], None),
    "stay not mapped": ((GOES_ON,), (), ["stay_not_mapped"], "admitted"),
    # between midnight and the cut-off of the night, which is at three
    "stay not mapped, of this morning": (
        (stay("p1", "2026-07-08 01:00", kind="5"),), (), ["stay_not_mapped"], "admitted",
    ),
    "stay not mapped, of tomorrow": ((stay("p1", "2026-07-09 01:00", kind="5"),), (), [], None),
    "stay not mapped, said to be none": ((GOES_ON,), (decided("case"),), [], None),
    "stay not mapped, its exception decided": (
        (GOES_ON,), (decided("exception", "resolve", '{"action": "continue"}'),), [], None,
    ),
    "stay not mapped, another thing decided": (
        (GOES_ON,), (decided("exception", "assign"),), ["stay_not_mapped"], "admitted",
    ),
    "doubt": ((), (doubt,), ["identity_doubt"], "identity_doubt"),
    "death and doubt": ((DIED,), (doubt,), ["death", "identity_doubt"], "identity_doubt"),
    "all that stands before what is not mapped": (
        (consent("p1"), consent("p1", "NOCALL"), stay("p1", "2026-07-05 10:00", kind="5", key="other"),
         patient("p1", is_active=False)),
        (), ["consent_not_mapped", "left_practice", "opt_out", "stay_not_mapped"], "left_practice",
    ),
}  # fmt: skip
"""By what is planted: records, acts, what a page says, and what is kept when something is withheld."""


@pytest.mark.parametrize("planted", CASES)
def test_what_is_sent_and_what_a_page_shows_agree(clinic: Clinic, planted: str) -> None:
    records, acts, shown, withheld = CASES[planted]
    clinic.know(patient("p1"), patient("p2"), patient("p3"))
    derived(clinic, FIRST)
    # they were made before the patients, and are newer
    clinic.know(*(replace(record, version="2026-02-01T00:00:00Z") for record in records))
    derived(clinic, SECOND)
    for act in acts:
        act(clinic)
    who = {str(clinic.person(name)): name for name in ("p1", "p2", "p3")}
    assert len(who) == 3
    sent = forbidden(clinic, who)
    clinic.conn.execute("set local role throughline_reader")
    stops = not_called(clinic.conn, who, today(clinic.conn).cut_off)
    assert all(
        stop.said and stop.source == "Electronic health record"
        for s in stops.values()
        for stop in s
    )
    page = {who[person]: [stop.kind for stop in told] for person, told in stops.items()}
    in_doubt = "identity_doubt" in shown
    assert page == ({"p1": shown} if shown else {}) | (
        {"p3": ["identity_doubt"]} if in_doubt else {}
    )
    assert sent == ({("p1", True): withheld} if withheld else {}) | (
        dict.fromkeys([("p1", False), ("p3", True), ("p3", False)], "identity_doubt")
        if in_doubt
        else {}
    )
    assert {name for name, reaches_out in sent if reaches_out} == set(page)


def test_every_reason_is_planted() -> None:
    assert {reason for _, _, shown, _ in CASES.values() for reason in shown} == set(STOPS)


def derived(clinic: Clinic, on: str) -> None:
    """Let a night know what is pending: load, link, assert."""
    clinic.begin(on)
    identity.link_persons(clinic.conn, clinic.seq)
    evidence.assert_facts(clinic.conn, clinic.seq)
    clinic.forget_temporary()


def forbidden(clinic: Clinic, who: Mapping[str, str]) -> dict[tuple[str, bool], str]:
    """Return why a call to each person, and a claim, is withheld tonight, by name and whether it reaches out."""
    conn = clinic.conn
    conn.execute("set local role throughline_loop")
    conn.execute(
        "create temp table w_outgoing on commit drop as select p.person_id, k.kind"
        " from unnest(%s::uuid[]) as p (person_id) cross join unnest(array['outreach', 'claim']) as k (kind)"
        " union all select null, 'claim'",
        (list(who),),
    )
    sql.run(conn, "tasks/forbidden.sql", **moment_of(conn, clinic.seq).params)
    found = conn.execute("select person_id::text, reaches_out, reason from w_forbidden").fetchall()
    conn.execute("reset role")
    return {(who[person], reaches_out): reason for person, reaches_out, reason in found}
