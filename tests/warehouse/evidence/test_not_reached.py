"""A person whom a search person by person did not reach is not known, and nobody else."""

from __future__ import annotations

from tests.warehouse.cases.test_rows_set_aside import PEOPLE, TCM, home, raised, state
from tests.warehouse.clinic import EHR, Clinic, coverage, patient, stay


def searched(
    clinic: Clinic, on: str, reached: tuple[str, ...], left_out: tuple[str, ...] = ()
) -> None:
    """Run a night in which communications were searched for person by person, as `search.harvest` records it."""
    clinic.begin(on)
    seq = clinic.seq
    clinic.conn.execute(
        "insert into landing.search (source, feed, known_seq, method, param, left_out)"
        " values (%s, 'communication', %s, 'patient', 'patient', %s)",
        (EHR, seq, len(left_out)),
    )
    clinic.conn.execute(
        "update landing.subject_search set closed_seq = %s where closed_seq is null"
        " and not (is_reached and subject_id = any(%s)) and not (not is_reached and subject_id = any(%s))",
        (seq, list(reached), list(left_out)),
    )
    for who, is_reached in [*((p, True) for p in reached), *((p, False) for p in left_out)]:
        clinic.conn.execute(
            "insert into landing.subject_search select %s, 'communication', %s, %s, null, %s"
            " where not exists (select from landing.subject_search where closed_seq is null and subject_id = %s)",
            (EHR, who, seq, is_reached, who),
        )
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()


def unreached(clinic: Clinic) -> list[tuple[str, int, int]]:
    """Return (status, persons, cases) of the exceptions about persons who were not reached."""
    return [
        tuple(row)
        for row in clinic.rows(
            "select status, (detail ->> 'persons')::int as persons, (detail ->> 'cases')::int as cases"
            " from operations.exception"
            " where reason = 'persons_not_reached' order by opened_seq"
        )
    ]


def test_only_of_who_was_not_reached_it_is_not_known(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    searched(clinic, "2026-07-02", ())
    # their cases began after the search: it is not known of them, and nobody has to do anything about that
    assert {who: state(clinic, who)[0] for who in PEOPLE} == dict.fromkeys(PEOPLE, "unknown")
    assert unreached(clinic) == []
    searched(clinic, "2026-07-03", ("p1", "p2"), ("p3",))
    assert {who: state(clinic, who)[:2] for who in PEOPLE} == {
        "p1": ("pending", "outreach"),
        "p2": ("pending", "outreach"),
        # a call is still made
        "p3": ("unknown", "outreach"),
    }
    assert unreached(clinic) == [("open", 1, 1)]
    # the next night begins with whom it left out
    searched(clinic, "2026-07-06", ("p2", "p3"), ("p1",))
    assert {who: state(clinic, who)[0] for who in PEOPLE} == {
        "p1": "unknown",
        "p2": "pending",
        "p3": "pending",
    }
    assert unreached(clinic) == [("cleared", 1, 1), ("open", 1, 1)]


def test_past_the_deadline_who_was_not_reached_is_not_missed(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    searched(clinic, "2026-07-02", PEOPLE)
    searched(clinic, "2026-07-06", PEOPLE)
    searched(clinic, "2026-07-07", ("p1", "p2"), ("p3",))
    assert state(clinic, "p1") == ("missed", "missed_clock", "exception")
    assert state(clinic, "p3") == ("unknown", "wait", "exception")
    assert raised(clinic, "p3") == []
    # left out again, past the date of the exception: somebody looks
    searched(clinic, "2026-07-08", ("p1", "p2"), ("p3",))
    searched(clinic, "2026-07-09", ("p1", "p2"), ("p3",))
    assert raised(clinic, "p3") == ["verify_by_hand"]
    searched(clinic, "2026-07-10", PEOPLE)
    assert clinic.case("p3", TCM).state == "missed"
    assert [status for status, *_ in unreached(clinic)] == ["cleared"]


def test_a_case_that_begins_past_its_deadline_is_not_missed_before_anybody_asked(
    clinic: Clinic,
) -> None:
    home(clinic)
    searched(clinic, "2026-07-08", ())
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-01", "2026-07-02 11:00"))
    searched(clinic, "2026-07-09", ())
    assert state(clinic, "p1")[0] == "unknown"
    assert raised(clinic, "p1") == []
    searched(clinic, "2026-07-10", ("p1",))
    assert state(clinic, "p1")[:2] == ("missed", "missed_clock")
