"""Lets the people of the tests decide: what the practice's own definitions allow is tested by itself."""

from __future__ import annotations

import pytest

from throughline.practice import permissions

STAFF = frozenset(
    {
        "7",
        "Ada",
        "Ada Biller",
        "Ada Lead",
        "Ada Okafor",
        "Ann Lee",
        "Bo Lead",
        "ada",
        "7",
        "biller",
        "operator",
    }
)


def let_the_staff_decide(monkeypatch: pytest.MonkeyPatch, *, four_eyes: bool = False) -> None:
    """Give every permission to the people of the tests, for the time of a test."""
    everything = permissions.Permissions(
        {what: {permissions.ANY: STAFF} for what in permissions.PERMISSIONS}, four_eyes
    )
    monkeypatch.setattr(permissions, "permissions", lambda: everything)
