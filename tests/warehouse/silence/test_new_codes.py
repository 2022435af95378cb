"""A code that a feed has never said is noticed once the feed is known, unless it has a meaning here."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from throughline import decisions, silence
from throughline.exceptions.resolve import asked, resolve
from throughline.silence import watched
from throughline.vocabulary.lists import PRACTICE_LISTS

KNOWN = {"status": "finished", "class_code": "AMB"}
FIELD = "ehr/encounter.class_code"


@pytest.fixture
def learned(watch: Any) -> Any:
    """Return a practice whose encounters came on the first of 14 nights; the next one is open."""
    watch.begin(1)
    watch.delivery()
    watch.record(**KNOWN)
    watch.notice()
    watch.past(range(2, 15), {})
    watch.begin(15)
    return watch


def test_what_a_feed_says_in_its_first_fourteen_nights_is_learned(watch: Any) -> None:
    watch.begin(1)
    watch.notice()
    watch.past(range(2, 5), {})
    watch.begin(5)
    watch.delivery()
    watch.record(**KNOWN)
    watch.notice()
    watch.past(range(6, 18), {})
    watch.begin(18)
    watch.record(class_code="X14")  # the feed's 14th night
    watch.notice()
    assert watch.open() == []
    watch.begin(19)
    watch.record(class_code="X14")
    watch.record(class_code="X15")
    watch.notice()
    assert watch.open() == [f"{FIELD} X15"]


def test_it_is_one_exception_of_the_team_of_the_feed(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.record(class_code="XX", status="arrived")
    learned.record(**KNOWN)
    learned.notice()
    assert learned.open() == [f"{FIELD} XX", "ehr/encounter.status arrived"]
    row = learned.one(f"{FIELD} XX")
    assert (row["reason"], row["about_kind"], row["owner_team"]) == (
        "new_code",
        "code",
        "data_engineering",
    )
    assert row["detail"] == {
        "source": "ehr",
        "feed": "encounter",
        "field": "encounter.class_code",
        "code": "XX",
    }
    assert (row["person_id"], row["case_id"]) == (None, None)
    learned.begin(16)
    learned.record(class_code="XX")
    learned.notice()
    assert len(learned.open()) == 2


@pytest.mark.parametrize(
    ("table", "source", "feed", "values"),
    [
        ("encounter", "ehr", "encounter", {"class_code": "OBSENC"}),
        ("encounter", "ehr", "encounter", {"class_code": "VR"}),
        ("encounter", "ehr", "encounter", {"discharge_disposition_code": "snf"}),
        ("coverage", "ehr", "coverage", {"type_code": "523"}),
        ("communication", "ehr", "communication", {"outcome_code": "no_answer"}),
        ("claim", "clearinghouse", "claim", {"filing_code": "MC"}),
    ],
)
def test_a_code_that_a_map_explains_is_no_news(
    learned: Any, table: str, source: str, feed: str, values: dict[str, str]
) -> None:
    learned.delivery(feed, source=source)
    learned.conn.execute("update landing.batch set loaded_seq = 1, known_seq = 1")
    learned.record(table, source, **values)
    learned.notice()
    assert learned.rows("select code from operations.code_seen where first_seq = 15") == [
        tuple(values.values())
    ]
    assert learned.open() == []
    learned.conn.execute("delete from evidence.code_map")
    learned.notice()
    assert len(learned.open()) == 1


def test_a_word_that_a_rule_reads_is_no_news(learned: Any) -> None:
    learned.delivery("claim", source="clearinghouse")
    learned.conn.execute("update landing.batch set loaded_seq = 1, known_seq = 1")
    for filing in ("WC", "X9"):
        learned.record("claim", "clearinghouse", filing_code=filing)
    learned.notice()
    assert learned.open() == ["clearinghouse/claim.filing_code X9"]


def test_a_word_of_the_practice_is_no_news(learned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {own.name: {"FRONT": ""} for own in PRACTICE_LISTS}
    said["visit_type"] = {"TCM": "", "it's": "", "5%": ""}
    monkeypatch.setattr(watched, "vocabulary", lambda: SimpleNamespace(words=said))
    learned.delivery("appointment", source="scheduling")
    learned.conn.execute("update landing.batch set loaded_seq = 1, known_seq = 1")
    for kind in ("TCM", "it's", "5%", "FRONT"):
        learned.record("appointment", "scheduling", visit_type_code=kind)
    learned.notice()
    assert learned.open() == ["scheduling/appointment.visit_type_code FRONT"]
    said["visit_type"]["FRONT"] = ""
    learned.night(16)
    assert learned.open() == []


def test_it_closes_when_a_map_explains_it(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.record(class_code="YY")
    learned.notice()
    learned.conn.execute(
        "insert into evidence.code_map values ('visit_by_class', '', 'XX', 'office')"
    )
    learned.conn.execute("insert into evidence.code_map values ('disposition', '', 'YY', 'home')")
    learned.night(16)
    assert learned.open() == [f"{FIELD} YY"]
    row = learned.one(f"{FIELD} XX")
    assert (row["status"], row["closed_seq"]) == ("cleared", 16)
    assert row["resolution"].startswith("the code has a meaning")


def test_what_somebody_acknowledged_is_known_for_good(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.notice()
    exception = learned.one(f"{FIELD} XX")["exception_id"]
    seen = decisions.preview(
        learned.conn, asked(learned.conn, exception, "Ada Lead", "acknowledge")
    )
    assert seen.follows == (
        "The exception closes: the code counts as known, and is not reported again.",
    )
    resolve(learned.conn, exception, "Ada Lead", "acknowledge", "no visit")
    learned.conn.execute(
        "update operations.exception set status = 'resolved', closed_seq = 16 where exception_id = %s",
        (exception,),
    )
    learned.past(range(16, 40), {})
    learned.begin(40)
    learned.record(class_code="XX")
    learned.notice()
    assert learned.open() == []


def test_each_source_says_its_own(learned: Any) -> None:
    """A second EHR is learned in its own first nights."""
    learned.conn.execute(
        "insert into operations.feed (source, feed, owner_team, expected_by)"
        " values ('ehr_north', 'encounter', 'registration', '03:00')"
    )
    learned.delivery(source="ehr_north")
    learned.record(class_code="XX", source="ehr_north")
    learned.notice()
    assert learned.open() == []
    learned.night(16)
    learned.record(class_code="XX")
    learned.notice()
    assert learned.open() == [f"{FIELD} XX"]


def test_what_is_taken_away_brings_no_code(learned: Any) -> None:
    learned.record(class_code="XX", is_deleted=True)
    learned.record(class_code="")
    learned.notice()
    assert learned.open() == []


def test_a_feed_that_is_not_expected_any_more_is_not_watched(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.notice()
    learned.conn.execute("delete from operations.feed where feed = 'encounter'")
    learned.night(16)
    assert learned.open() == []


# ---- what is not a code


@pytest.fixture
def person(learned: Any) -> Any:
    learned.record(
        "patient",
        family="Okafor",
        given="Maria",
        mrn="L100001",
        phone="5855550142",
        birth_date="1950-02-03",
    )
    return learned


@pytest.mark.parametrize(
    "said",
    [
        "OKAFOR",
        "maria",
        "L100001",
        "5855550142",
        "1950-02-03",
        "19500203",
        "Okafor, Maria",
        "Ann Lee",
        "É",
        "x" * 41,
    ],
)
def test_what_may_be_about_a_patient_is_not_shown(person: Any, said: str) -> None:
    person.record(class_code=said)
    person.notice()
    ((row,),) = person.rows("select to_jsonb(e) from operations.exception as e")
    assert row["about_id"].startswith(f"{FIELD} not shown, ")
    assert said.lower() not in str(row).lower()
    person.night(16)
    assert len(person.open()) == 1


def test_very_many_at_once_are_one_exception(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.notice()
    learned.begin(16)
    for number in range(silence.LIMITS["many_codes"] + 1):
        learned.record(class_code=f"N{number}")
    learned.notice()
    before = learned.everything()
    assert learned.open() == [FIELD, f"{FIELD} XX"]
    assert learned.one(FIELD)["detail"]["codes"] == 21
    learned.notice()
    assert learned.everything() == before
    learned.night(17)
    assert learned.open() == [FIELD, f"{FIELD} XX"]


# ---- again, and in a practice that is older than this


def test_the_same_night_again_writes_the_same(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.notice()
    before = learned.everything()
    learned.notice()
    assert learned.everything() == before
    learned.conn.execute("delete from core.encounter where class_code = 'XX'")
    learned.notice()
    assert learned.open() == []
    assert learned.rows("select 1 from operations.code_seen where code = 'XX'") == []


def test_what_came_in_a_night_that_failed_is_new_in_the_next(learned: Any) -> None:
    learned.record(class_code="XX")
    learned.conn.execute("update operations.night set status = 'failed' where seq = 15")
    learned.night(16)
    assert learned.open() == [f"{FIELD} XX"]
    assert learned.rows("select first_seq from operations.code_seen where code = 'XX'") == [(15,)]


def test_a_field_that_is_watched_from_now_on_is_read_from_the_beginning(learned: Any) -> None:
    """As after an upgrade: nothing that came before is new."""
    learned.conn.execute("delete from operations.coded_field where field = 'encounter.class_code'")
    learned.conn.execute("delete from operations.code_seen")
    learned.record(class_code="OLD", known_seq=3)
    learned.record(class_code="XX")
    learned.notice()
    assert learned.open() == [f"{FIELD} XX"]
    assert learned.rows("select code, first_seq from operations.code_seen order by 2, 1") == [
        ("AMB", 1),
        ("OLD", 3),
        ("XX", 15),
    ]


@pytest.fixture(autouse=True)
def sound(watch: Any) -> Iterator[None]:
    """Whatever is open has an owner and a due date."""
    yield
    assert (
        watch.rows(
            "select 1 from operations.exception where owner_team = '' or due_at <= opened_at"
        )
        == []
    )
