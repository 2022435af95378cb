"""What answers us can bring nothing before we asked: a feed of answers that never came stops nobody from asking."""

from __future__ import annotations

from tests.warehouse.clinic import Clinic, coverage, patient

LATE = ("clearinghouse.eligibility_response",)
W = "annual_wellness"


def begun(clinic: Clinic, volume: str, lag: int) -> None:
    """A practice that reads this feed from its first night on."""
    clinic.conn.execute(
        "update operations.feed set known_seq = 1, volume = %s, allowed_lag_days = %s"
        " where source || '.' || feed = any(%s)",
        (volume, lag, list(LATE)),
    )
    clinic.know(patient("p1"), coverage("p1"))


def asked(clinic: Clinic, on: str) -> tuple[str, str | None]:
    """The state of the stage that the answer would prove, and what its case wants, after a night without it."""
    clinic.night(on, late=LATE)
    case = clinic.case("p1", W)
    return case.state, case.asks


def test_on_the_first_night_it_is_asked_for(clinic: Clinic) -> None:
    begun(clinic, "asked", 0)
    assert asked(clinic, "2026-07-06") == ("pending", "eligibility")


def test_with_days_allowed_it_is_awaited_so_long(clinic: Clinic) -> None:
    begun(clinic, "asked", 1)
    assert asked(clinic, "2026-07-06")[0] == "pending"
    assert asked(clinic, "2026-07-07")[0] == "pending"
    assert asked(clinic, "2026-07-08")[0] == "unknown"


def test_what_comes_unasked_is_late_from_the_first_night(clinic: Clinic) -> None:
    begun(clinic, "usual", 0)
    assert asked(clinic, "2026-07-06")[0] == "unknown"
