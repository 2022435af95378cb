"""What a gate says of a delivery that is well, and of each way in which one can be bad."""

from __future__ import annotations

import gzip
from datetime import date
from typing import Any

import pytest

from tests.warehouse.deliveries import MONDAY, Hand, ndjson, patient, visit
from throughline import quality
from throughline.quality import gates, history
from throughline.quality.suites import suite_of


def people(count: int, first: int = 1, **more: Any) -> list[dict[str, Any]]:
    return [patient(number, **more) for number in range(first, first + count)]


def test_a_sound_delivery_passes(hand: Hand) -> None:
    verdict = hand.judge("patient", people(30))
    assert (verdict.verdict, verdict.rows, verdict.failed) == ("pass", 30, 0)
    assert verdict.expectations == len(suite_of("patient")) + len(gates.OF_DELIVERY)
    assert hand.rows("select verdict, suite, data_docs from quality.verdict") == [
        ("pass", "ehr.patient", None)
    ]
    assert not hand.docs_root.exists()


def test_a_first_delivery_of_nothing_passes(hand: Hand) -> None:
    assert hand.judge("patient", []).verdict == "pass"
    assert hand.judge("encounter").verdict == "pass"


def test_an_empty_delivery_of_a_busy_feed_stops(hand: Hand) -> None:
    hand.past("patient", patient)
    verdict = hand.judge("patient", [])
    assert verdict.verdict == "stop"
    assert hand.failed() == {gates.VOLUME: "0 rows, usually 40"}
    assert hand.rows("select status from landing.batch where batch_id = %s", hand.batch) == [
        ("stopped",)
    ]


def test_what_comes_on_top_of_a_day_may_be_nothing(hand: Hand) -> None:
    """Asked again on the same day, an export brings what changed since: an empty file, most often."""
    hand.past("patient", patient)
    hand.take_in("patient", people(40))
    for changed in ([], people(1, 90)):
        hand.admin.execute("update operations.night set status = 'finished'")
        hand.new_night(hand.day)
        assert hand.judge("patient", changed).verdict == "pass"
        assert hand.load(hand.batch).received == len(changed)


def test_an_empty_file_of_a_quiet_feed_passes(hand: Hand) -> None:
    hand.past("patient", patient, rows=history.SMALL - 1)
    verdict = hand.judge("patient", b"")
    assert (verdict.verdict, verdict.rows, hand.failed()) == ("pass", 0, {})
    assert hand.load(hand.batch).received == 0
    fresh = "select last_business_date from operations.freshness(99) where feed = 'patient'"
    assert hand.rows(fresh) == [(hand.day,)]


def test_a_truncated_delivery_stops_by_its_volume(hand: Hand) -> None:
    hand.past("patient", patient)
    whole = ndjson(people(40))
    verdict = hand.judge("patient", whole[: len(whole) // 5])
    assert verdict.verdict == "stop"
    assert set(hand.failed()) == {gates.VOLUME, gates.UNREADABLE}


def test_a_line_that_broke_off_is_set_aside_and_the_rest_goes_on(hand: Hand) -> None:
    whole = ndjson(people(40))
    verdict = hand.judge("patient", whole[: len(whole) * 6 // 10])
    assert verdict.verdict == "quarantine"
    assert hand.failed() == {gates.UNREADABLE: f"1 of {verdict.rows + 1} rows"}


def test_a_flood_is_noted(hand: Hand) -> None:
    hand.past("patient", patient, rows=25)
    assert hand.judge("patient", people(251)).verdict == "warn"
    assert hand.failed() == {gates.VOLUME: "251 rows, usually 25"}


def test_a_quiet_sunday_is_held_against_sundays(hand: Hand) -> None:
    """A practice rests at weekends: a tenth of a Friday is nothing to stop a feed for."""
    for day in range(20):
        hand.take_in("patient", people(5 if day % 7 > 4 else 60, 1000 * (day + 1)))
        hand.new_night()
    assert hand.day == date(2026, 3, 22)
    assert hand.judge("patient", people(4)).verdict == "pass"
    hand.new_night()
    assert hand.judge("patient", people(4)).verdict == "stop"


@pytest.mark.parametrize(
    ("past", "rows", "verdict"),
    [
        ((400, 300, 60, 40), 13, "pass"),
        ((400, 300, 60, 40), 11, "stop"),
        ((400, 300, 60, 3), 1, "pass"),
        ((400, 300, 60, 3), 0, "stop"),
        ((400, 300, 60, 0), 0, "pass"),
    ],
)
def test_a_quiet_day_is_held_against_the_quietest_and_not_against_a_rush(
    hand: Hand, past: tuple[int, ...], rows: int, verdict: str
) -> None:
    """Many are reached out to on the first nights, and what comes of it is a rush that does not last."""
    for night, usual in enumerate(past, start=1):
        hand.take_in("patient", people(usual, 1000 * night))
        hand.new_night()
    assert hand.judge("patient", people(rows)).verdict == verdict
    assert hand.failed() == (
        {gates.VOLUME: f"{rows} rows, usually 60"} if verdict == "stop" else {}
    )


def test_who_was_asked_nothing_answers_nothing(hand: Hand) -> None:
    hand.admin.execute(
        "insert into operations.feed (source, feed, owner_team, expected_by, volume)"
        " values ('ehr', 'patient', 'billing', '03:00', 'asked')"
    )
    hand.past("patient", patient)
    assert hand.judge("patient", []).verdict == "pass"


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-03-02", True),
        ("2026-03-01", False),
        ("2026-07-03", False),
        ("2026-11-26", False),
        ("2026-11-27", True),
    ],
)
def test_working_days_are_those_of_the_calendar(day: str, works: bool) -> None:
    assert history.is_working_day(date.fromisoformat(day)) is works


def test_a_wrong_encoding_stops(hand: Hand) -> None:
    verdict = hand.judge("patient", ndjson(people(30)).decode().encode("utf-16-le"))
    assert verdict.verdict == "stop"
    assert gates.UNREADABLE in hand.failed()
    assert hand.counts().loaded == 0


def test_a_name_in_latin_1_is_one_bad_row(hand: Hand) -> None:
    rows = ndjson(people(9)) + ndjson(people(1, 10)).replace(b"Family10", b"M\xfcller")
    assert hand.judge("patient", rows).verdict == "quarantine"
    counts = hand.load(hand.batch)
    assert (counts.received, counts.loaded, counts.quarantined) == (10, 9, 1)


def test_a_field_that_has_gone_stops(hand: Hand) -> None:
    hand.past("patient", patient, nights=2)
    drifted = people(40, telecom=None, contactPoints=[{"system": "phone", "value": "555-0100"}])
    assert hand.judge("patient", drifted).verdict == "stop"
    assert hand.failed() == {gates.DRIFT: "phone (always in at least 100% of rows)"}


def test_a_field_that_was_seldom_there_may_go(hand: Hand) -> None:
    hand.past("patient", lambda n: patient(n, telecom=None) if n % 4 else patient(n), nights=3)
    assert hand.judge("patient", people(40, telecom=None)).verdict == "pass"


def task(number: int, status: str | None = "completed", **more: object) -> dict[str, Any]:
    """A request of ours as the EHR has it: one that was worked on has an outcome."""
    made: dict[str, Any] = {
        "resourceType": "Task", "id": f"t{number}", "status": status, "intent": "order",
        "meta": {"versionId": "1", "lastUpdated": "2026-02-01T10:00:01Z"},
    }  # fmt: skip
    if status == "completed":
        made |= {
            "businessStatus": {"coding": [{"code": "reached"}]},
            "lastModified": "2026-03-02T15:00:00Z",
        }
    return {name: value for name, value in (made | more).items() if value is not None}


def test_few_faulty_answers_are_set_aside_whatever_their_share(hand: Hand) -> None:
    """Answers to what we asked come in short files: two rows of three are no reason to hold up the third."""
    hand.register()
    broken = b"{\n" * gates.FEW_ANSWERS
    verdict = hand.judge("task", ndjson([task(1)]) + broken)
    assert (verdict.verdict, verdict.rows) == ("quarantine", 1)
    hand.new_night()
    assert hand.judge("task", ndjson([task(2)]) + broken + b"{\n").verdict == "stop"
    # so with rows that a rule finds
    hand.new_night()
    nameless = [task(n, id=None) for n in range(4, 7)]
    verdict = hand.judge("task", [task(3), *nameless])
    assert (verdict.verdict, verdict.rows) == ("quarantine", 1)


def test_a_day_on_which_nobody_worked_lacks_no_field(hand: Hand) -> None:
    """A Saturday: what was asked for comes back as it was sent, and no outcome is missing from it."""
    hand.past("task", lambda n: task(n, "completed" if n % 12 else "requested"), nights=3)
    assert hand.judge("task", [task(5000 + n, "requested") for n in range(56)]).verdict == "pass"


def test_an_outcome_that_has_gone_stops_though_some_wait_for_theirs(hand: Hand) -> None:
    hand.past("task", lambda n: task(n, "completed" if n % 4 else "requested"), nights=3)
    bare = [
        task(5000 + n, "completed" if n % 12 else "requested", businessStatus=None)
        for n in range(60)
    ]
    assert hand.judge("task", bare).verdict == "stop"
    assert set(hand.failed()) == {gates.DRIFT}
    assert "business_status" in hand.failed()[gates.DRIFT]
    assert "last_modified_at" not in hand.failed()[gates.DRIFT]


def test_few_rows_in_a_status_prove_nothing_of_it(hand: Hand) -> None:
    hand.past("task", lambda n: task(n, "requested" if n % 10 else "completed"), nights=3)
    bare = [task(5000 + n, businessStatus=None, lastModified=None) for n in range(30)]
    hand.judge("task", bare)
    assert gates.DRIFT not in hand.failed()


def test_one_delivery_proves_nothing_of_a_status(hand: Hand) -> None:
    hand.past(
        "task", lambda n: task(n, "completed" if 10_010 <= n < 20_000 else "requested"), nights=3
    )
    bare = [task(5000 + n, businessStatus=None, lastModified=None) for n in range(30)]
    hand.judge("task", bare)
    assert gates.DRIFT not in hand.failed()


def test_a_status_that_has_gone_stops(hand: Hand) -> None:
    hand.past("task", lambda n: task(n), nights=3)
    assert hand.judge("task", [task(5000 + n, status=None) for n in range(30)]).verdict == "stop"
    assert "status (always" in hand.failed()[gates.DRIFT]


def test_words_in_the_place_of_a_status_are_not_kept(hand: Hand) -> None:
    hand.judge("task", [task(n, status="smith" if n % 2 else "requested") for n in range(30)])
    ((by_status,),) = hand.rows("select profile -> 'by_status' from quality.verdict")
    assert set(by_status) == {"requested"}


def test_few_rows_prove_no_drift(hand: Hand) -> None:
    hand.past("patient", patient, nights=2)
    assert hand.judge("patient", people(19, telecom=None)).verdict == "pass"


def test_fields_that_nobody_asked_for_change_nothing(hand: Hand) -> None:
    assert hand.judge("patient", people(30, newField={"deep": [1]})).verdict == "pass"


def test_garbage_between_rows_is_set_aside(hand: Hand) -> None:
    good = ndjson(people(20)).splitlines(keepends=True)
    bad = [
        b"\x00\xff\xfe not a row\n",
        b'{"resourceType":"Patient"\n',
        b"[1,2]\n",
        b'{"resourceType":"Patient"}\n',
    ]
    verdict = hand.judge("patient", b"".join(good[:10] + bad + good[10:]))
    assert (verdict.verdict, verdict.rows) == ("quarantine", 20)
    assert [row for row, _, _ in hand.quarantined()] == [11, 12, 13, 14]
    assert hand.load(hand.batch).loaded == 20


def test_more_garbage_than_rows_stops(hand: Hand) -> None:
    assert hand.judge("patient", ndjson(people(4)) + b"garbage\n" * 5).verdict == "stop"


def test_a_file_whose_envelope_cannot_be_read_stops_its_feed(hand: Hand) -> None:
    """Its rows cannot even be counted: a feed that lacks them must not count as complete."""
    broken = gzip.compress(ndjson(people(5)))[:4] + b"\x00" * 20
    verdict = hand.judge("patient", people(10), broken)
    assert verdict.verdict == "stop"
    assert hand.failed() == {gates.REFUSED: "1 file"}
    assert hand.load(hand.batch).loaded == 0
    assert (
        hand.rows("select last_business_date from operations.freshness(99) where feed = 'patient'")
        == []
    )


def test_a_repeated_row_is_noted(hand: Hand) -> None:
    assert hand.judge("patient", people(10) + people(2)).verdict == "warn"
    assert hand.failed() == {"row repeated": "4 of 12 rows"}
    counts = hand.load(hand.batch)
    assert (counts.loaded, counts.superseded) == (10, 2)


def test_two_contents_of_one_version_are_nobodys_word(hand: Hand) -> None:
    assert hand.judge("patient", [*people(10), patient(3, gender="male")]).verdict == "quarantine"
    assert hand.failed() == {
        "row repeated": "2 of 11 rows",
        "two contents of one version": "2 of 11 rows",
    }
    assert hand.load(hand.batch).loaded == 9
    assert "p3" not in hand.standing("patient")


def test_several_versions_of_one_record_are_no_duplicates(hand: Hand) -> None:
    rows = [patient(1, 2), patient(1, 1), patient(1, 3, gender="other")]
    assert hand.judge("patient", rows).verdict == "pass"
    counts = hand.load(hand.batch)
    assert (counts.loaded, counts.superseded) == (1, 2)
    assert list(hand.standing("patient")) == ["p1"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"birthDate": None}, "birth_date missing"),
        ({"birthDate": "1700-01-01"}, "birth_date out of range"),
        ({"birthDate": "2031-01-01"}, "birth_date out of range"),
        ({"deceasedDateTime": "1930-01-01"}, "deceased before birth"),
    ],
)
def test_a_patient_who_cannot_be_is_set_aside(
    hand: Hand, more: dict[str, Any], reason: str
) -> None:
    assert hand.judge("patient", [*people(9), patient(10, **more)]).verdict == "quarantine"
    assert hand.quarantined() == [(10, reason, "open")]
    assert hand.load(hand.batch).loaded == 9


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"subject": None}, "patient missing"),
        ({"class": None}, "class missing"),
        ({"status": None}, "status missing"),
        (
            {"period": {"start": "2026-02-02T09:00:00Z", "end": "2026-02-01T09:00:00Z"}},
            "ends before it starts",
        ),
        ({"period": {"start": "1850-02-02T09:00:00Z"}}, "starts_at before 1900"),
        ({"period": {"start": "2050-02-02T09:00:00Z"}}, "starts_at in the future"),
    ],
)
def test_a_visit_that_cannot_be_is_set_aside(hand: Hand, more: dict[str, Any], reason: str) -> None:
    hand.take_in("patient", people(5))
    visits = [*[visit(number, 1 + number % 5) for number in range(9)], visit(9, 1, **more)]
    assert hand.judge("encounter", visits).verdict == "quarantine"
    assert hand.quarantined() == [(10, reason, "open")]


def test_a_class_that_most_rows_lack_stops_the_feed(hand: Hand) -> None:
    without: dict[str, Any] = {"class": None}
    visits = [visit(number, 1, **(without if number < 6 else {})) for number in range(10)]
    assert hand.judge("encounter", visits).verdict == "stop"
    assert hand.failed()["class missing"] == "6 of 10 rows"


def test_a_visit_of_somebody_unknown_is_noted_and_loaded(hand: Hand) -> None:
    hand.take_in("patient", people(3))
    staged = hand.deliver("patient", [])
    assert hand.judge("encounter", [visit(1, 1), visit(2, 77)]).verdict == "warn"
    assert hand.failed() == {"patient not known": "1 of 2 rows"}
    assert hand.load(hand.batch).loaded == 2
    assert staged


def test_somebody_who_comes_with_the_same_night_is_known(hand: Hand) -> None:
    hand.judge("patient", people(3))
    assert hand.judge("encounter", [visit(1, 3)]).verdict == "pass"


def test_a_delivery_of_an_earlier_day_is_noted(hand: Hand) -> None:
    assert hand.judge("patient", people(3), behind=2).verdict == "warn"
    assert hand.failed() == {gates.FRESHNESS: "2 days behind the night"}


def test_a_delivery_of_rows_late_in_the_day_is_of_that_day(hand: Hand) -> None:
    hand.judge("patient", people(3))
    assert hand.rows("select business_date from landing.batch") == [(MONDAY,)]


def test_unknown_batches_are_refused(hand: Hand) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(LookupError):
        quality.gate(hand.conn, nobody, docs_root=hand.docs_root)
    with pytest.raises(quality.UnknownBatch):
        quality.load(hand.conn, nobody, hand.seq)


def test_a_gate_before_staging_says_that_the_rows_are_gone(hand: Hand) -> None:
    hand.judge("patient", people(3))
    hand.admin.execute(
        "update landing.batch set status = 'staged', rows_pending = 3, rows_quarantined = 0"
    )
    hand.admin.execute("truncate staging.patient")
    with pytest.raises(quality.StagingLost):
        hand.gate(hand.batch)
