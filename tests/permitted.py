"""Lets the people of the tests decide: what the practice's own definitions allow is tested by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from throughline import decisions
from throughline.decisions import command_line
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
        "biller",
        "operator",
    }
)


def let_the_staff_decide(monkeypatch: pytest.MonkeyPatch, *, four_eyes: bool = False) -> None:
    """Give every permission to the people of the tests, for the time of a test."""
    everything = permissions.Permissions(
        {what: {permissions.ANY: STAFF} for what in permissions.PERMISSIONS},
        four_eyes,
        needs_login=frozenset(),
    )
    monkeypatch.setattr(permissions, "permissions", lambda: everything)
    monkeypatch.setattr(decisions, "permissions", lambda: everything)


def let_them_use_commands(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let them give commands by their names, as the sandbox's staff do."""
    logins = folder / "logins.json"
    logins.write_text(json.dumps(dict.fromkeys(STAFF, "secret")))
    monkeypatch.setenv(command_line.SANDBOX_LOGINS, str(logins))
    monkeypatch.setattr(permissions, "SHIPPED", STAFF)
