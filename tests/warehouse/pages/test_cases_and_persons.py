"""A case, a person and the search, on a fictitious morning."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from markupsafe import escape
from psycopg.types.json import Jsonb

from throughline import warehouse
from throughline.pages import case, people, person, render
from throughline.pages.finding import search
from throughline.pages.one import NotFound
from throughline.pages.visitor import Visitor
from throughline.tasks.wire import letters
from throughline.told.today import Today, today
from throughline.warehouse import sql

NURSE, VIEWER = Visitor("nurse", ("care_management",)), Visitor("viewer")


@pytest.fixture(autouse=True)
def who_may(conn: warehouse.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nurse sees patients, nobody else does; the fixture rolls everything back."""
    monkeypatch.setattr(
        "throughline.pages.visitor.permitted",
        lambda who, what: (who, what) == ("nurse", "see_patients"),
    )
    monkeypatch.setattr(conn, "commit", lambda: None)
    conn.execute(
        "insert into operations.source (source, title, is_chart)"
        " values ('ehr', 'Electronic health record', true), ('scheduling', 'Scheduling', false)"
    )


def one_of(conn: warehouse.Connection, where: str) -> case.Case:
    (number,) = conn.execute(
        f"select case_id::text from cases.case_record where {where} order by case_id limit 1".encode()
    ).fetchone() or ("",)
    return case.case(conn, number)


def looked(conn: warehouse.Connection) -> list[tuple[str, str]]:
    return conn.execute("select who, page from operations.looked order by 1, 2").fetchall()


def test_a_case_says_where_it_stands_and_what_it_waits_for(conn: warehouse.Connection) -> None:
    now = today(conn)
    stuck = one_of(conn, "next_step = 'exception' and stage_state = 'missed'")
    assert case.case(conn, stuck.number) == stuck
    assert case.waits_for(stuck, now).startswith("A person has to decide, ")
    assert "no signed note" in case.waits_for(stuck, now)
    task = one_of(conn, "next_step = 'task' and stage = 'contacted'")
    assert "has a task, " in case.waits_for(task, now)
    assert "reach the patient" in case.waits_for(task, now)
    late = one_of(conn, "next_step = 'wait' and waits_on_feeds <> '{}'")
    assert "clearinghouse/claim not yet here for the day of the clock" in case.waits_for(late, now)
    over = one_of(conn, "status = 'completed'")
    assert case.waits_for(over, now).startswith("It is completed")
    waits = one_of(conn, "next_step = 'wait' and waits_on_feeds = '{}'")
    assert case.waits_for(waits, now).startswith("It waits for evidence (")
    assert [stage.state for stage in case.stages(conn, over)].count("complete") == len(
        case.stages(conn, over)
    )


def test_the_story_of_a_case_has_evidence_tasks_what_was_sent_exceptions_and_decisions(
    conn: warehouse.Connection,
) -> None:
    one = one_of(conn, "next_step = 'exception' and stage_state = 'blocked'")
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, door, record)"
        " values (gen_random_uuid(), 'nurse', 'retry', 'exception', %s, 'called', 'question',"
        ' \'{"dag_id": "release_claims", "run_id": "manual__1+a"}\')',
        (one.next_step_ref,),
    )
    conn.execute(
        "insert into cases.event (event_id, case_id, kind, stage, to_state, occurred_at, known_seq, fact_id)"
        " select gen_random_uuid(), case_id, 'proven', stage, 'complete', proven_at, 2, fact_id"
        " from cases.stage where case_id = %s and fact_id is not null",
        (one.case_id,),
    )
    whole = case.line(conn, one, evidence=True)
    assert {entry.part for entry in whole} == set(case.PARTS)
    assert [entry.at for entry in whole] == sorted(entry.at for entry in whole)
    assert all(case.told(entry) for entry in whole)
    assert {entry.source for entry in whole if entry.part == "fact"} <= {
        "ehr", "scheduling", "clearinghouse",
    }  # fmt: skip
    (decision,) = [entry for entry in whole if entry.part == "decision"]
    assert case.told(decision) == "Try again, by nurse: called"
    assert case.awaited(whole) == ["Try again, by nurse, counts from tonight"]
    assert case.run_of(decision) == "/dags/release_claims/runs/manual__1%2Ba"
    # without evidence: no fact, and what was proven stands at the night that learned it
    less = case.line(conn, one, evidence=False)
    assert {entry.part for entry in less} == set(case.PARTS) - {"fact"}
    (night,) = conn.execute("select cut_off from operations.night where seq = 2").fetchone() or (
        "",
    )
    assert {entry.at for entry in less if entry.part == "event"} == {night}


def test_a_recorded_call_is_told_with_how_it_ended_to_those_who_may_know(
    conn: warehouse.Connection,
) -> None:
    one = one_of(conn, "status = 'open' and stage = 'contacted'")
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, door, detail)"
        " values (gen_random_uuid(), 'nurse', 'record_call', 'case', %s, 'her son', 'page',"
        ' \'{"outcome": "left_message"}\')',
        (one.case_id,),
    )
    for evidence, how, note in ((True, " (left a message)", ": her son"), (False, "", "")):
        story = case.line(conn, one, evidence=evidence)
        (call,) = [entry for entry in story if entry.kind == "record_call"]
        assert case.told(call) == f"Call recorded by hand{how}, by nurse{note}"
        assert case.awaited(story) == [f"Call recorded by hand{how}, by nurse, counts from tonight"]


def test_what_was_taken_back_stays_in_the_story(conn: warehouse.Connection) -> None:
    one = one_of(conn, "status = 'open' and stage = 'contacted'")
    conn.execute(
        "update evidence.fact set retracted_seq = 3 where fact_id = ("
        "select trigger_fact_id from cases.case_record where case_id = %s)",
        (one.case_id,),
    )
    assert case.line(conn, one, evidence=True)[0].is_taken_back


def test_every_event_task_and_transmission_has_words() -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC)
    base = case.Entry(at, "event", "proven", "seen", None, None, None, None, None, 1, False)
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "seen is proven"),
        ({"kind": "taken_back"}, "seen is no longer proven: its proof was taken back"),
        ({"kind": "proven_anew", "source": "ehr"}, "seen is proven anew by ehr"),
        ({"kind": "changed", "to_state": "missed"}, "seen: clock missed"),
        ({"kind": "closed", "note": "died"}, "the case is closed: The patient died"),
        ({"part": "task", "kind": "outreach", "to_state": "failed", "note": "no_answer"},
         "Reach the patient: a call, a message, a letter: failed (nobody answered)"),
        ({"part": "transmission", "kind": "booking", "source": "scheduling_api", "to_state": "rejected",
          "note": "http_409"}, "Booking to scheduling_api: rejected (http 409)"),
        ({"part": "fact", "kind": "attempt", "to_state": "left_message"},
         "Somebody tried to reach the patient (left a message)"),
        ({"part": "fact", "kind": "unheard_of"}, "Unheard of"),
    )  # fmt: skip
    for change, said in cases:
        assert case.told(replace(base, **change)) == said
    assert case.run_of(base) == ""


def test_a_person_is_shown_with_records_cases_and_what_to_know_before_a_call(
    conn: warehouse.Connection,
) -> None:
    (whole,) = conn.execute(
        "select person_id::text from identity.link where source = 'ehr' and source_id = 'p7'"
    ).fetchone() or ("",)
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), 'ehr', 'p7', 'opt_out', now(), 3, 'ehr',"
        " 'consent/1', '1', batch_id from landing.batch limit 1"
    )
    conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " values ('ehr', 'p8', %s, 'alike', 0.5, 'doubt', 3)",
        (whole,),
    )
    names = people.names(conn, NURSE, "person", [whole])
    now = datetime.now(UTC)
    shown = person.person(conn, person.whole_id(whole.upper()), names[whole], now)
    assert [(r.source, r.source_id, r.status) for r in shown.records] == [
        ("ehr", "p7", "active"), ("scheduling", "MRN100007", "active"), ("ehr", "p8", "doubt"),
    ]  # fmt: skip
    assert [record.family for record in shown.doubts] == ["Family8"]
    assert [stop.kind for stop in shown.stops] == ["identity_doubt", "opt_out"]
    assert shown.stops[1].said == "The patient refused to be contacted"
    assert shown.warnings == []
    assert len(shown.cases) == 1
    for nobody in ("x", "", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            person.person(conn, person.whole_id(nobody), None, now)


@pytest.mark.parametrize(
    ("kind", "begins", "ends", "detail", "stops"),
    [
        ("death", -1, None, {}, True),
        ("hospice", -1, None, {}, True),
        ("hospice", -9, -1, {}, False),
        ("left_practice", -1, None, {}, True),
        ("opt_out", 1, None, {}, False),
        ("admission", -1, None, {"status": "in-progress"}, True),
        ("admission", -1, 1, {}, True),
        ("admission", -9, None, {"status": "finished"}, False),
        ("admission", -9, -1, {}, False),
        ("attempt", -1, None, {}, False),
    ],
)
def test_the_page_says_whom_not_to_call_and_why(
    conn: warehouse.Connection,
    kind: str,
    begins: int,
    ends: int | None,
    detail: dict[str, str],
    stops: bool,
) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    row = conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, ends_at, detail,"
        " known_seq, source, source_ref, source_version, batch_id)"
        " select gen_random_uuid(), 'ehr', 'p9', %s, %s, %s, %s, 3, 'ehr', 'known/1', '1', batch_id"
        " from landing.batch limit 1 returning (select l.person_id::text from identity.link as l"
        " where l.source = 'ehr' and l.source_id = 'p9')",
        (kind, now + begins * day, None if ends is None else now + ends * day, Jsonb(detail)),
    ).fetchone()
    assert row is not None
    shown = person.person(conn, row[0], None, now)
    assert [stop.kind for stop in shown.stops] == ([kind] if stops else [])
    page = render.render("person.html.jinja", NURSE, "", one=shown, today=today(conn))
    assert ("Not to call" in page, "To call" in page) == (stops, not stops)
    assert all(f"{stop.said}.</b>" in page for stop in shown.stops)


@pytest.mark.parametrize(
    "typed",
    [
        "Family77", "family77", " family77  ", "Family77, Given77", "Given77 Family77", "family77 giv", "g family77",
        "MRN100077", "mrn100077", "p77",
    ],
)  # fmt: skip
def test_a_person_is_found_by_name_and_by_any_number(
    conn: warehouse.Connection, typed: str
) -> None:
    found = search.search(conn, NURSE, typed)
    assert [name.family for name in found.persons] == ["Family77"]
    assert looked(conn) == [("nurse", "search")]
    # who is sent on to the page of the only person has been shown nobody
    assert search.hits(conn, NURSE, typed).address == f"person/{found.persons[0].person_id}"
    assert looked(conn) == [("nurse", "search")]


@pytest.mark.parametrize(
    ("family", "given", "typed"),
    [
        ("Smith-Jones", "Jose", ("Smith-Jones", "smith jones", "Smith Jones, Jos\u00e9", "JOSE SMITH-JONES", "smithj")),
        ("O'Hara", "Ann", ("O\u2019Hara", "o'hara", "ohara", "Ann O Hara")),
        ("P\u00e9rez", "JOS\u00c9", ("perez", "Jose Perez", "p\u00c9rez, jose\u0301")),
        ("M\u00fcller", "J\u00f6rg", ("Muller", "Mueller", "MULLER, Joerg", "J\u00f6rg M")),
        ("Mueller", "Zo\u00eb", ("M\u00fcller", "zoe mueller", "Zo\u00eb Mueller")),
        ("Wei\u00df", "\u0141ukasz", ("Weiss", "WEI\u1e9e", "lukasz weiss")),
        ("\u00d8stergaard", "\u00deorir", ("ostergaard", "\u00f8ster", "thorir ost")),
        ("\u0110\u1eb7ng", "\u1ea2nh", ("Dang", "dang, anh", "\u0111\u1eb7ng")),
        ("\u674e", "\u5a1c", ("\u674e \u5a1c", "\u674e, \u5a1c")),
        ("\u0421\u0418\u0414\u041e\u0420\u041e\u0412", "\u0406\u0433\u043e\u0440", ("\u0441\u0438\u0434",)),
    ],
)  # fmt: skip
def test_a_person_is_found_by_another_spelling_of_the_name(
    conn: warehouse.Connection, family: str, given: str, typed: tuple[str, ...]
) -> None:
    conn.execute(
        "update core.patient set family = %s, given = %s where family = 'Family77'", (family, given)
    )
    for said in typed:
        assert [name.family for name in search.search(conn, NURSE, said).persons] == [family], said


def test_the_letters_of_the_search_are_those_of_claims(conn: warehouse.Connection) -> None:
    """Each Latin letter of Latin-1, Extended-A and B: what a claim writes for it is what a search takes it for."""
    forms = {}
    for sign in map(chr, (*range(0xC0, 0x250), 0x1E9E)):
        with contextlib.suppress(letters.NoFormError):
            forms[sign] = re.sub("[^a-z]", "", letters.folded(sign).lower())
    assert len(forms) > 300
    said = list(forms)
    found = conn.execute(
        "select t.sign, core.name_key(t.sign) from unnest(%s::text[]) as t (sign)", (said,)
    ).fetchall()
    assert {sign: key for sign, key in found if forms[sign] and key != forms[sign]} == {}


@pytest.mark.parametrize(
    "typed",
    [
        "7165550142", "(716) 555-0142", "716.555.0142", "716 555 0142", "716-555-0142", "716/555-0142",
        "+1 716 555 0142", "1-716-555-0142", "+1 (716) 555-0142 ext. 7", "716 555 0142 x12", "tel: 7165550142",
        "Tel. 716 555 0142", "555-0142", "5550142", "011 1 716 555 0142", "\uff17\uff11\uff16 555\u20110142",
    ],
)  # fmt: skip
def test_a_person_is_found_by_a_telephone_number_in_any_form(
    conn: warehouse.Connection, typed: str
) -> None:
    conn.execute("update core.patient set phone = '7165550142' where family = 'Family77'")
    conn.execute("update core.patient set phone = '7165550143' where family = 'Family78'")
    found = search.search(conn, NURSE, typed)
    assert [name.family for name in found.persons] == ["Family77"]
    assert looked(conn) == [("nurse", "search")]
    assert search.search(conn, VIEWER, typed) == search.Found()


@pytest.mark.parametrize(
    "typed", ["0142", "550142", "6165550142", "tel", "7165550142 Long", "+", "1" * 40, "55501427"]
)
def test_what_is_no_telephone_number_or_of_nobody_finds_nobody(
    conn: warehouse.Connection, typed: str
) -> None:
    conn.execute("update core.patient set phone = '7165550142' where family = 'Family77'")
    assert search.search(conn, NURSE, typed) == search.Found()


def test_both_searches_use_their_index(conn: warehouse.Connection) -> None:
    conn.execute("analyze core.patient")
    conn.execute("set enable_seqscan = off")
    for name, given in (
        ("search_names", {"family": "long%", "given": "%", "most": 51, "records": 1000}),
        ("search_telephones", {"number": "7165550142", "most": 51}),
    ):
        text = (sql.ROOT / f"told/pages/{name}.sql").read_text(encoding="utf-8")
        plan = "\n".join(row[0] for row in conn.execute(f"explain {text}".encode(), given))
        assert {"search_names": "patient_named", "search_telephones": "patient_telephone"}[
            name
        ] in plan, plan


@pytest.mark.parametrize(
    "typed",
    ["", " ", "f", "%", "_amily77", "Family\\", "fam%77", "x" * 5000, "a\x00b", "Family77, X"],
)
def test_what_fits_nobody_finds_nobody(conn: warehouse.Connection, typed: str) -> None:
    assert search.search(conn, NURSE, typed) == search.Found()
    assert looked(conn) == []


def test_many_persons_are_cut_and_said_to_be_more(conn: warehouse.Connection) -> None:
    found = search.search(conn, NURSE, "family")
    assert (len(found.persons), found.is_more) == (search.MOST, True)
    assert len(looked(conn)) == search.MOST
    assert search.hits(conn, NURSE, "family").address == ""


def test_without_the_permission_only_numbers_of_ours_are_found(conn: warehouse.Connection) -> None:
    one = one_of(conn, "next_step = 'exception'")
    assert one.next_step_ref is not None
    for typed in ("Family77", "MRN100077", "p77"):
        assert search.search(conn, VIEWER, typed) == search.Found()
    assert search.hits(conn, VIEWER, one.number.upper()).address == f"case/{one.case_id}"
    by_exception = search.hits(conn, VIEWER, one.next_step_ref[:8])
    assert by_exception.address == f"exception/{one.next_step_ref}"
    assert looked(conn) == []


def test_the_calls_say_whom_to_call_with_what_number_and_what_to_know_before(
    conn: warehouse.Connection,
) -> None:
    now = today(conn)
    found = person.calls(conn, now, 1, sees_patients=True)
    told = morning_calls(conn, now)
    assert [(call.case_id[:8], call.due_at, call.attempts, call.on_hold) for call in found] == told
    assert {call.total for call in found} == {len(told)}
    assert person.calls(conn, now, 2, sees_patients=True) == []
    known = people.names(conn, NURSE, "calls", [call.person_id for call in found])
    assert known
    assert all(known[call.person_id].full for call in found if call.person_id in known)
    assert looked(conn) == [("nurse", "calls")] * len({call.person_id for call in found})
    assert people.names(conn, VIEWER, "calls", [call.person_id for call in found]) == {}
    html = {
        who.who: render.render(
            "calls.html.jinja", who, "/throughline", "calls", page=1, size=person.SIZE, today=now,
            calls=found, names=people.names(conn, who, "calls", [c.person_id for c in found]), stops={}, made={},
            late={}, paused=[], behind=[], unsent=set(),
        )
        for who in (NURSE, VIEWER)
    }  # fmt: skip
    for name in known.values():
        assert str(escape(name.full)) in html["nurse"]
        assert name.telephone in html["nurse"]
        assert name.full not in html["viewer"]
        assert not name.telephone or name.telephone not in html["viewer"]
        assert name.person_id not in html["viewer"]
    assert "Telephone" not in html["viewer"]


def morning_calls(conn: warehouse.Connection, now: Today) -> list[tuple[str, datetime, int, bool]]:
    """What the morning's page says of the same calls."""
    rows = sql.run(conn, "told/numbers/calls.sql", seq=now.seq, day_ends=now.ends).rows
    return [(row[0], row[3], row[4], row[9]) for row in rows]
