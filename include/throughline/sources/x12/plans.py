"""Whether a benefit of a 271 is of a Medicare Advantage plan (Part C).

Medicare's answer names every plan besides Part A and B in an EB*R (or, where it points to the plan, an
EB*U), with its insurance type in EB04 (X12 1336): HM (HMO), HN (HMO, Medicare risk), IN (indemnity:
private fee for service, savings accounts), PR (PPO) and PS (point of service) are Part C, whatever their
kind. OT is Part D, and 12, 13, 14, 15, 16, 41, 42, 43, 47, WC and so on are payers before Medicare.

The members of a cost contract (section 1876 of the Social Security Act) keep original Medicare. Only the
answer's own words say so. A message "MA Bill Option Code" with A, B or C names a plan that its members are
locked in to; 1 and 2 name none, which is left to a person.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

import msgspec

ACTIVE = frozenset({"1", "2", "3", "4", "5"})
PART_C = frozenset({"HM", "HN", "IN", "PR", "PS"})
RISK = "HN"

# Types that are another payer's: Part D, payers before and after Medicare, Medicaid, supplements, and Medicare's own.
OTHERS = frozenset(
    {
        *("12", "13", "14", "15", "16", "41", "42", "43", "47", "AP", "C1", "CO", "CP", "D", "DB"),
        *("GP", "IP", "LC", "LD", "LI", "LT", "MA", "MB", "MC", "MD", "MH", "MI", "MP", "OT", "PE"),
        *("PL", "PP", "QM", "RP", "SP", "TF", "WC", "WU"),
    }
)
ELSEWHERE = frozenset({"R", "U"})
"""EB01 of another payer: named as such (R), or to be asked about the benefit (U)."""
HEALTH = "30"
HCPCS = frozenset({"HC", "CJ"})
"""EB13-1 (X12 235) of a HCPCS or CPT code."""
MEDICARE = frozenset({"CMS", "CMSHETS", "HETS"})
"""NM109 of a payer that is Medicare itself."""

# NM101: payer, primary and other payers, plan sponsor.
PLANS = frozenset({"PR", "PRP", "SEP", "TTP", "P5"})
_COST = re.compile(
    r"\bcost (?:plan|contract|hmo)s?\b|\b(?:hmo|medicare|1876) cost\b", re.IGNORECASE
)
_NO_COST = re.compile(r"\b(?:not a|non|no)[ -]cost\b", re.IGNORECASE)
_OPTION = re.compile(r"\bbill option(?: code)?\s*[:=-]?\s*([ABC12])\b", re.IGNORECASE)
# A contract that begins with S is of a drug plan.
_DRUGS = re.compile(r"S\d{4}")
_SERVICE = re.compile("[A-Za-z0-9]+")
_BLANK = [""] * 6
ENDS = ("357", "347", "349")
"""DTP01 of an end in a segment of its own: of eligibility, plan, benefit."""


class Benefit(msgspec.Struct, gc=False):
    """One EB loop."""

    information: str
    service_types: list[str]
    insurance_type: str | None
    plan: str | None
    procedure: str | None
    dates: dict[str, tuple[date | None, date | None]] = {}
    entity_name: str | None = None
    contract: str | None = None
    messages: list[str] = []


def read_benefit(e: list[str], component: str) -> Benefit:
    """Return what an EB says; `component` separates the parts of EB13."""
    if len(e) < 6:
        e = e + _BLANK
    services = e[3].strip()
    procedure = e[13].strip().upper().split(component) if len(e) > 13 else []
    is_hcpcs = len(procedure) > 1 and procedure[0] in HCPCS
    return Benefit(
        e[1].strip(),
        # of letters and digits: whatever stands between two of them separates them
        [services] if services.isalnum() else _SERVICE.findall(services),
        e[4].strip() or None,
        e[5].strip() or None,
        procedure[1] if is_hcpcs else None,
    )


def is_advantage(benefit: Benefit, *, is_medicare: bool) -> bool | None:
    """Return whether a benefit is of a Part C plan; None if the answer does not determine it.

    `is_medicare`: the answer is Medicare's. Another payer's own HMO or PPO is no Part C plan; one that it
    names beside itself may be.
    """
    words = " ".join([benefit.plan or "", *benefit.messages])
    number = benefit.contract or benefit.plan or ""
    is_health = HEALTH in benefit.service_types
    return _judged(
        benefit.information,
        benefit.insurance_type,
        words,
        number,
        is_numbered=benefit.contract is not None,
        is_health=is_health,
        is_medicare=is_medicare,
    )


@lru_cache(maxsize=4096)
def _judged(
    information: str,
    kind: str | None,
    words: str,
    number: str,
    *,
    is_numbered: bool,
    is_health: bool,
    is_medicare: bool,
) -> bool | None:
    """Return what `is_advantage` says; the words of a plan are those of all its members."""
    option = _OPTION.search(words)
    if information not in ELSEWHERE:
        is_named: bool | None = kind == RISK
    elif option is not None or kind == RISK:
        is_named = True
    elif kind in PART_C:
        is_named = True if is_medicare else None
    elif kind in OTHERS or not is_medicare or not is_health or _DRUGS.match(number):
        is_named = False
    else:
        # an insurance type that nobody has listed, or none
        is_named = None if information == "R" or is_numbered else False
    if is_named is not False and _COST.search(words) and not _NO_COST.search(words):
        return False
    if is_named and option is not None and option.group(1) in "12":
        return None
    return is_named


def span(benefit: Benefit) -> tuple[date | None, date | None]:
    """Return first and last day of a benefit; the last is None while it is open."""
    dates = benefit.dates
    # an end of its own: 347 plan, 349 benefit, 357 eligibility
    ended = next((dates[q][0] for q in ENDS if q in dates), None)
    # 291 plan, 290 coordination of benefits, 307 eligibility, 292 benefit, 346 plan begin
    for qualifier in ("291", "290", "307", "292", "346", "356", "348"):
        if qualifier in dates:
            first, last = dates[qualifier]
            return first, last or ended
    return None, ended


def end_all(benefits: list[Benefit], on: date | None) -> list[Benefit]:
    """Return benefits: those without dates of their own end with the person's (loop 2100C), on this day."""
    for benefit in benefits if on is not None else ():
        if span(benefit) == (None, None):
            benefit.dates = {**benefit.dates, ENDS[0]: (on, None)}
    return benefits


def covers(benefit: Benefit, day: date | None) -> bool:
    """Return whether a benefit may hold on a day: its dates, where it has any, do not rule it out."""
    first, last = span(benefit)
    last = last or benefit.dates.get("343", (None, None))[0]
    if day is None:
        return last is None
    return (first is None or first <= day) and (last is None or day <= last)


def ends(
    without: list[tuple[date | None, date | None]],
    active: list[tuple[date, date | None]],
    on: date | None,
    last_day: date | None,
) -> date | None:
    """Return the last day of Part B: `last_day`, or what EB*6 says, the times `without` it.

    A time without it (in prison, not lawfully present) that is over ends nothing; one that is not
    over ends it on the day before. `active` are the times with it, `on` is the asked day.
    """
    ended = None
    is_held = any(holds(first, last, on) for first, last in active) if on is not None else False
    for first, last in without:
        if on is None or last is None:
            ended = last or first or ended
        elif is_held and first is not None and first <= on <= last:
            last_day = first - timedelta(days=1)
        elif not (is_held and last < on):
            ended = last
    return last_day or ended


def holds(first: date | None, last: date | None, on: date | None) -> bool:
    """Return whether a time holds on a day; None: no such day is known."""
    if first is None or on is None:
        return first is not None and last is None
    return first <= on and (last is None or on <= last)
