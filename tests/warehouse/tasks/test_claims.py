"""Claims: what is said is the clinician's, what goes out is what a named person released, and once."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.warehouse.clinic import Record, again, charge, coverage, deleted, patient, visit
from tests.warehouse.tasks.desk import (
    FIRST,
    GROUP_NPI,
    SECOND,
    THIRD,
    Desk,
    billable,
    doctor,
    group,
    member,
    office,
    seen,
)
from tests.warehouse.tasks.outside import FILES, Outside
from throughline import tasks
from throughline.decisions import NoReasonError
from throughline.tasks import attest, claims, files, transmissions
from throughline.transports.address import Address
from throughline.warehouse import connect

AT = "2026-07-01 10:00"


def a_night(desk: Desk, *people: str, on: str = FIRST, **values: Any) -> None:
    """Bill the visit of each of them."""
    desk.know(*(billable(who, **values) for who in people))
    desk.open(on)
    for who in people:
        desk.bills(who)
    desk.plan()


def newer(record: Record) -> Record:
    """Return the record as it is said now, whenever a test first spoke of it."""
    return replace(record, version="")


def statuses(desk: Desk) -> list[str]:
    return [
        c.status
        for c in desk.rows(
            "select status from tasks.claim order by planned_seq, effect_key, status"
        )
    ]


def batches(desk: Desk) -> list[Any]:
    return desk.rows(
        "select * from tasks.claim_batch order by planned_seq, payer_id, claim_count desc"
    )


def test_a_released_batch_goes_out_once_byte_for_byte(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1", "p2")
    (batch,) = desk.prepare()
    assert desk.dispatch() == {}, "nobody released it"
    assert outside.files() == []
    decision = desk.release(batch)
    assert desk.release(batch) == decision
    assert desk.dispatch() == {"accepted": 1}
    assert desk.dispatch() == {}
    (row,) = batches(desk)
    ((name, content),) = outside.files()
    assert content == bytes(row.payload)
    assert hashlib.sha256(content).hexdigest() == row.payload_sha256
    assert name == f"TL{row.interchange_control_number}.837"
    assert (row.status, row.claim_count, row.billing_npi) == ("sent", 2, GROUP_NPI)
    assert statuses(desk) == ["sent", "sent"]
    (sent,) = desk.sent()
    assert (sent.outcome, sent.serves, bytes(sent.payload)) == ("accepted", 2, content)
    assert desk.release(batch) == decision, "said again after it went out"
    assert all(len(c.patient_control_number) <= 20 for c in desk.rows("select * from tasks.claim"))


LACKS: list[tuple[str, list[Record], str]] = [
    ("no charge", [seen("p1")], "missing_charge"),
    ("a charge without a code", [seen("p1"), charge("p1", AT, code=None)], "missing_charge"),
    ("nothing to be charged", [seen("p1"), charge("p1", AT, no_charge_reason="courtesy")], "missing_charge"),
    ("paid by the patient alone", [seen("p1"), charge("p1", AT, is_self_pay_restricted=True)], "missing_charge"),
    ("no diagnosis", [seen("p1"), charge("p1", AT, diagnoses=[])], "missing_diagnosis"),
    ("one line without diagnosis", [seen("p1"), charge("p1", AT), charge("p1", AT, key="2", diagnoses=[])],
     "missing_diagnosis"),
    ("thirteen diagnoses", [seen("p1"), charge("p1", AT, diagnoses=[f"E11.{n}" for n in range(13)])],
     "missing_diagnosis"),
    ("no practitioner", [seen("p1"), charge("p1", AT, performer_id=None)], "missing_practitioner"),
    ("one line without practitioner", [seen("p1"), charge("p1", AT), charge("p1", AT, key="2", performer_id=None)],
     "missing_practitioner"),
    ("two practitioners", [seen("p1"), doctor("dr2", "1000000002"), charge("p1", AT),
                           charge("p1", AT, key="2", performer_id="dr2")], "missing_practitioner"),
    ("one who may not bill", [seen("p1"), doctor("dr2", "1000000002", is_billable=False),
                              charge("p1", AT, performer_id="dr2")], "missing_practitioner"),
    ("a stranger", [seen("p1"), charge("p1", AT, performer_id="dr9")], "missing_practitioner"),
    ("no coverage then", [seen("p1"), charge("p1", AT), coverage("p1", "SUNADV", "11", ends="2026-06-30")],
     "missing_coverage"),
    ("no member id", [seen("p1"), charge("p1", AT), coverage("p1", "SUNADV", "11", member_id=None)],
     "missing_coverage"),
    ("no amount", [seen("p1"), charge("p1", AT, amount=None)], "missing_billing_data"),
    ("no units", [seen("p1"), charge("p1", AT, quantity=None)], "missing_billing_data"),
    ("no place", [visit("p1", AT, service_provider_id="group"), charge("p1", AT)], "missing_billing_data"),
    ("no group", [visit("p1", AT, location_id="office"), charge("p1", AT)], "missing_billing_data"),
    ("no tax id", [seen("p1"), charge("p1", AT), group(tax_id=None)], "missing_billing_data"),
    ("no address of the group", [seen("p1"), charge("p1", AT), group(city=None)], "missing_billing_data"),
    ("no kind of place", [seen("p1"), charge("p1", AT), office(place_of_service=None)], "missing_billing_data"),
    ("no address", [seen("p1"), charge("p1", AT), patient("p1", state="MA", city="Boston")], "missing_billing_data"),
    ("no birth date", [seen("p1"), charge("p1", AT), patient("p1", state="MA", city="Boston", address_line="2 Elm",
                                                             birth_date=None)], "missing_billing_data"),
]  # fmt: skip


@pytest.mark.parametrize(("records", "reason"), [x[1:] for x in LACKS], ids=[x[0] for x in LACKS])
def test_what_is_missing_is_asked_for_and_never_invented(
    desk: Desk, records: list[Record], reason: str
) -> None:
    desk.know(member("p1"), map(newer, records))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    for _ in range(2):
        assert desk.prepare() == []
        assert desk.open_exceptions() == [reason]


def test_the_case_says_whether_a_charge_is_supported_and_nobody_asks_again(desk: Desk) -> None:
    desk.know(member("p1"), seen("p1"), charge("p1", AT, code="99495"))
    desk.open(FIRST)
    case_id = desk.bills("p1", expected_code="ordinary")
    desk.plan()
    says = "update cases.case_record set wanted = %s, wanted_detail = wanted_detail || %s where case_id = %s"
    desk.conn.execute(says, ("exception", Jsonb({"reason": "charge_check"}), case_id))
    assert desk.prepare() == [], "an exception of the case stands before its claim"
    assert desk.open_exceptions() == [], "and is not said twice"
    # a named person's retry: the case goes on with the clinician's charge as it is
    desk.conn.execute(says, ("billing", Jsonb({"reason": None}), case_id))
    assert len(desk.prepare()) == 1
    assert [b.claim_count for b in batches(desk)] == [1]
    assert [
        line["code"] for line in desk.rows("select content from tasks.claim")[0].content["lines"]
    ] == ["99495"]


def test_an_exception_about_a_claim_follows_what_is_missing_and_ends_with_it(desk: Desk) -> None:
    first = charge("p1", AT, diagnoses=[])
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    desk.prepare()
    assert desk.open_exceptions() == ["missing_charge"]
    desk.know(first)
    desk.open(SECOND)
    desk.prepare()
    assert desk.open_exceptions() == ["missing_diagnosis"]
    desk.know(again(first, diagnoses=["I10"]))
    desk.open(THIRD)
    assert len(desk.prepare()) == 1
    assert desk.open_exceptions() == []
    desk.know(deleted(first))
    desk.open("2026-07-09")
    assert desk.prepare() == []
    assert desk.open_exceptions() == ["missing_charge"], "it is there again"
    assert statuses(desk) == ["withdrawn"]


def test_the_claim_says_what_the_clinician_documented_and_nothing_else(
    desk: Desk, outside: Outside
) -> None:
    desk.know(
        member("p1", family="Müller-O'Neil", given="Zoë"),
        seen("p1"),
        charge(
            "p1",
            AT,
            code="99214",
            amount=180,
            diagnoses=["I50.9", "E11.9", "I50.9"],
            modifiers=["25"],
        ),
        charge("p1", AT, code="J1885", amount=12.5, key="2", diagnoses=["E11.9"], quantity=0.125),
    )
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    text = bytes(batches(desk)[0].payload).decode("ascii")
    lines = text.splitlines()
    assert "HI*ABK:I509*ABF:E119~" in lines
    assert "SV1*HC:99214:25*180*UN*1***1:2:1~" in lines
    assert "SV1*HC:J1885*12.5*UN*0.125***2~" in lines
    assert any(line.startswith("NM1*IL*1*MULLER-O'NEIL*ZOE*") for line in lines)
    assert next(line for line in lines if line.startswith("CLM*")).split("*")[2] == "192.5"
    assert [line for line in lines if line.startswith("NM1*82")] == [
        "NM1*82*1*WEISS*ZOE****XX*1000000001~"
    ]
    assert batch is not None
    assert desk.broken() == []


def test_one_batch_per_payer_and_provider(desk: Desk) -> None:
    desk.conn.execute(
        "insert into cases.setting_known (name, key, known_seq, value)"
        " values ('sole_submitter', 'COMM1|9999999990', 0, 'yes')"
    )
    other = Record("organization", "group2", "ehr", None, group().values | {"npi": "9999999990"})
    desk.know(
        billable("p1"), billable("p2"), other,
        member("p3"), visit("p3", AT, service_provider_id="group2", location_id="office"), charge("p3", AT),
        member("p4", payer="COMM1"), visit("p4", AT, service_provider_id="group2", location_id="office"),
        charge("p4", AT), member("p5", payer="COMM1"), seen("p5"), charge("p5", AT),
    )  # fmt: skip
    desk.open(FIRST)
    for who, payer in (
        ("p1", "SUNADV"),
        ("p2", "SUNADV"),
        ("p3", "SUNADV"),
        ("p4", "COMM1"),
        ("p5", "COMM1"),
    ):
        desk.bills(who, payer=payer)
    desk.work()
    try:
        assert [(b.payer_id, b.billing_npi, b.claim_count) for b in batches(desk)] == [
            ("COMM1", "9999999990", 1), ("SUNADV", GROUP_NPI, 2), ("SUNADV", "9999999990", 1),
        ]  # fmt: skip
        assert [x.effect_key for x in desk.sent()] == ["claim|p5-visit"], (
            "of that provider others are submitters"
        )
        assert len({b.interchange_control_number for b in batches(desk)}) == 3
    finally:
        desk.conn.execute(
            "delete from cases.setting_known where name = 'sole_submitter' and key like 'COMM1|%%'"
        )
        desk.conn.commit()


def test_what_dies_before_its_bytes_are_kept_burns_no_control_number(desk: Desk) -> None:
    """An answer names the number, and with it a fact: a night that is run again proves the same by the same facts."""
    first = files.next_control_number(desk.conn)
    desk.conn.rollback()
    assert files.next_control_number(desk.conn) == first
    desk.conn.commit()
    assert int(files.next_control_number(desk.conn)) == int(first) + 1
    desk.conn.rollback()


def test_two_cases_of_one_visit_make_one_claim(desk: Desk) -> None:
    a_night(desk, "p1")
    desk.bills("p1", workflow="transitional_care")
    desk.plan()
    (batch,) = desk.prepare()
    assert len(desk.tasks("billing")) == 2
    assert batches(desk)[0].claim_count == 1
    desk.release(batch)
    desk.dispatch()
    assert desk.sent()[0].serves == 2


ODD: dict[str, list[Record]] = {
    "a separator in the member id": [
        *member("p2"),
        coverage("p2", "SUNADV", "11", member_id="M*2~"),
    ],
    "a name of other letters alone": member("p2", family="李"),
    "a code that is none": [*member("p2"), charge("p2", AT, code="99214*")],
    "five modifiers": [*member("p2"), charge("p2", AT, modifiers=["25", "59", "76", "77", "LT"])],
    "a diagnosis that is none": [*member("p2"), charge("p2", AT, diagnoses=["I10:X"])],
}


@pytest.mark.parametrize("records", ODD.values(), ids=list(ODD))
def test_the_one_that_cannot_be_written_is_set_aside_and_the_rest_goes_on(
    desk: Desk, records: list[Record]
) -> None:
    desk.know(billable("p1"), billable("p2"), map(newer, records), billable("p3"))
    desk.open(FIRST)
    for who in ("p1", "p2", "p3"):
        desk.bills(who)
    desk.plan()
    desk.prepare()
    assert statuses(desk) == ["batched", "refused", "batched"]
    assert [b.claim_count for b in batches(desk)] == [2]
    assert desk.open_exceptions() == ["claim_invalid"]
    (said,) = desk.rows("select detail from operations.exception")
    assert "M*2" not in str(said.detail)
    assert len(desk.prepare()) == 1, "the same content is not asked again"
    assert statuses(desk) == ["batched", "refused", "batched"]


def test_a_refused_batch_is_not_asked_again_until_the_charge_says_something_else(
    desk: Desk, outside: Outside
) -> None:
    line = charge("p1", AT, amount=200)
    desk.know(member("p1"), seen("p1"), line)
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    with pytest.raises(NoReasonError):
        attest.refuse(desk.conn, batch, "Ada Biller", " ")
    attest.refuse(desk.conn, batch, "Ada Biller", "wrong amount")
    desk.conn.commit()
    assert desk.open_exceptions() == ["charge_check"]
    assert desk.prepare() == []
    with pytest.raises(attest.NotWaiting):
        attest.release(desk.conn, batch, "Ada Biller", "", batches(desk)[0].payload_sha256)
    assert attest.refuse(desk.conn, batch, "Ada Biller", "again") is not None
    desk.conn.commit()
    desk.know(again(line, amount=100))
    desk.open(SECOND)
    (second,) = desk.prepare()
    assert second != batch
    assert desk.open_exceptions() == []
    numbers = [c[0] for c in desk.rows("select patient_control_number from tasks.claim")]
    assert len(set(numbers)) == 2


@pytest.mark.parametrize("name", ["", "  "])
def test_nobody_releases_nothing(desk: Desk, name: str) -> None:
    a_night(desk, "p1")
    (batch,) = desk.prepare()
    with pytest.raises(PermissionError):
        desk.release(batch, by=name)
    with pytest.raises(PermissionError):
        attest.refuse(desk.conn, batch, name, "")


def test_a_release_is_of_the_bytes_that_were_shown(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1")
    (batch,) = desk.prepare()
    with pytest.raises(attest.NotWaiting):
        attest.release(desk.conn, batch, "Ada Biller", "", "0" * 64)
    desk.conn.rollback()
    desk.release(batch)
    with pytest.raises(attest.NotWaiting):
        attest.release(desk.conn, batch, "Ada Biller", "", "0" * 64)
    desk.conn.rollback()
    for changes in (
        "payload = 'other'",
        "payload = 'other', payload_sha256 = encode(sha256('other'), 'hex')",
    ):
        # no trigger of the warehouse lets this happen
        desk.conn.execute("set local session_replication_role = replica")
        desk.conn.execute(f"update tasks.claim_batch set {changes}".encode())
        desk.conn.commit()
        assert desk.dispatch() == {}
        assert outside.files() == []
        assert desk.open_exceptions() == ["claim_invalid"]
        with pytest.raises(psycopg.errors.RaiseException, match="named release"):
            transmissions.intend(
                desk.conn, desk.seq, f"claim_batch|{batch}", "claim_batch", "clearinghouse_main", b"other",
                hashlib.sha256(b"other").hexdigest(), {}, [],
            )  # fmt: skip
        desk.conn.rollback()


def test_an_unknown_batch_is_not_released(desk: Desk) -> None:
    desk.open(FIRST)
    with pytest.raises(attest.NotWaiting):
        attest.release(
            desk.conn, "00000000-0000-0000-0000-000000000000", "Ada Biller", "", "0" * 64
        )


def test_the_database_itself_lets_no_unreleased_claim_out(desk: Desk) -> None:
    a_night(desk, "p1")
    (batch,) = desk.prepare()
    row = batches(desk)[0]
    with pytest.raises(psycopg.errors.RaiseException, match="named release"):
        transmissions.intend(
            desk.conn, desk.seq, f"claim_batch|{batch}", "claim_batch", "clearinghouse_main", bytes(row.payload),
            row.payload_sha256, {}, [],
        )  # fmt: skip


CHANGES: dict[str, dict[str, Any]] = {
    "not billable": {"status": "not-billable"},
    "other code": {"code": "99213"},
    "other amount": {"amount": 150},
    "other units": {"quantity": 2},
    "other diagnosis": {"diagnoses": ["E11.9"]},
    "other practitioner": {"performer_id": "dr2"},
    "other day": {"occurred_at": "2026-06-30 10:00-04:00"},
    "a modifier": {"modifiers": ["25"]},
    "paid by the patient": {"is_self_pay_restricted": True},
}


@pytest.mark.parametrize("is_released", [False, True], ids=["waiting", "released"])
def test_what_fell_away_is_withdrawn_and_the_rest_goes_into_a_new_batch(
    desk: Desk, outside: Outside, is_released: bool
) -> None:
    people = {
        name: f"p{n}"
        for n, name in enumerate([*CHANGES, "visit deleted", "charge deleted", "one more line"])
    }
    lines = {who: charge(who, AT) for who in people.values()}
    desk.know(doctor("dr2", "1000000002"), billable("stays"))
    for who in people.values():
        desk.know(member(who), seen(who), lines[who])
    desk.open(FIRST)
    for who in ("stays", *people.values()):
        desk.bills(who)
    desk.plan()
    (batch,) = desk.prepare()
    if is_released:
        desk.release(batch)
    old = {c.effect_key: c.patient_control_number for c in desk.rows("select * from tasks.claim")}
    assert len(old) == len(people) + 1
    desk.know(again(lines[people[name]], **change) for name, change in CHANGES.items())
    desk.know(
        deleted(seen(people["visit deleted"])), deleted(lines[people["charge deleted"]]),
        charge(people["one more line"], AT, key="more"),
    )  # fmt: skip
    desk.open(SECOND)
    desk.prepare()
    assert desk.dispatch() == {}
    assert outside.files() == []
    with pytest.raises(attest.NotWaiting):
        desk.release(batch)
    desk.conn.rollback()
    assert next(b.status for b in batches(desk) if b.batch_id == batch) == "refused"
    waiting = desk.rows("select * from tasks.claim where status = 'batched'")
    assert [c.effect_key for c in waiting if old[c.effect_key] == c.patient_control_number] == [
        "claim|stays-visit"
    ]
    assert [b.claim_count for b in batches(desk) if b.status == "waiting"] == [len(waiting)]
    assert desk.broken() == []
    gone = {"not billable", "paid by the patient", "visit deleted", "charge deleted"}
    assert {c.effect_key for c in waiting} == {
        "claim|stays-visit", *(f"claim|{who}-visit" for name, who in people.items() if name not in gone)
    }  # fmt: skip


def test_doubt_about_the_person_withdraws_the_claim(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1", "p2")
    (batch,) = desk.prepare()
    desk.release(batch)
    desk.conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " select 'scheduling', 'stranger', %s, 'demographics', 0.9, 'doubt', 1",
        (desk.person("p1"),),
    )  # fmt: skip
    desk.conn.commit()
    assert desk.dispatch() == {}
    assert statuses(desk) == ["withdrawn", "prepared"]
    assert outside.files() == []


def test_work_that_ended_withdraws_the_claim_but_not_what_was_handed_over(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1", "p2")
    (batch,) = desk.prepare()
    desk.release(batch)
    assert desk.dispatch() == {"accepted": 1}
    desk.ends(desk.tasks()[0].task_id)
    desk.open(SECOND)
    assert desk.prepare() == []
    assert desk.dispatch() == {}
    assert statuses(desk) == ["sent", "sent"]
    assert len(outside.files()) == 1


@pytest.mark.parametrize("died", [False, True])
def test_a_release_that_waits_for_the_clearinghouse_is_withheld_when_its_work_ends(
    desk: Desk, outside: Outside, died: bool
) -> None:
    a_night(desk, "p1", "p2")
    (batch,) = desk.prepare()
    desk.release(batch)
    outside.down.add("clearinghouse")
    if died:
        assert desk.dies_at("claims.after_intend", desk.dispatch)
    else:
        assert desk.dispatch() == {"unreachable": 1}
    outside.down.clear()
    assert desk.outcomes() == ["intended"]
    desk.ends(next(t.task_id for t in desk.tasks() if t.effect_key == "claim|p1-visit"))
    assert desk.dispatch() == {}
    assert desk.outcomes() == ["withheld"]
    (second,) = desk.prepare()
    desk.release(second)
    assert desk.dispatch() == {"accepted": 1}
    ((_, content),) = outside.files()
    assert content.count(b"CLM*") == 1


def test_a_claim_that_the_payer_turned_back_makes_room_for_another(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1")
    (batch,) = desk.prepare()
    desk.release(batch)
    desk.dispatch()
    (first,) = desk.rows("select patient_control_number as pcn from tasks.claim")
    desk.open(SECOND)
    desk.ends(desk.tasks()[0].task_id, "failed")
    desk.bills("p1", attempt=2)
    desk.plan()
    assert desk.prepare() == [], "nobody turned it back"
    desk.conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id, identifiers) values (gen_random_uuid(), 'ehr', 'p1',"
        " 'claim_rejected', '2026-07-07', 2, 'clearinghouse', 'r1', '1', gen_random_uuid(),"
        " jsonb_build_object('patient_control_number', %s::text))",
        (first.pcn,),
    )
    (second,) = desk.prepare()
    assert statuses(desk) == ["withdrawn", "batched"]
    desk.release(second)
    assert desk.dispatch() == {"accepted": 1}
    assert len(outside.files()) == 2
    (sent,) = desk.rows(
        "select patient_control_number as pcn from tasks.claim where status = 'sent'"
    )
    assert sent.pcn != first.pcn


def test_a_night_that_is_not_the_newest_prepares_nothing(desk: Desk) -> None:
    a_night(desk, "p1")
    desk.open(SECOND)
    assert tasks.claims.prepare(desk.conn, 1) == []
    assert statuses(desk) == []


def test_preparing_waits_for_whoever_is_sending(desk: Desk, desk_dsn: str) -> None:
    a_night(desk, "p1")
    began, done = threading.Event(), threading.Event()

    def prepare() -> None:
        with connect(desk_dsn) as conn:
            began.set()
            claims.prepare(conn, 1)
            done.set()

    worker = threading.Thread(target=prepare)
    with transmissions.one_at_a_time(desk.conn):
        worker.start()
        began.wait(5)
        assert not done.wait(0.3)
    worker.join(10)
    assert done.is_set()


def test_a_file_that_lost_its_temporary_name_is_laid_down_anew(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.transports import sftp

    a_night(desk, "p1")
    (batch,) = desk.prepare()
    desk.release(batch)
    lay_down = sftp.SftpFolder.lay_down

    def and_lose(self: sftp.SftpFolder, folder: str, name: str, content: bytes) -> None:
        lay_down(self, folder, name, content)
        (outside.root / folder / f".{name}.part").unlink()

    with monkeypatch.context() as patch:
        patch.setattr(sftp.SftpFolder, "lay_down", and_lose)
        desk.dispatch()
    assert outside.files() == []
    assert desk.outcomes() != ["accepted"]
    counts = desk.dispatch()
    assert (counts, len(outside.files())) == ({"accepted": 1}, 1)


def test_an_address_that_nobody_answers_leaves_the_release_standing(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1")
    (batch,) = desk.prepare()
    desk.release(batch)
    nowhere = {**outside.clients(), FILES: Address(FILES, port=9)}
    sleeps: list[float] = []
    assert claims.send_released(desk.conn, 1, nowhere, sleep=sleeps.append) == {"unreachable": 1}
    assert len(sleeps) == 2
    assert claims.send_released(desk.conn, 1, outside.clients()) == {"accepted": 1}
    assert len(outside.files()) == 1
