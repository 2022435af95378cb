"""On whose feeds a stage rests: those of the systems that know the person, and those that may be first to know."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.clinic import EHR, Clinic, Record, call, coverage, patient, practitioner, stay
from throughline import cases
from throughline.sources import systems
from throughline.vocabulary import OURS

DEFINITIONS = OURS / "sources"

NORTH = "north"
TCM = "transitional_care"
CALLS = f"{NORTH}.communication"

Add = Callable[..., None]


@pytest.fixture
def add(clinic: Clinic, tmp_path: Path) -> Add:
    """Return a function that registers a second chart, and what else is said, beside the sources of this tree."""
    clinic.conn.execute(
        "update cases.workflow_version"
        " set definition = replace(replace(replace(definition::text, '\"ehr.', '\"'), '\"scheduling.', '\"'),"
        " '\"clearinghouse.', '\"payer.')::jsonb"
    )

    def register(seq: int = 0, **more: dict[str, Any]) -> None:
        folder = tmp_path / f"sources-{seq}"
        shutil.copytree(DEFINITIONS, folder)
        chart = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text()) | {"ids": "named"}
        for name, said in {NORTH: chart, **more}.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(said | {"source": name}))
        systems.register(clinic.conn, seq, folder)

    return register


def home(who: str, source: str, *, key: str = "") -> list[Record]:
    """A patient of a source with Part B who went home on 2 July."""
    records = [patient(who), coverage(who), stay(who, "2026-07-01", "2026-07-02 11:00")]
    return [
        replace(record, source=source, key=f"{key}{record.key}", subject=f"{key}{who}")
        for record in records
    ]


def north(*, key: str = "n-") -> list[Record]:
    """What the second chart has: its doctor, a patient of its own, and one whom both charts know."""
    return [
        replace(practitioner(), source=NORTH),
        *home("own", NORTH),
        home("both", NORTH, key=key)[0],
    ]


def known(clinic: Clinic) -> None:
    clinic.know(*home("p1", EHR), *home("both", EHR), *north())


def contact(clinic: Clinic, who: str, source: str = EHR) -> tuple[str, str | None]:
    """How the case of a patient stands at the contact: its state, and what it asks for."""
    [(_, _, case)] = [
        found for found in clinic.all_cases(clinic.person(who, source)) if found[1] == TCM
    ]
    return case.state, case.asks


def waits(clinic: Clinic) -> set[str]:
    rows = clinic.rows("select unnest(waits_on_feeds) as feed from cases.case_record")
    return {row.feed for row in rows}


def kept_is_derived(clinic: Clinic) -> None:
    assert clinic.derived_digest() == clinic.digest()


def test_a_chart_that_is_late_leaves_the_patients_of_others_alone(clinic: Clinic, add: Add) -> None:
    add()
    known(clinic)
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=[CALLS])
    assert contact(clinic, "p1")[0] == "pending"
    assert contact(clinic, "own", NORTH)[0] == contact(clinic, "both")[0] == "unknown"
    assert waits(clinic) == {CALLS}
    kept_is_derived(clinic)

    # their deadline passes while their chart is silent: theirs is verified by hand, the other is missed
    clinic.night("2026-07-07", late=[CALLS])
    assert contact(clinic, "p1") == ("missed", "missed_clock")
    assert contact(clinic, "own", NORTH) == contact(clinic, "both") == ("unknown", "verify_by_hand")
    kept_is_derived(clinic)

    clinic.know(replace(call("own", "2026-07-06 16:00"), source=NORTH))
    clinic.night("2026-07-08")
    assert contact(clinic, "both") == ("missed", "missed_clock")
    rows = clinic.rows(
        "select stage from cases.case_record where person_id = %s and workflow = %s",
        clinic.person("own", NORTH),
        TCM,
    )
    assert [row.stage for row in rows] == ["scheduled"]
    kept_is_derived(clinic)


def test_the_first_chart_is_late_and_patients_of_the_second_go_on(clinic: Clinic, add: Add) -> None:
    add()
    known(clinic)
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=["ehr.communication"])
    assert contact(clinic, "own", NORTH)[0] == "pending"
    assert contact(clinic, "p1")[0] == contact(clinic, "both")[0] == "unknown"
    assert waits(clinic) == {"ehr.communication"}
    kept_is_derived(clinic)


def test_a_person_who_enters_the_second_chart_waits_for_it_from_then_on(
    clinic: Clinic, add: Add
) -> None:
    add()
    clinic.know(*home("p1", EHR), *home("both", EHR))
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=[CALLS])
    assert contact(clinic, "both")[0] == "pending"
    clinic.know(*north())
    clinic.night("2026-07-05", late=[CALLS])
    assert contact(clinic, "both")[0] == "unknown"
    assert contact(clinic, "p1")[0] == "pending"
    kept_is_derived(clinic)


def test_what_may_be_first_to_know_is_waited_for_by_all(clinic: Clinic, add: Add) -> None:
    schedule = yaml.safe_load((DEFINITIONS / "scheduling.yaml").read_text())
    add(desk=schedule)
    known(clinic)
    clinic.know(call("p1", "2026-07-02 16:00"), call("both", "2026-07-02 16:00"))
    clinic.know(replace(call("own", "2026-07-02 16:00"), source=NORTH))
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=["desk.appointment"])
    assert {contact(clinic, who)[0] for who in ("p1", "both")} == {"unknown"}
    assert contact(clinic, "own", NORTH)[0] == "unknown"
    kept_is_derived(clinic)


def test_a_desk_of_one_chart_is_waited_for_by_its_patients(clinic: Clinic, add: Add) -> None:
    schedule = yaml.safe_load((DEFINITIONS / "scheduling.yaml").read_text())
    add(desk=schedule | {"serves": {"charts": [NORTH]}})
    known(clinic)
    clinic.know(call("p1", "2026-07-02 16:00"), call("both", "2026-07-02 16:00"))
    clinic.know(replace(call("own", "2026-07-02 16:00"), source=NORTH))
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=["desk.appointment"])
    assert contact(clinic, "p1")[0] == "pending"
    assert contact(clinic, "both")[0] == contact(clinic, "own", NORTH)[0] == "unknown"
    kept_is_derived(clinic)


def test_a_claim_of_a_chart_is_no_claim_of_a_payer(clinic: Clinic, add: Add) -> None:
    add()
    rows = clinic.rows(
        "select distinct source || '.' || feed as feed from cases.stage_feed"
        " where workflow = %s and stage = 'billed'",
        TCM,
    )
    assert {row.feed for row in rows} == {"clearinghouse.claim", "clearinghouse.claim_response"}


def test_a_feed_that_a_definition_names_is_waited_for_whoever_it_is(
    clinic: Clinic, add: Add
) -> None:
    add()
    clinic.conn.execute(
        "update cases.workflow_version"
        " set definition = replace(definition::text, '\"communication\"', '\"ehr.communication\"')::jsonb"
    )
    known(clinic)
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=["ehr.communication"])
    assert contact(clinic, "own", NORTH)[0] == "unknown"
    clinic.night("2026-07-04", late=[CALLS])
    assert contact(clinic, "both")[0] == contact(clinic, "own", NORTH)[0] == "pending"
    kept_is_derived(clinic)


def test_where_no_system_that_sends_it_knows_the_person_every_one_is_waited_for(
    clinic: Clinic, add: Add
) -> None:
    add()
    clinic.conn.execute(
        "delete from operations.feed where source = %s and feed = 'communication'", (EHR,)
    )
    known(clinic)
    clinic.night("2026-07-02")
    clinic.night("2026-07-03", late=[CALLS])
    assert contact(clinic, "p1")[0] == "unknown"
    kept_is_derived(clinic)


def test_earlier_nights_did_not_wait_for_a_source_that_is_new(clinic: Clinic, add: Add) -> None:
    add()
    known(clinic)
    clinic.conn.execute("delete from operations.feed where source = %s", (NORTH,))
    clinic.night("2026-07-02")
    before, seq, cut_off = clinic.digest(), clinic.seq, clinic.cut_off
    add(seq=2)
    cases.derive_all(clinic.conn, seq, cut_off)
    assert cases.digest(clinic.conn, derived=True) == before
    clinic.forget_temporary()
    clinic.night("2026-07-03", late=[CALLS])
    assert contact(clinic, "own", NORTH)[0] == "unknown"
