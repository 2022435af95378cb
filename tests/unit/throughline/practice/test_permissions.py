"""Who may do what follows from the definitions, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from throughline import practice
from throughline.practice import permissions
from throughline.practice.permissions import may, who_may

TEAMS = """
billing: {title: Billing office, lead: Billing manager, members: ["7", "12"]}
west: {title: Billing of the west, lead: Billing manager, members: ["9"]}
registration: {title: Registration, lead: HIM lead}
"""
MAY = """
may:
  attest_claims: {any: [billing], "1234567893": [west]}
  write_off: ["12"]
  decide_identity: [registration]
  release_feed: []
four_eyes: false
"""


@pytest.fixture(autouse=True)
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read the definitions of a practice of the test's own."""
    (tmp_path / "teams.yaml").write_text(TEAMS)
    (tmp_path / "permissions.yaml").write_text(MAY)
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    permissions.permissions.cache_clear()
    practice.teams.cache_clear()
    yield
    permissions.permissions.cache_clear()
    practice.teams.cache_clear()


@pytest.mark.parametrize(
    ("who", "what", "npi", "is_allowed"),
    [
        ("7", "attest_claims", "1999999984", True),
        ("9", "attest_claims", "1999999984", False),
        ("9", "attest_claims", "1234567893", True),
        ("7", "attest_claims", "1234567893", True),
        ("9", "attest_claims", "any", False),
        ("9", "attest_claims", None, True),
        ("12", "write_off", None, True),
        ("7", "write_off", None, False),
        ("billing", "attest_claims", None, False),
        ("registration", "decide_identity", None, False),
        ("7", "release_feed", None, False),
        ("7", "see_patients", None, False),
        ("", "write_off", None, False),
        ("1", "write_off", None, False),
    ],
)
def test_nobody_else_may(who: str, what: str, npi: str | None, is_allowed: bool) -> None:
    assert may(who, what, billing_npi=npi) is is_allowed


def test_who_may_is_asked_by_permission() -> None:
    assert who_may("attest_claims", billing_npi="1234567893") == {"7", "12", "9"}
    with pytest.raises(ValueError, match="the nearest is attest_claims"):
        may("7", "attest_claim")


def test_the_logins_of_the_sandbox_are_told_apart(tmp_path: Path) -> None:
    assert permissions.shipped_logins() == frozenset()
    (tmp_path / "permissions.yaml").write_text("{may: {write_off: [biller]}, four_eyes: true}")
    permissions.permissions.cache_clear()
    assert permissions.shipped_logins() == {"biller"}
    assert permissions.permissions().four_eyes


def test_the_first_team_that_has_a_permission_is_asked() -> None:
    assert permissions.teams_asked("attest_claims") == {"any": "billing", "1234567893": "west"}
    assert permissions.teams_asked("decide_identity") == {"any": "registration"}
    # one person alone, and nobody
    assert permissions.teams_asked("write_off") == permissions.teams_asked("release_feed") == {}
    assert permissions.teams_asked("see_patients") == {}
