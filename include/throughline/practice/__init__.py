"""Who we are: what the practice says about itself in `include/definitions/practice.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from throughline.vocabulary import DEFINITIONS, read


@dataclass(frozen=True)
class Site:
    """A site of the practice: its days and clocks follow its own time zone.

    `locations` are the codes by which each source names it or a part of it.
    """

    site: str
    name: str
    time_zone: str
    locations: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Practice:
    """Facts of the practice. `sole_submitter` pairs a payer id with a billing NPI, or `any`."""

    name: str
    time_zone: str
    bill_hold_days: int
    sole_submitter: tuple[tuple[str, str], ...]
    submitter_id: str
    receiver_id: str
    billing_phone: str
    contact_from: str
    contact_to: str
    sites: tuple[Site, ...] = ()


@lru_cache(maxsize=1)
def practice() -> Practice:
    """Return the practice of this deployment; read once per process, checked when a night begins."""
    raw = read(DEFINITIONS / "practice.yaml").data
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
        sites=tuple(
            Site(
                site,
                said["name"],
                said["time_zone"],
                tuple(
                    (source, code) for source, codes in said["locations"].items() for code in codes
                ),
            )
            for site, said in (raw.get("sites") or {}).items()
        ),
    )
