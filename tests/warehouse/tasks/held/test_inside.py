"""What stays inside is asked of no system: it is on the page of work, whatever sends, pauses or observes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warehouse.clinic import appointment, consent
from tests.warehouse.tasks.desk import FIRST, FOURTH, SECOND, THIRD, Desk, billable, member, seen
from tests.warehouse.tasks.held.test_observing import broken, mode
from tests.warehouse.tasks.held.test_pausing import say
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_answers import TCM, agrees, know, night, of
from tests.warehouse.tasks.test_dispatch import EVERY, ask
from throughline.pages.calls import work
from throughline.sources import systems
from throughline.told.numbers import collect
from throughline.told.today import today
from throughline.vocabulary import OURS

INSIDE = """
source: ourselves
title: Our own people
owner_team: care_management
roles: {{{roles}}}
"""
TAKEN = {
    "outreach": "outreach",
    "scheduling": "schedule",
    "documentation": "documentation",
    "billing": "billing",
}
"""The role whose work a kind of task is."""


@pytest.fixture
def inside(desk: Desk, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Return a function after which these roles stay inside, and no system has them."""
    numbers = itertools.count()

    def register(*roles: str) -> None:
        folder = tmp_path / f"sources_{next(numbers)}"
        shutil.copytree(OURS / "sources", folder)
        for file in folder.glob("*.yaml"):
            text = file.read_text("utf-8")
            for role in roles:
                for said in (f"{role}: {{}}", f"{role}: {{connection: scheduling_api}}"):
                    text = text.replace(f", {said}", "").replace(said, "")
            if "roles: {}" in text:
                text = text.replace("roles: {}\n", "")
            file.write_text(text, "utf-8")
        if "billing" in roles:
            (folder / "billing.yaml").unlink()
        said = ", ".join(f"{role}: {{form: inside}}" for role in roles)
        if roles:
            (folder / "ourselves.yaml").write_text(INSIDE.format(roles=said), "utf-8")
        systems.register(desk.conn, max(desk.seq, 1), folder)
        desk.conn.commit()

    yield register
    desk.conn.rollback()
    systems.register(desk.conn, 0)
    desk.conn.commit()


def a_night(desk: Desk, wanted: str, on: str = FIRST) -> None:
    desk.know(billable("p1"))
    desk.open(on)
    ask(desk, "p1", wanted)


def shown(desk: Desk, kind: str) -> list[work.Item]:
    found = work.items(desk.conn, kind, 1, today(desk.conn), sees_patients=True)
    desk.conn.rollback()
    return found


@pytest.mark.parametrize("wanted", EVERY)
def test_nothing_is_sent_and_it_is_on_the_page(
    desk: Desk, outside: Outside, inside: Callable[..., None], wanted: str
) -> None:
    inside(*TAKEN.values())
    a_night(desk, wanted)
    assert desk.work() == {"inside": 1}
    assert desk.work() == {}, "once"
    assert (outside.made, desk.sent(), desk.open_exceptions()) == ({}, [], [])
    (item,) = shown(desk, wanted)
    assert (item.kind, item.total, item.on_hold) == (wanted, 1, False)
    assert item.source == "Our own people"
    if wanted == "billing":
        assert (str(item.visit_on), item.codes, item.total) == ("2026-07-01", ["99214"], 1)
    if wanted == "scheduling":
        assert (item.visit_type, str(item.not_after)) == ("TCM", "2026-07-20")
    assert all(not shown(desk, kind) for kind in EVERY if kind != wanted)
    # it is done, or no longer wanted: it goes from the page
    desk.ends(desk.tasks()[0].task_id)
    assert (shown(desk, wanted), desk.broken(), broken(desk)) == ([], [], [])


def test_one_role_stays_inside_and_the_others_are_asked(
    desk: Desk, outside: Outside, inside: Callable[..., None]
) -> None:
    inside("schedule")
    a_night(desk, "scheduling")
    ask(desk, "p1", "documentation")
    assert desk.work() == {"inside": 1, "accepted": 1}
    assert [x.kind for x in desk.sent()] == ["documentation"]


def test_a_pause_keeps_nobody_inside_from_working(desk: Desk, inside: Callable[..., None]) -> None:
    inside("outreach")
    say(desk.conn, "pause_sending")
    a_night(desk, "outreach")
    assert desk.work() == {"inside": 1}
    assert len(shown(desk, "outreach")) == 1
    (paused,) = collect(desk.conn, desk.seq, "America/New_York").paused
    assert paused.waiting == 0, "it waits for nothing"
    key = desk.tasks()[0].effect_key
    for day in (SECOND, THIRD):
        desk.open(day)
        assert desk.work() == {}
    assert desk.tasks()[0].effect_key == key, "its window is not moved as that of a call to come"


@pytest.mark.nights
@pytest.mark.parametrize("wanted", EVERY)
def test_what_is_observed_is_on_no_page(
    desk: Desk, inside: Callable[..., None], wanted: str
) -> None:
    inside(*TAKEN.values())
    a_night(desk, wanted)
    mode(desk, "target", f"ourselves|{TAKEN[wanted]}")
    assert desk.work() == {}
    assert (desk.tasks(), shown(desk, wanted)) == ([], [])
    assert [row.target for row in desk.rows("select target from tasks.observed")] == [
        f"ourselves|{TAKEN[wanted]}"
    ]


def test_two_cases_that_want_one_person_make_one_call(
    desk: Desk, inside: Callable[..., None]
) -> None:
    inside("outreach")
    a_night(desk, "outreach")
    desk.work()
    desk.open(SECOND)
    desk.wants("p1", "outreach", workflow="annual_wellness")
    assert desk.work() == {"inside": 1}
    assert len({task.effect_key for task in desk.tasks()}) == 1


@pytest.mark.nights
def test_what_went_out_stays_out_and_what_is_inside_stays_inside(
    desk: Desk, outside: Outside, inside: Callable[..., None]
) -> None:
    """The practice changes its mind, twice."""
    a_night(desk, "scheduling")
    assert desk.work() == {"accepted": 1}
    inside("schedule")
    desk.know(member("p2"), seen("p2"))
    desk.open(SECOND)
    ask(desk, "p2", "scheduling")
    assert desk.work() == {"inside": 1}
    inside()
    desk.open(THIRD)
    assert desk.work() == {}
    assert len(desk.sent()) == 1
    assert [one.person_id for one in shown(desk, "scheduling")] == [str(desk.person("p2"))]
    assert broken(desk) == []


@pytest.mark.nights
def test_what_found_no_receiver_is_taken_inside(desk: Desk, inside: Callable[..., None]) -> None:
    a_night(desk, "scheduling")
    desk.conn.execute("delete from operations.role where role = 'schedule'")
    desk.conn.commit()
    desk.work()
    assert desk.open_exceptions() == ["no_receiver"]
    inside("schedule")
    desk.open(SECOND)
    assert desk.work() == {"inside": 1}
    assert (desk.open_exceptions(), len(shown(desk, "scheduling"))) == ([], 1)


@pytest.mark.nights
def test_a_booking_is_proven_lapses_and_is_asked_anew_as_any_other(
    desk: Desk, inside: Callable[..., None]
) -> None:
    """Through the whole loop: nobody books, the task lapses and the next one is on the page; a replay agrees."""
    inside("schedule")
    know(desk, "p1", "p2")
    night(desk, "2026-07-06")
    assert {desk.case(who, TCM).stage for who in ("p1", "p2")} == {"scheduled"}
    assert len(shown(desk, "scheduling")) == 2
    desk.know(appointment("p1", "2026-07-10 10:00", recorded="2026-07-07 09:00"))
    for day in (SECOND, THIRD, FOURTH):
        night(desk, day)
    assert desk.case("p1", TCM).stage == "seen"
    assert sorted(of(desk), key=str) == [
        ("completed", "proven"), ("failed", "no result in time"), ("requested", None),
    ]  # fmt: skip
    assert [one.person_id for one in shown(desk, "scheduling")] == [str(desk.person("p2"))]
    agrees(desk)


@pytest.mark.nights
def test_nobody_is_told_to_call_whoever_may_not_be_called(
    desk: Desk, inside: Callable[..., None]
) -> None:
    inside("outreach", "schedule")
    know(desk, "p1")
    night(desk, "2026-07-06")
    assert [item.on_hold for item in shown(desk, "scheduling")] == [False]
    desk.know(consent("p1", "2026-07-06"))
    night(desk, SECOND)
    assert [item.on_hold for item in shown(desk, "scheduling")] == [True]
