"""Every act that is registered, tried at each of its doors by those who may not do it, and by one who may.

The table is in `things`; an act that is registered and not in it fails here.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.unit.throughline.decisions.test_reasons import NOTHING
from tests.warehouse.tasks.desk import GROUP_NPI, Desk
from tests.warehouse.tasks.doors.conftest import Doors, Opens
from tests.warehouse.tasks.doors.registered import registered
from tests.warehouse.tasks.doors.things import (
    COMMAND,
    ELSEWHERE,
    INNER,
    PAGE,
    QUESTION,
    THINGS,
    Thing,
    case,
)
from throughline import decisions
from throughline.decisions import command_line
from throughline.exceptions.resolve import resolve
from throughline.practice import Team, permissions

pytestmark = pytest.mark.nights
Key = tuple[str, str]
ADA, BO, CY = "Ada", "Bo", "Cy"
"""Ada has the permission that an act needs, Bo every other one, and Cy this one for another billing provider."""
TRIED = [
    pytest.param(door, key, id=f"{door}-{key[0]}-{key[1]}")
    for door, keys in (("question", QUESTION), ("page", PAGE), ("command_line", COMMAND))
    for key in sorted(keys)
]
WHY = "seen and agreed"


def allow(patch: pytest.MonkeyPatch, key: Key, *, four_eyes: bool = False) -> None:
    needed = decisions.permission_of(key[1], key[0])
    who = {
        what: {permissions.ANY: frozenset({ADA if what == needed else BO})}
        for what in permissions.PERMISSIONS
    }
    if needed == "state_level":
        # who has signed nothing has to be a coder besides
        who["code_notes"] = {permissions.ANY: frozenset({ADA, BO})}
    if needed == "state_reconciliation" or key[1] == "take_back_disposition":
        # what somebody else stated is taken back by who may correct it besides
        who["correct_statements"] = {permissions.ANY: frozenset({ADA, BO})}
    who["see_patients"] = {permissions.ANY: frozenset({ADA, BO, CY})}
    if needed == "attest_claims":
        who[needed] = {GROUP_NPI: frozenset({ADA}), "1999999984": frozenset({CY})}
    said = permissions.Permissions(who, four_eyes)
    patch.setattr(permissions, "permissions", lambda: said)
    patch.setattr(decisions, "permissions", lambda: said)


def taken(desk: Desk, key: Key, thing: Thing) -> list[tuple[str, str]]:
    """Return who did the act, and through which door."""
    return [
        (row.decided_by, row.door)
        for row in desk.rows(
            "select decided_by, door from operations.decision"
            " where about_kind = %s and kind = %s and about_id = %s and decided_by <> 'somebody'",
            *key,
            thing.about_id,
        )
    ]


def refused(desk: Desk, key: Key) -> list[tuple[str, str]]:
    """Return whose tries were kept, and through which door they were."""
    return [
        (row.who, row.door)
        for row in desk.rows(
            "select who, door from operations.refused_act where about_kind = %s and act = %s"
            " order by refused_at",
            *key,
        )
    ]


@pytest.fixture
def made(desk: Desk) -> Callable[[Key], Thing]:
    """Return a function that makes the thing of an act."""
    case(desk)

    def of(key: Key) -> Thing:
        thing = THINGS[key](desk)
        desk.conn.commit()
        return thing

    return of


def test_every_act_that_is_registered_is_tried() -> None:
    assert registered() == THINGS.keys() | INNER | ELSEWHERE
    assert THINGS.keys() == QUESTION | PAGE | COMMAND, "an act without a door"


@pytest.mark.parametrize(("door", "key"), TRIED)
def test_an_act_is_done_by_who_may_with_a_reason_and_once(
    door: str,
    key: Key,
    doors: Doors,
    opens: Opens,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow(monkeypatch, key)
    monkeypatch.setattr(command_line, "person_of", lambda _: None)
    thing = made(key)
    shown = doors.shown(door, key, thing)
    if key == ("claim_batch", "release"):
        doors.goes(door, key, thing, shown, ADA, WHY)
        assert taken(desk, key, thing) == [], "what one has not opened"
        for who in (ADA, BO, CY):
            opens(thing, who)

    doors.goes(door, key, thing, shown, "", WHY)
    doors.goes(door, key, thing, shown, BO, WHY)
    assert taken(desk, key, thing) == []
    assert refused(desk, key)[-1:] == [(BO, door)]
    if key[0] == "claim_batch":
        doors.goes(door, key, thing, shown, CY, WHY)
        assert refused(desk, key)[-1:] == [(CY, door)], "who may for another provider"
    if door == "command_line":
        doors.goes(door, key, thing, shown, ADA, WHY, by=BO)
        assert refused(desk, key)[-1:] == [(ADA, door)], "in another's name"
    if door == "question":
        doors.goes(door, key, thing, shown, BO, WHY, by=ADA)
        assert refused(desk, key)[-1:] == [(BO, door)], "by another's display name"
    assert taken(desk, key, thing) == []

    act = next(act for act in decisions.acts() if (act.about_kind, act.name) == key)
    for note in NOTHING.values() if act.needs_reason else ():
        if door != "command_line" or "\0" not in note:
            doors.goes(door, key, thing, shown, ADA, note)
    assert taken(desk, key, thing) == [], "without a reason"
    for note in ("a\0b" if door != "command_line" else "a" * 2001, "a" * 2001):
        doors.goes(door, key, thing, shown, ADA, note)
    assert taken(desk, key, thing) == [], "with a reason that cannot be kept"

    doors.goes(door, key, thing, shown, ADA, WHY)
    assert taken(desk, key, thing) == [(ADA, door)]
    if key != ("exception", "assign"):
        doors.goes(door, key, thing, shown, ADA, WHY)
        assert taken(desk, key, thing) == [(ADA, door)], "an old question"


@pytest.mark.parametrize(("door", "key"), [one for one in TRIED if one.values[0] != "command_line"])
def test_what_changed_since_it_was_shown_is_not_decided(
    door: str,
    key: Key,
    doors: Doors,
    opens: Opens,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow(monkeypatch, key)
    thing = made(key)
    if key[0] == "claim_batch":
        opens(thing, ADA)
    shown = doors.shown(door, key, thing)
    thing.change()
    doors.goes(door, key, thing, shown, ADA, WHY)
    # a refusal of claims sends nothing: it is of the batch, whatever its bytes
    assert taken(desk, key, thing) == ([(ADA, door)] if key == ("claim_batch", "refuse") else [])


@pytest.mark.parametrize("door", ["question", "page"])
def test_who_prepared_the_claims_attests_them_at_no_door(
    door: str,
    doors: Doors,
    opens: Opens,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = ("claim_batch", "release")
    about = made(("exception", "continue"))
    allow(monkeypatch, ("exception", "continue"))
    resolve(desk.conn, about.number, ADA, "continue", WHY)
    desk.conn.commit()
    allow(monkeypatch, key, four_eyes=True)
    thing = made(key)
    opens(thing, ADA)
    shown = doors.shown(door, key, thing)
    doors.goes(door, key, thing, shown, ADA, WHY)
    assert taken(desk, key, thing) == []
    assert refused(desk, key) == [(ADA, door)]
    allow(monkeypatch, key)
    doors.goes(door, key, thing, shown, ADA, WHY)
    assert taken(desk, key, thing) == [(ADA, door)]


COMMANDS = [pytest.param(key, id=f"{key[0]}-{key[1]}") for key in sorted(COMMAND)]


@pytest.mark.parametrize("key", COMMANDS)
def test_a_login_of_the_operating_system_is_enough_where_no_login_to_airflow_is_needed(
    key: Key,
    doors: Doors,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow(monkeypatch, key)
    thing = made(key)
    door = "command_line"
    ann = {"x": Team("x", "X", "X", (ADA,), system_users=(("ann", ADA),))}
    monkeypatch.setattr(permissions, "teams", lambda: ann)
    monkeypatch.setattr(command_line, "_system_user", lambda: "airflow")
    doors.goes(door, key, thing, "", "", WHY, by=ADA)
    monkeypatch.setattr(command_line, "_system_user", lambda: "ann")
    doors.goes(door, key, thing, "", "", WHY, by=BO)
    with pytest.MonkeyPatch.context() as root:
        root.setattr(os, "geteuid", lambda: 0)
        doors.goes(door, key, thing, "", "", WHY, by=ADA)
        doors.goes(door, key, thing, "", "", WHY)
    assert taken(desk, key, thing) == []
    # with root's rights nobody is known but by the login that root took
    assert [who for who, _ in refused(desk, key)] == [ADA, ADA, ADA, "ann"]
    doors.goes(door, key, thing, "", "", WHY)
    needs_login = decisions.permission_of(key[1], key[0]) in permissions.NEEDS_LOGIN
    assert taken(desk, key, thing) == ([] if needs_login else [(ADA, door)])
    assert len(refused(desk, key)) == (5 if needs_login else 4)


@pytest.mark.parametrize("door", ["page", "command_line"])
def test_the_same_again_needs_to_say_what_is_different(
    door: str,
    doors: Doors,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = ("exception", "retry")
    allow(monkeypatch, key)
    thing = made(key)
    doors.goes(door, key, thing, doors.shown(door, key, thing), ADA, "")
    for done in (1, 2):
        assert len(taken(desk, key, thing)) == done
        desk.conn.execute("update operations.decision set known_seq = 1 where known_seq is null")
        desk.conn.commit()
        for nothing in ("", "\u00a0", "\u200b"):
            doors.goes(door, key, thing, doors.shown(door, key, thing), ADA, nothing)
        assert len(taken(desk, key, thing)) == done
        doors.goes(door, key, thing, doors.shown(door, key, thing), ADA, "another number")
    assert len(taken(desk, key, thing)) == 3


@pytest.mark.parametrize(
    "owner", ["", "biling", "nobody at all", "\u200b", "billing\u200b", "Billing office"]
)
@pytest.mark.parametrize("door", ["page", "command_line"])
def test_nothing_is_given_to_whom_there_is_not(
    door: str,
    owner: str,
    doors: Doors,
    made: Callable[[Key], Thing],
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = ("exception", "assign")
    allow(monkeypatch, key)
    thing = made(key)
    wrong = Thing(thing.about_id, thing.number, {"owner": owner})
    doors.goes(door, key, wrong, doors.shown(door, key, thing), ADA, WHY)
    assert taken(desk, key, thing) == []
