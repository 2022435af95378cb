"""Which of two systems of a role gets the work, and what of them is named in it."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.clinic import (
    EHR,
    SCHEDULING,
    Record,
    appointment,
    charge,
    coverage,
    patient,
    stay,
    visit,
)
from tests.warehouse.tasks.desk import (
    FIRST,
    GROUP_NPI,
    SECOND,
    Desk,
    doctor,
    group,
    member,
    office,
    seen,
)
from tests.warehouse.tasks.outside import FILES, OTHER_FILES, Outside
from throughline.sources import systems
from throughline.vocabulary import OURS

DEFINITIONS = OURS / "sources"

# The other chart stands before and after the first one by its name: no rule may rest on that.
BEFORE, AFTER = "a_north", "north"
NAMES = pytest.mark.parametrize("north", [BEFORE, AFTER])

Define = Callable[..., None]


@pytest.fixture
def define(desk: Desk, tmp_path: Path) -> Iterator[Define]:
    """Return a function that registers the definitions of this tree, with others beside them or instead."""
    numbers = itertools.count()  # definitions are read once per folder

    def register(**definitions: dict[str, Any]) -> None:
        folder = tmp_path / f"sources_{next(numbers)}"
        shutil.copytree(DEFINITIONS, folder)
        for name, said in definitions.items():
            file = folder / f"{name}.yaml"
            raw = yaml.safe_load(file.read_text()) if file.exists() else {
                "source": name, "title": name, "owner_team": "data_engineering"
            }  # fmt: skip
            file.write_text(yaml.safe_dump(raw | said))
        systems.register(desk.conn, 1, folder)
        desk.conn.commit()

    yield register
    desk.conn.rollback()
    systems.register(desk.conn, 0)
    desk.conn.commit()


def chart(*roles: str, connection: str = "other_fhir") -> dict[str, Any]:
    """A chart that takes work of its own."""
    said = ("chart", *(roles or ("outreach", "documentation")))
    return {"connection": connection, "roles": {role: {} for role in said}, "ids": "named"}


def at(source: str, record: Record, key: str | None = None) -> Record:
    """Return a record as another source has it."""
    return replace(record, source=source, key=key or record.key, version="")


def shared(desk: Desk, north: str, who: str = "p1", **values: Any) -> None:
    """Let a person be known in both charts by one record number, under ids of their own."""
    desk.know(
        member(who),
        at(north, doctor()),
        replace(
            at(north, patient(who, **values), f"{who}-north"), subject=f"{who}-north"
        ),
    )  # fmt: skip


def began(desk: Desk, source: str, subject: str) -> Any:
    """Return the fact of the discharge of a patient in a chart."""
    return desk.rows(
        "select fact_id from evidence.fact where kind = 'discharge' and subject_source = %s"
        " and subject_id = %s", source, subject
    )[0][0]  # fmt: skip


def addressed(desk: Desk) -> list[tuple[str, str]]:
    """Return who was asked for which kind of work."""
    return [(x.kind, x.target) for x in desk.sent()]


def discharged(source: str, who: str, subject: str) -> Record:
    return replace(at(source, stay(who, "2026-07-01", "2026-07-02 11:00")), subject=subject)


# ---- work about a person -----------------------------------------------------------------------


@NAMES
@pytest.mark.parametrize("is_in_north", [True, False])
def test_it_goes_where_the_trigger_stands(
    desk: Desk, define: Define, north: str, is_in_north: bool
) -> None:
    define(**{north: chart()})
    shared(desk, north)
    where, subject = (north, "p1-north") if is_in_north else (EHR, "p1")
    desk.know(discharged(where, "p1", subject))
    desk.open(FIRST)
    desk.wants("p1", "outreach", began_with=began(desk, where, subject))
    desk.work()
    (sent,) = desk.sent()
    assert sent.target == ("other_fhir" if is_in_north else "ehr_main")
    request, task = (json.loads(line) for line in sent.payload.splitlines())
    assert request["subject"] == task["for"] == {"reference": f"Patient/{subject}"}
    assert sent.outcome == "accepted"


@NAMES
def test_of_two_triggers_the_more_urgent_decides(desk: Desk, define: Define, north: str) -> None:
    define(**{north: chart()})
    shared(desk, north)
    desk.know(discharged(EHR, "p1", "p1"), discharged(north, "p1", "p1-north"))
    desk.open(FIRST)
    desk.wants("p1", "outreach", began_with=began(desk, EHR, "p1"))
    desk.wants(
        "p1", "outreach", workflow="annual_wellness", priority="urgent",
        began_with=began(desk, north, "p1-north"),
    )  # fmt: skip
    desk.work()
    assert addressed(desk) == [("outreach", "other_fhir")]


@NAMES
def test_else_it_goes_where_the_person_has_a_link(desk: Desk, define: Define, north: str) -> None:
    define(**{north: chart()})
    desk.know(member("p1"), at(north, patient("p2")), at(north, doctor()))
    desk.open(FIRST)
    desk.wants("p1", "outreach")
    desk.wants("p2", "outreach", source=north)
    desk.work()
    found = {
        json.loads(x.payload.splitlines()[1])["for"]["reference"]: x.target for x in desk.sent()
    }
    assert found == {"Patient/p1": "ehr_main", "Patient/p2": "other_fhir"}


@NAMES
@pytest.mark.parametrize("is_in_north", [True, False])
def test_else_it_goes_to_the_attributed_practitioner(
    desk: Desk, define: Define, north: str, is_in_north: bool
) -> None:
    define(**{north: chart()})
    shared(desk, north, general_practitioner_id="dr1" if is_in_north else None)
    if is_in_north:
        desk.know(patient("p1", general_practitioner_id=None))
    desk.open(FIRST)
    desk.wants("p1", "outreach")
    desk.work()
    assert addressed(desk) == [("outreach", "other_fhir" if is_in_north else "ehr_main")]


@NAMES
def test_the_newest_word_on_the_practitioner_counts(desk: Desk, define: Define, north: str) -> None:
    define(**{north: chart()})
    shared(desk, north)
    newer = replace(desk.pending[-1], version="2026-06-01T00:00:00Z")
    desk.pending[-1] = newer
    desk.open(FIRST)
    desk.wants("p1", "outreach")
    desk.work()
    assert addressed(desk) == [("outreach", "other_fhir")]


@NAMES
def test_else_nobody_is_asked_and_somebody_is_told(desk: Desk, define: Define, north: str) -> None:
    define(**{north: chart()})
    shared(desk, north)
    desk.open(FIRST)
    desk.wants("p1", "outreach")
    assert desk.work() == {}
    assert desk.sent() == []
    (told,) = desk.rows(
        "select reason, owner_team, about_kind, detail from operations.exception"
        " where status = 'open'"
    )
    assert tuple(told)[:3] == ("no_receiver", "data_engineering", "task")
    # a practitioner in one of the two alone ends it
    desk.know(patient("p1", general_practitioner_id=None))
    desk.open(SECOND)
    desk.work()
    assert addressed(desk) == [("outreach", "other_fhir")]
    assert desk.open_exceptions() == []


def test_one_system_of_a_role_takes_its_work_whoever_knows_the_person(
    desk: Desk, define: Define
) -> None:
    """There is nothing to choose: a booking for somebody whom the schedule has never seen."""
    define(north={"connection": "other_fhir", "roles": {"chart": {}}, "ids": "named"})
    desk.know(at("north", patient("p2")), at("north", doctor()))
    desk.open(FIRST)
    desk.wants("p2", "scheduling", source="north", visit_type="TCM", not_after="2026-07-20")
    desk.work()
    assert addressed(desk) == [("booking", "scheduling_api")]
    # the only system with the role cannot name somebody whom it does not have
    desk.wants("p2", "outreach", source="north", workflow="annual_wellness")
    desk.work()
    assert len(desk.sent()) == 1
    assert desk.open_exceptions() == ["not_in_receiver"]


@NAMES
def test_a_schedule_takes_bookings_for_the_charts_that_it_serves(
    desk: Desk, define: Define, north: str
) -> None:
    define(
        **{
            north: chart(),
            "scheduling": {"serves": {"charts": ["ehr"]}},
            "bookings": {
                "roles": {"schedule": {"connection": "other_bookings"}},
                "serves": {"charts": [north]},
            },
        }
    )
    shared(desk, north, mrn="MRN-p1", general_practitioner_id="dr1")
    desk.know(discharged(north, "p1", "p1-north"), member("p3"))
    desk.open(FIRST)
    booking: dict[str, Any] = {"visit_type": "TCM", "not_after": "2026-07-20"}
    desk.wants("p1", "scheduling", began_with=began(desk, north, "p1-north"), **booking)
    desk.wants("p3", "scheduling", **booking)
    desk.work()
    assert {json.loads(x.payload)["mrn"]: x.target for x in desk.sent()} == {
        "MRN-p1": "other_bookings",
        "MRN-p3": "scheduling_api",
    }


def test_where_nobody_serves_the_chart_nobody_is_asked(desk: Desk, define: Define) -> None:
    define(north=chart(), scheduling={"serves": {"charts": ["ehr"]}})
    desk.know(at("north", patient("p2")), at("north", doctor()))
    desk.open(FIRST)
    desk.wants("p2", "scheduling", source="north", visit_type="TCM", not_after="2026-07-20")
    desk.work()
    assert desk.sent() == []
    assert desk.open_exceptions() == ["no_receiver"]


def test_a_role_that_nobody_has_any_more(desk: Desk, define: Define) -> None:
    define(scheduling={"roles": {"outreach": {}}})
    desk.know(member("p1"))
    desk.open(FIRST)
    desk.wants("p1", "scheduling", visit_type="TCM", not_after="2026-07-20")
    desk.work()
    assert desk.open_exceptions() == ["no_receiver"]
    define()
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert desk.open_exceptions() == []


# ---- work about a visit ------------------------------------------------------------------------


@NAMES
def test_a_note_is_asked_for_where_its_visit_is(desk: Desk, define: Define, north: str) -> None:
    """Two visits of two persons bear one id: each chart gives its own."""
    define(**{north: chart()})
    desk.know(
        member("p1"), seen("p1", key="1"), replace(visit("p2", "2026-07-01 10:00"), key="p1-1"),
        at(north, patient("p2")), at(north, doctor()), coverage("p2"),
    )  # fmt: skip
    desk.pending = [
        replace(one, source=north, subject="p2") if one.subject == "p2" else one
        for one in desk.pending
    ]
    desk.open(FIRST)
    desk.wants("p1", "documentation", encounter="p1-1", practitioner_id="dr1")
    desk.wants(
        "p2", "documentation", source=north, encounter=f"{north}|p1-1", practitioner_id="dr1"
    )
    desk.work()
    found = {x.target: (x.effect_key, json.loads(x.payload)) for x in desk.sent()}
    assert {target: key for target, (key, _) in found.items()} == {
        "ehr_main": "documentation|p1-1|1",
        "other_fhir": f"documentation|{north}|p1-1|1",
    }
    for target, who in (("ehr_main", "p1"), ("other_fhir", "p2")):
        assert found[target][1]["focus"] == {"reference": "Encounter/p1-1"}
        assert found[target][1]["for"] == {"reference": f"Patient/{who}"}


@NAMES
def test_a_note_of_a_chart_that_takes_no_such_work_is_asked_of_nobody(
    desk: Desk, define: Define, north: str
) -> None:
    define(**{north: {"connection": "other_fhir", "roles": {"chart": {}}, "ids": "named"}})
    shared(desk, north)
    desk.open(FIRST)
    desk.wants("p1", "documentation", encounter=f"{north}|v9")
    desk.work()
    assert desk.sent() == []
    assert desk.open_exceptions() == ["no_receiver"]


@NAMES
def test_a_work_item_says_whose_visit_it_is(desk: Desk, define: Define, north: str) -> None:
    define(**{north: chart()})
    shared(desk, north)
    desk.open(FIRST)
    desk.wants("p1", "billing", encounter="v9", payer_id="MEDB1")
    desk.wants(
        "p1", "billing", workflow="charge_capture", encounter=f"{north}|v9", payer_id="MEDB1"
    )
    desk.work()
    found = {x.effect_key: json.loads(x.payload) for x in desk.sent()}
    assert set(found) == {"claim|v9", f"claim|{north}|v9"}
    assert found["claim|v9"]["encounter_id"] == found[f"claim|{north}|v9"]["encounter_id"] == "v9"
    assert "encounter_source" not in found["claim|v9"]
    assert found[f"claim|{north}|v9"]["encounter_source"] == north
    assert {x.target for x in desk.sent()} == {"billing_main"}


@NAMES
def test_a_claim_of_ours_says_what_the_chart_of_the_visit_says(
    desk: Desk, define: Define, north: str
) -> None:
    define(**{north: chart()})
    there = (
        patient("p2", address_line="2 Elm St", city="Boston", state="MA"),
        coverage("p2", payer="SUNADV", kind="11"),
        seen("p2"),
        charge("p2", "2026-07-01 10:00", "99213", amount=150),
        doctor(npi="1000000002"), group(), office(),
    )  # fmt: skip
    # the first chart has a visit with the same id, with other codes
    desk.know([at(north, one) for one in there], member("p1"), replace(seen("p1"), key="p2-visit"))
    desk.know(
        charge("p1", "2026-07-01 10:00", "99215", of="visit", amount=300, encounter_id="p2-visit")
    )
    desk.open(FIRST)
    desk.wants("p2", "billing", source=north, workflow="charge_capture", encounter=f"{north}|p2-visit",
               payer_id="SUNADV")  # fmt: skip
    desk.plan()
    desk.prepare()
    (made,) = desk.rows("select * from tasks.claim")
    assert (made.encounter_source, made.encounter_id, made.billing_npi) == (
        north,
        "p2-visit",
        GROUP_NPI,
    )
    assert [line["code"] for line in made.content["lines"]] == ["99213"]
    assert made.content["rendering_npi"] == "1000000002"
    assert desk.broken() == []


# ---- work for a payer --------------------------------------------------------------------------

NORTHERN = {
    "roles": {
        "payer": {"connection": OTHER_FILES, "receiver_id": "NORTHERN", "submitter_id": "LAKESIDE"}
    },
}


def northern(**serves: list[str]) -> dict[str, Any]:
    return NORTHERN | {"serves": serves}


def addresses(content: bytes) -> tuple[str, str]:
    """Return from whom and to whom a file is."""
    isa = content.decode("ascii").split("*")
    return isa[6].strip(), isa[8].strip()


@pytest.mark.parametrize("name", ["a_files", "other"])
def test_a_claim_goes_to_the_system_that_serves_its_payer(
    desk: Desk, outside: Outside, define: Define, name: str
) -> None:
    define(
        **{
            name: northern(payers=["SUNADV"], billing_npi=[GROUP_NPI]),
            "clearinghouse": {"serves": {"payers": ["MEDB1", "COMM1"]}},
        }
    )
    desk.know(member("p1"), seen("p1"), charge("p1", "2026-07-01 10:00"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    desk.release(batch)
    desk.dispatch()
    assert addressed(desk) == [("claim_batch", OTHER_FILES)]
    ((_, content),) = outside.files()
    assert addresses(content) == ("LAKESIDE", "NORTHERN")
    assert b"NM1*40*2*NORTHERN" in content
    assert desk.broken() == []


def test_inquiries_go_to_the_systems_that_serve_their_payers(
    desk: Desk, outside: Outside, define: Define
) -> None:
    define(other=northern(payers=["SUNADV"]), clearinghouse={"serves": {"payers": ["MEDB1"]}})
    desk.know(member("p1", "MEDB1"), member("p2", "SUNADV"), member("p3", "MCAID"))
    desk.open(FIRST)
    for who, payer in (("p1", "MEDB1"), ("p2", "SUNADV"), ("p3", "MCAID")):
        desk.wants(who, "eligibility", workflow="annual_wellness", payer_id=payer)
    desk.work()
    assert {x.effect_key.split("|")[1]: x.target for x in desk.sent()} == {
        "MEDB1": FILES,
        "SUNADV": OTHER_FILES,
    }
    assert {addresses(content)[1] for _, content in outside.files()} == {"CLEARING", "NORTHERN"}
    assert desk.open_exceptions() == ["no_receiver"], "nobody serves the third payer"
    define()
    desk.open(SECOND)
    desk.work()
    assert desk.open_exceptions() == []


def test_a_claim_for_a_payer_that_nobody_serves_is_not_made(desk: Desk, define: Define) -> None:
    define(clearinghouse={"serves": {"payers": ["MEDB1"]}})
    desk.know(member("p1"), seen("p1"), charge("p1", "2026-07-01 10:00"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    assert desk.prepare() == []
    assert desk.open_exceptions() == ["no_receiver"]
    define()
    assert len(desk.prepare()) == 1
    assert desk.open_exceptions() == []


@pytest.mark.parametrize("is_released", [True, False])
def test_a_file_is_not_sent_to_another_system_than_it_is_addressed_to(
    desk: Desk, outside: Outside, define: Define, is_released: bool
) -> None:
    """A payer that moves between the making of a file and its sending: its claims go into another."""
    desk.know(member("p1"), seen("p1"), charge("p1", "2026-07-01 10:00"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    if is_released:
        desk.release(batch)
    define(other=northern(payers=["SUNADV"]), clearinghouse={"serves": {"payers": ["MEDB1"]}})
    desk.dispatch()
    assert outside.files() == []
    (again,) = desk.prepare()
    assert again != batch
    desk.release(again)
    desk.dispatch()
    ((_, content),) = outside.files()
    assert addresses(content)[1] == "NORTHERN"
    assert addressed(desk) == [("claim_batch", OTHER_FILES)]
    assert desk.broken() == []


def test_what_was_registered_by_nobody_yet_is_registered_before_anything_is_sent(
    desk: Desk,
) -> None:
    """An upgrade in the middle of a night: its dispatch finds no roles in the warehouse."""
    desk.know(member("p1"), appointment("p1", "2026-07-09 10:00"))
    desk.open(FIRST)
    assert desk.person("MRN-p1", SCHEDULING) == desk.person("p1")
    desk.wants("p1", "outreach")
    desk.conn.execute("delete from operations.role")
    desk.conn.commit()
    desk.work()
    assert addressed(desk) == [("outreach", "ehr_main")]
