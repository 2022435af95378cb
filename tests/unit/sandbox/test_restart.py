"""A killed sandbox takes its world up again where it was, and the order of requests does not matter."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST


def requests(hub: Hub) -> list[dict[str, Any]]:
    """Tasks, booking requests and files as a night would send them."""
    entries: list[dict[str, Any]] = []
    for number, who in enumerate(list(hub.world.patients.values())[:40]):
        task = {
            "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": f"Patient/{who.id}"},
            "identifier": [{"system": "urn:throughline:effect", "value": f"effect-{number}"}],
            "code": {"coding": [{"code": "outreach"}]}, "description": "wellness" if number % 2 else "TCM",
        }  # fmt: skip
        entries.append({"do": "create", "type": "Task", "resource": task, "wanted": ""})
        body = {
            "request_id": f"r{number}",
            "mrn": who.mrn,
            "visit_type": "AWV",
            "not_before": str(FIRST),
        }
        entries.append({"do": "booking", "body": body, "key": f"k{number}"})
    return entries


def test_a_killed_world_goes_on_as_if_nothing_had_been(
    make: Callable[..., Hub], digest: Callable[..., Any]
) -> None:
    calm, killed = make("calm"), make("killed")
    for hub in (calm, killed):
        hub._advance(FIRST)
    entries = requests(calm)
    for entry in entries:
        calm._act(entry)
    for entry in entries[:50]:
        killed._act(entry)
    again = make("killed")  # nothing was closed or saved: as after SIGKILL
    for entry in entries[50:]:
        again._act(entry)
    assert digest(again) == digest(calm)
    once_more = make("killed")
    for hub in (calm, once_more):
        hub._advance(FIRST + timedelta(days=3))
    assert digest(once_more) == digest(calm)


def test_a_kill_while_a_day_is_lived_changes_nothing(
    make: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch, digest: Callable[..., Any]
) -> None:
    calm, killed = make("calm"), make("killed")
    entries = requests(calm)
    for hub in (calm, killed):
        hub._advance(FIRST)
        for entry in entries:
            hub._act(entry)
    killed._live_day()  # lived, delivered, but not kept
    killed.truth.flush()
    again = make("killed")
    for hub in (calm, again):
        hub._advance(FIRST + timedelta(days=2))
    assert digest(again) == digest(calm)


def test_a_torn_journal_line_is_a_request_that_nobody_heard(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make()
    hub._advance(FIRST)
    entry = requests(hub)[0]
    hub._act(entry)
    with hub._journal().open("ab") as file:
        file.write(b'{"do":"create","typ')
    again = make()
    assert len(truth(again, "requests_received")) == 1


def test_the_order_of_requests_does_not_matter(
    make: Callable[..., Hub], digest: Callable[..., Any]
) -> None:
    one, two = make("one"), make("two")
    entries = requests(one)
    shuffled = entries[:]
    random.Random(3).shuffle(shuffled)
    for hub, order in ((one, entries), (two, shuffled)):
        hub._advance(FIRST)
        for entry in order:
            hub._act(entry)
        hub._advance(FIRST + timedelta(days=3))
    assert digest(one) == digest(two)


def test_tasks_are_answered_and_bookings_come_as_appointments(
    make: Callable[..., Hub], truth: Callable[..., Any]
) -> None:
    hub = make()
    hub._advance(FIRST)
    for entry in requests(hub):
        hub._act(entry)
    hub._advance(FIRST + timedelta(days=1))
    told = {r["effect"]: r for r in truth(hub, "contacts") if r["effect"]}
    assert len(told) == 40
    assert {"reached", "no_answer"} <= {r["outcome"] for r in told.values()}
    served = [b for b in hub.world.bookings.values() if b.status == "booked"]
    assert len(served) > 20
    for request in served:
        slot = hub.world.appointments[request.appointment_id]
        assert slot.kind == "AWV"
        assert slot.starts_at > slot.booked_at
    assert any(f"SCH|{b.request_id}^LAKESIDE" in _outbox(hub) for b in served)


def _outbox(hub: Hub) -> str:
    files = (hub.folder / "sftp" / "scheduling" / "outbox").iterdir()
    return "".join(file.read_bytes().decode() for file in files)
