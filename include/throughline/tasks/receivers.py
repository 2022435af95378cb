"""The systems that take work: how to send one transmission to each, and how to look it up there.

The bytes of the transmission are sent as they are, line by line if they hold several resources.
Nothing here makes decisions or accesses the warehouse.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import orjson

from throughline.sources.fhir.rest import FhirClient
from throughline.tasks.wire.fhir_task import EFFECT_SYSTEM
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Answer, HttpClient, Outcome
from throughline.transports.patience import Clock

IN_PART = "in_part"
"""Reason of an uncertain outcome: some of several resources arrived, and the next was never sent."""


NOTHING_WILL_COME = frozenset({"declined", "no_slot"})
"""Statuses of a booking request that end it without a booking."""


@dataclass(frozen=True)
class Sending:
    """One transmission to send. `is_again`: an earlier call for it may have arrived in part."""

    transmission_id: UUID
    effect_key: str
    kind: str
    target: str
    payload: bytes
    is_again: bool = False


class Receiver(Protocol):
    """A system that takes transmissions. Its methods are thread-safe."""

    def send(self, sending: Sending) -> Outcome:
        """Send it the bytes, and return how certain the outcome is."""

    def look_up(self, sending: Sending) -> str | None:
        """Return the receiver's own id of what was sent, or None if it has nothing.

        Raises `SourceUnavailable`.
        """


@runtime_checkable
class Answering(Protocol):
    """A system that can later be asked about what it accepted."""

    def answer(self, sending: Sending) -> str | None:
        """Return why it has failed, or None while it may still succeed.

        Raises `SourceUnavailable`.
        """


class Ehr:
    """FHIR REST: creates a Task, and before it the CommunicationRequest that it refers to."""

    def __init__(self, client: FhirClient) -> None:
        self._client = client

    def send(self, sending: Sending) -> Outcome:
        """Create each resource, with the effect key as its identifier; stop at the first failure."""
        identifier = (EFFECT_SYSTEM, sending.effect_key)
        outcome = Outcome("rejected", reason="nothing to send")
        is_first = True
        for line in sending.payload.split(b"\n"):
            if sending.is_again:
                kind = str(orjson.loads(line)["resourceType"])
                try:
                    found = self._client.find(kind, identifier)
                except SourceUnavailable as error:
                    return Outcome("not_sent", reason=str(error))
                if found:
                    outcome, is_first = Outcome("accepted", 200, found[0]), False
                    continue
            outcome = self._client.create(line, identifier)
            if outcome.certainty == "not_sent" and not is_first:
                return Outcome("uncertain", outcome.status, reason=IN_PART)
            if outcome.certainty != "accepted":
                break
            is_first = False
        return outcome

    def look_up(self, sending: Sending) -> str | None:
        """Find the last resource of the payload, because it is created last."""
        kind = str(orjson.loads(sending.payload.rpartition(b"\n")[2])["resourceType"])
        found = self._client.find(kind, (EFFECT_SYSTEM, sending.effect_key))
        return str(found[0].get("id")) if found else None


class Scheduling:
    """Booking requests, keyed by the effect; each has a request id."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def send(self, sending: Sending) -> Outcome:
        """Ask for a booking."""
        return self._client.write(
            "booking-requests", sending.payload, idempotency_key=sending.effect_key
        )

    def look_up(self, sending: Sending) -> str | None:
        """Find the request by its id."""
        request_id, response = self._get(sending)
        return None if response is None else request_id

    def answer(self, sending: Sending) -> str | None:
        """Read the request's status. A booking is not an outcome here: only the schedule proves it."""
        _, response = self._get(sending)
        if response is None:
            return None
        try:
            status = response.json()["status"]
        except (ValueError, LookupError, TypeError) as error:
            raise SourceUnavailable(f"scheduling: http_200 with {type(error).__name__}") from None
        return status if status in NOTHING_WILL_COME else None

    def _get(self, sending: Sending) -> tuple[str, Answer | None]:
        """Return the request's id, and its record at the receiver, or None."""
        request_id = str(orjson.loads(sending.payload)["request_id"])
        response = self._client.get(f"booking-requests/{request_id}")
        if response.status == 404:
            return request_id, None
        _must_be_ok("scheduling", response.status)
        return request_id, response


class Billing:
    """The work queue of the practice's billing system, keyed by the effect."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def send(self, sending: Sending) -> Outcome:
        """Put a work item into the queue."""
        return self._client.write("work-items", sending.payload, idempotency_key=sending.effect_key)

    def look_up(self, sending: Sending) -> str | None:
        """Find the item by its key."""
        response = self._client.get("work-items", {"idempotency_key": sending.effect_key})
        _must_be_ok("billing", response.status)
        try:
            items = response.json()["items"]
            return str(items[0]["work_item_id"]) if items else None
        except (ValueError, LookupError, TypeError) as error:
            raise SourceUnavailable(f"billing: {type(error).__name__} in its answer") from None


def _must_be_ok(name: str, status: int) -> None:
    if status != 200:
        raise SourceUnavailable(f"{name}: http_{status}")


def external_ref(outcome: Outcome) -> str | None:
    """Return the receiver's id in an accepted answer, where it names one."""
    body = outcome.body if isinstance(outcome.body, dict) else {}
    for name in ("id", "request_id", "work_item_id"):
        if body.get(name):
            return str(body[name])
    return outcome.location


class Receivers:
    """The receivers of one dispatch, connected on first use.

    The kind of transmission determines how to talk to a system, not the system's name.
    """

    def __init__(
        self, clients: Mapping[str, Address], stack: ExitStack, sleep: Callable[[float], None]
    ) -> None:
        self._clients, self._stack, self._clock = clients, stack, Clock(sleep=sleep)
        self._lock = threading.Lock()
        self._made: dict[tuple[type, str], Receiver] = {}

    def of(self, kind: str, target: str) -> Receiver | None:
        """Return the receiver of a kind of transmission behind a connection; None for files, and if the
        connection no longer exists. Thread-safe."""
        speaks = SPEAKS.get(kind)
        if speaks is None or target not in self._clients:
            return None
        with self._lock:
            if (speaks, target) not in self._made:
                client = CLIENT_OF[speaks](self._clients[target], clock=self._clock)
                self._made[speaks, target] = speaks(self._stack.enter_context(client))
            return self._made[speaks, target]


SPEAKS: dict[str, type[Ehr] | type[Scheduling] | type[Billing]] = {
    "outreach": Ehr,
    "documentation": Ehr,
    "booking": Scheduling,
    "work_item": Billing,
}
CLIENT_OF: dict[type, Callable[..., Any]] = {
    Ehr: FhirClient,
    Scheduling: HttpClient,
    Billing: HttpClient,
}


def connect(
    clients: Mapping[str, Address], stack: ExitStack, sleep: Callable[[float], None] = time.sleep
) -> Receivers:
    """Return the receivers behind `clients`, addresses by connection; the stack closes them."""
    return Receivers(clients, stack, sleep)
