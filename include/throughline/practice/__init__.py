"""Who we are: what the practice says about itself in `practice.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from throughline.vocabulary import DefinitionError, layers, read
from throughline.vocabulary.keeping import Period
from throughline.vocabulary.numbers import is_time_zone


@dataclass(frozen=True)
class Site:
    """A site of the practice, with the time zone of its days and deadlines.

    `locations` maps each source to its codes for the site or a part of it. `npi` and `address` (in one line) are empty
    if the practice does not say them.
    """

    site: str
    name: str
    time_zone: str
    locations: tuple[tuple[str, str], ...]
    npi: str = ""
    address: str = ""

    @property
    def told(self) -> str:
        """The site as it is shown: its name, and its NPI and address if they are known."""
        npi = f"NPI {self.npi}" if self.npi else ""
        return ", ".join(part for part in (self.name, npi, self.address) if part)


@dataclass(frozen=True)
class Practice:
    """Facts about the practice. `sole_submitter` pairs a payer id with a billing NPI, or with `any`.

    `retention` pairs a kind of thing that is kept with how long; what is not in it is kept for good.
    `attribution` is what makes a patient the practice's: `practitioner` and `booked` with `yes` or `no`, and
    `visit_days` with a number of days.
    `mode` is `live`, or `observe`: nothing goes out. `by_hand` pairs workflows with stages that no system proves:
    people record them.
    """

    name: str
    time_zone: str
    bill_hold_days: int
    sole_submitter: tuple[tuple[str, str], ...]
    submitter_id: str
    receiver_id: str
    billing_phone: str
    contact_from: str
    contact_to: str
    longest_stay_days: int = 100
    sites: tuple[Site, ...] = ()
    retention: tuple[tuple[str, Period], ...] = ()
    attribution: tuple[tuple[str, str], ...] = (("practitioner", "yes"),)
    mode: str = "live"
    by_hand: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Team:
    """A team that owns work. `members` are user ids of Airflow's auth manager.

    A question that nobody answers goes to `lead` after `lead_after_days` business days. `mail` and
    `lead_mail` are the addresses that are told. `system_users` pairs logins of the operating system with
    the members whose logins they are, `npis` members who are practitioners with their NPI.
    """

    team: str
    title: str
    lead: str
    members: tuple[str, ...] = ()
    lead_after_days: int = 2
    mail: tuple[str, ...] = ()
    lead_mail: tuple[str, ...] = ()
    system_users: tuple[tuple[str, str], ...] = ()
    npis: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def teams() -> dict[str, Team]:
    """Return this deployment's teams by name; cached per process, validated when a night opens."""
    return {
        team: Team(
            team,
            said["title"],
            said["lead"],
            tuple(map(str, said.get("members") or ())),
            lead_after_days=said.get("lead_after_days", Team.lead_after_days),
            mail=tuple(said.get("mail") or ()),
            lead_mail=tuple(said.get("lead_mail") or ()),
            system_users=tuple((said.get("system_users") or {}).items()),
            npis=tuple((said.get("npis") or {}).items()),
        )
        for team, said in read(layers().file("teams.yaml")).data.items()
    }


def _in_one_line(address: Mapping[str, str]) -> str:
    """Return an address as it stands on an envelope, in one line; empty if there is none."""
    if not address:
        return ""
    return f"{address['street']}, {address['city']}, {address['state']} {address['zip']}"


@lru_cache(maxsize=1)
def practice() -> Practice:
    """Return this deployment's practice; cached per process, validated when a night opens."""
    return said_now()


def said_now() -> Practice:
    """Return the practice as its file says now. Raises what an unsound file raises: check it first."""
    raw = read(layers().file("practice.yaml")).data
    return Practice(
        name=raw["name"],
        time_zone=raw["time_zone"],
        bill_hold_days=raw["bill_hold_days"],
        sole_submitter=tuple(
            (entry["payer_id"], str(entry["billing_npi"])) for entry in raw["sole_submitter"]
        ),
        submitter_id=raw["submitter_id"],
        receiver_id=raw["receiver_id"],
        billing_phone=str(raw["billing_phone"]),
        contact_from=raw["contact_hours"]["from"],
        contact_to=raw["contact_hours"]["to"],
        longest_stay_days=raw.get("longest_stay_days", Practice.longest_stay_days),
        sites=tuple(
            Site(
                site,
                said["name"],
                said.get("time_zone", raw["time_zone"]),
                tuple(
                    (source, code) for source, codes in said["locations"].items() for code in codes
                ),
                str(said.get("npi", "")),
                _in_one_line(said.get("address") or {}),
            )
            for site, said in (raw.get("sites") or {}).items()
        ),
        retention=tuple(
            (kind, Period(**said)) for kind, said in (raw.get("retention") or {}).items()
        ),
        attribution=_attribution(raw.get("attribution") or {}),
        mode=raw.get("mode", Practice.mode),
        by_hand=tuple(
            (workflow, stage)
            for workflow, stages in (raw.get("by_hand") or {}).items()
            for stage in stages
        ),
    )


def _attribution(said: dict[str, bool | int]) -> tuple[tuple[str, str], ...]:
    """Return what makes a patient the practice's; a practitioner whom the chart names, unless the practice says no."""
    told = [
        (name, "yes" if said.get(name, name == "practitioner") else "no")
        for name in ("practitioner", "booked")
    ]
    return (*told, *((("visit_days", str(said["visit_days"])),) if "visit_days" in said else ()))


def told_zone() -> str:
    """Return the time zone in which people are told: the practice's; UTC while its file cannot be read.

    A night whose definitions are broken is told as well, and why.
    """
    try:
        zone = practice().time_zone
    except (DefinitionError, KeyError, TypeError, AttributeError):
        return "UTC"
    return zone if is_time_zone(zone) else "UTC"


def told_name() -> str:
    """Return the name of the practice, for people; empty while its file cannot be read."""
    try:
        return str(practice().name)
    except (DefinitionError, KeyError, TypeError, AttributeError):
        return ""
