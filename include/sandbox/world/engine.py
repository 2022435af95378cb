"""The world's clock, its queue of events and its bus. Everything it holds can be pickled, except handlers.

Handlers are functions ``fn(world, payload)``, looked up by name. They are registered at every start; pending events
are stored in the snapshot.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sandbox.world.chance import Chance
from sandbox.world.model import (
    Appointment,
    BookingRequest,
    Organization,
    Outreach,
    Patient,
    Practitioner,
    Stay,
    Visit,
)

LOCAL = ZoneInfo("America/New_York")
Handler = Callable[["World", Any], None]


@lru_cache(maxsize=4096)
def midnight(day: date) -> datetime:
    """The beginning of a local day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)


def at(day: date, hour: float, seconds: float = 0) -> datetime:
    """A local time of a day, in UTC: ``hour`` may have a fraction, and be above 24 for the next morning."""
    return midnight(day) + timedelta(hours=hour, seconds=seconds)


def day_of(moment: datetime) -> date:
    """The local day of a moment."""
    return moment.astimezone(LOCAL).date()


@dataclass
class Clock:
    """Simulated time, in UTC."""

    now: datetime


class TruthWriter(Protocol):
    """The log in which the servers record what they did."""

    def write(self, kind: str, row: Mapping[str, Any], feed: str = "") -> None:
        """Append a row; with ``feed`` it gets ``observable_from`` when that feed is next delivered."""


class FileDrop(Protocol):
    """Puts a file into a user's outbox."""

    def __call__(self, user: str, name: str, content: bytes, feed: str) -> None: ...


class World:
    """The whole state of the world, and its pending events.

    ``parts`` holds the state of the packages in this world, by name; it is pickled with the world.
    """

    MANY = ("patients", "visits", "appointments", "stays", "by_mrn")
    """The large collections, which a snapshot writes one part at a time."""

    truth: TruthWriter
    resources: Any
    misbehaviour: Any
    _drop: FileDrop

    def __init__(
        self, seed: int, first_day: date, first_night: date, activity: float = 1.0
    ) -> None:
        self.seed = seed
        self.chance = Chance(seed)
        self.first_day = first_day
        self.first_night = first_night
        self.lived_to = first_day - timedelta(days=1)
        self.activity = activity
        self.clock = Clock(midnight(first_day))
        self.practice: Organization
        self.organizations: dict[str, Organization] = {}
        self.practitioners: dict[str, Practitioner] = {}
        self.patients: dict[str, Patient] = {}
        self.by_mrn: dict[str, str] = {}
        self.visits: dict[str, Visit] = {}
        self.appointments: dict[str, Appointment] = {}
        self.stays: dict[str, Stay] = {}
        self.bookings: dict[str, BookingRequest] = {}
        self.booking_keys: dict[str, str] = {}
        self.outreach: dict[str, Outreach] = {}
        self.siu: list[str] = []
        self.counters: dict[str, int] = {}
        self.parts: dict[str, Any] = {}
        self._days: dict[date, list[tuple[datetime, int, str, Any]]] = {}
        self._today: list[tuple[datetime, int, str, Any]] = []
        self._order = 0
        self._handlers: dict[str, Handler] = {}
        self._listeners: dict[str, list[Handler]] = {}

    @property
    def is_history(self) -> bool:
        """Whether the current day is before the first night; such days are not served one by one."""
        return self.lived_to + timedelta(days=1) < self.first_night

    # ---- the bus -------------------------------------------------------------------------------------
    def handle(self, name: str, handler: Handler) -> None:
        """Say which function works on scheduled events of this name."""
        self._handlers[name] = handler

    def on(self, event: str, handler: Handler) -> None:
        """Call ``handler(world, payload)`` whenever ``event`` is emitted, in the order of registration.

        Events: ``charge_entered``, ``note_signed``, ``visit_cancelled`` (payload: Visit), ``patient_changed``
        (Patient), ``appointment_booked`` (Appointment), ``claim_rejected`` (a claim that a payer would not
        take), ``claim_paid`` (claim in adjudication, decision, whether anything was denied), ``deliver``
        (date: the end of a business day; put what is due into outboxes), ``stay_changed`` (Stay, what the truth
        calls it), ``visit_changed`` (Visit), ``note_changed`` (Visit, written, signed, replaced or retracted, who
        signed or which note was replaced), ``charges_changed`` (Visit, entered or retracted).
        """
        self._listeners.setdefault(event, []).append(handler)

    def emit(self, event: str, payload: Any) -> None:
        """Call all handlers of the event."""
        for handler in self._listeners.get(event, ()):
            handler(self, payload)

    def schedule(self, moment: datetime, name: str, payload: Any = None) -> None:
        """Schedule ``name`` for ``moment`` (now, if that has passed); equal moments keep their order."""
        moment = max(moment, self.clock.now)
        self._order += 1
        entry = (moment, self._order, name, payload)
        day = day_of(moment)
        if day <= self.lived_to + timedelta(days=1):
            heapq.heappush(self._today, entry)
        else:
            self._days.setdefault(day, []).append(entry)

    def drop(self, user: str, filename: str, content: bytes, feed: str = "") -> None:
        """Put a file into the outbox of an SFTP user, with the misbehaviour asked for this feed and day."""
        self._drop(user, filename, content, feed)

    def count(self, what: str) -> int:
        """Count on; the first is 1."""
        number = self.counters.get(what, 0) + 1
        self.counters[what] = number
        return number

    # ---- time ----------------------------------------------------------------------------------------
    def live_day(self) -> date:
        """Live through the next business day up to its deliveries; returns the day."""
        day = self.lived_to + timedelta(days=1)
        for entry in self._days.pop(day, ()):
            heapq.heappush(self._today, entry)
        while self._today:
            moment, _, name, payload = heapq.heappop(self._today)
            if moment > self.clock.now:
                self.clock.now = moment
            self._handlers[name](self, payload)
        self.clock.now = max(self.clock.now, at(day, 23.75))
        self.emit("deliver", day)
        self.clock.now = at(day, 26.5)
        self.lived_to = day
        return day

    def __getstate__(self) -> dict[str, Any]:
        out = dict(self.__dict__)
        for name in (
            "truth",
            "resources",
            "misbehaviour",
            "_drop",
            "_handlers",
            "_listeners",
            *self.MANY,
        ):
            out.pop(name, None)
        return out

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._handlers = {}
        self._listeners = {}


def written_at(world: World, key: str) -> datetime:
    """The timestamp of something that arrives after the deliveries: after 4:00, and derived from its content."""
    digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
    return at(world.lived_to, 28 + int.from_bytes(digest, "big") / 2**32)
