"""How a type is searched: the best way that a server offers, and what each way cannot see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.sources.fhir.search.capability import Capability
from throughline.sources.source import Search

LAST_UPDATED = "_lastUpdated"
# Search parameters of FHIR R4 that say when something happened or was written, best first.
DATES = {
    "Appointment": ("date",),
    "ChargeItem": ("entered-date", "occurrence"),
    "Claim": ("created",),
    "Communication": ("sent", "received"),
    "Condition": ("recorded-date", "onset-date"),
    "Consent": ("date", "period"),
    "DiagnosticReport": ("issued", "date"),
    "DocumentReference": ("date", "period"),
    "Encounter": ("date",),
    "Immunization": ("date",),
    "MedicationRequest": ("authoredon",),
    "Observation": ("date",),
    "PaymentNotice": ("created",),
    "Procedure": ("date",),
    "QuestionnaireResponse": ("authored",),
    "ServiceRequest": ("authored",),
    "Task": ("modified", "authored-on", "period"),
}
STANDING = frozenset({"condition", "consent"})
"""Feeds with a date whose records hold however old they are: no first export leaves the older ones out."""
PERSONS = ("patient", "subject", "beneficiary")
# A server may refuse a wide range, or cut its answer short.
WINDOW = timedelta(days=31)
FIRST_DAYS = 365


@dataclass(frozen=True)
class Method:
    """One way to search a type: `last_updated`, `date`, `patient` or `all`, and by which parameter."""

    name: str
    param: str = ""

    def cannot_see(self, said: Search) -> str:
        """Return what this way does not see, besides deletions; empty if nothing."""
        return {
            "date": f"changes to records dated more than {said.lookback_days} days back"
            f" or {said.ahead_days} days ahead",
            "patient": "records of persons without an open case",
        }.get(self.name, "")


def ladder(kind: str, capability: Capability, wanted: str = "") -> list[Method]:
    """Return the ways to search a type, best first; only the `wanted` one, if a definition says so.

    A wanted way is tried even if the server does not list it: statements are often incomplete.
    """
    found: list[Method] = []
    if capability.searches(kind, LAST_UPDATED) or wanted == "last_updated":
        found.append(Method("last_updated", LAST_UPDATED))
    for name, params in (("date", DATES.get(kind, ())), ("patient", PERSONS)):
        listed = [param for param in params if capability.searches(kind, param)]
        listed = listed or (list(params[:1]) if wanted == name else [])
        found += [Method(name, param) for param in listed[:1]]
    if capability.does(kind, "search-type") or wanted == "all":
        found.append(Method("all"))
    return [one for one in found if wanted in ("", one.name)]


def instant(at: datetime) -> str:
    """Return an instant as a search writes it: some servers want the time in full."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def windows(
    method: Method, mark: datetime | None, until: datetime, said: Search
) -> Iterator[dict[str, list[str]]]:
    """Yield the parameters of each search of a method that is not about one person.

    `mark` is the moment up to which the feed is complete; searches overlap it, because a server may
    finish writing a record after the time that it gives it.
    """
    if method.name == "last_updated":
        since = [] if mark is None else [f"ge{instant(mark - said.overlap)}"]
        yield {method.param: [*since, f"le{instant(until)}"]}
    elif method.name == "date":
        days = said.lookback_days if mark is not None else max(said.lookback_days, FIRST_DAYS)
        start = (mark or until) - timedelta(days=days)
        end = until + timedelta(days=said.ahead_days)
        while start < end:
            following = min(start + WINDOW, end)
            yield {method.param: [f"ge{start:%Y-%m-%d}", f"lt{following:%Y-%m-%d}"]}
            start = following
    else:
        yield {}
