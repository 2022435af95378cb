"""What makes a patient the practice's is the practice's own rule."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    appointment,
    coverage,
    patient,
    stay,
    visit,
)

HOME = "2026-07-06 11:00"
NIGHT = "2026-07-06"


def say(clinic: Clinic, **settings: str) -> None:
    """Say what makes a patient the practice's, as of the next night."""
    for name, value in settings.items():
        clinic.conn.execute(
            "insert into cases.setting_known (name, key, known_seq, value) values (%s, '', %s, %s)",
            (f"attribution_{name}", clinic.seq + 1, value),
        )


def is_opened(clinic: Clinic) -> bool:
    """Return whether the discharge opened a case."""
    return bool(clinic.rows("select from cases.case_record where workflow = 'transitional_care'"))


def nobodys(*more: Record) -> list[Record]:
    """Return a patient who came home, and of whom the chart names no practitioner."""
    named = again(patient("p1"), general_practitioner_id=None)
    return [named, coverage("p1"), stay("p1", "2026-07-03", HOME), *more]


SEEN = visit("p1", "2026-01-07 10:00")
BOOKED = appointment("p1", "2026-07-13 09:00", recorded="2026-07-01 10:00")


@pytest.mark.parametrize(
    ("rule", "more", "expected"),
    [
        ({}, [SEEN, BOOKED], False),
        ({"visit_days": "181"}, [SEEN], True),
        ({"visit_days": "180"}, [SEEN], False),
        ({"visit_days": "730"}, [again(SEEN, status="planned")], False),
        ({"visit_days": "730"}, [], False),
        ({"booked": "yes"}, [BOOKED], True),
        ({"booked": "yes"}, [again(BOOKED, status="cancelled")], False),
        ({"booked": "no"}, [BOOKED], False),
    ],
)
def test_what_makes_a_patient_the_practices(
    clinic: Clinic, rule: dict[str, str], more: list[Record], *, expected: bool
) -> None:
    say(clinic, **rule)
    clinic.know(*nobodys(*more))
    clinic.night(NIGHT)
    assert is_opened(clinic) is expected


def test_a_practice_may_not_count_whom_the_chart_names(clinic: Clinic) -> None:
    say(clinic, practitioner="no", visit_days="730")
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-03", HOME))
    clinic.night(NIGHT)
    assert not is_opened(clinic)


def test_a_changed_rule_looks_again_at_what_opened_no_case(clinic: Clinic) -> None:
    clinic.know(*nobodys(SEEN))
    clinic.night(NIGHT)
    assert not is_opened(clinic)
    say(clinic, visit_days="730")
    clinic.night("2026-07-07")
    assert is_opened(clinic)
    assert not clinic.rows("select from cases.not_opened where reason = 'attribution_not_stated'")
    assert clinic.digest() == clinic.derived_digest()
