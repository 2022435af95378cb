"""The wording of a batch's list: what a person reads of each claim before attesting it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from throughline.exceptions.titles import title
from throughline.tasks.listed import SHORT, Listed
from throughline.vocabulary.facts import FACT_KIND

FREQUENCY = {"1": "original claim", "7": "replaces an earlier claim", "8": "voids an earlier claim"}
"""What CLM05-3 says."""

STATES = {
    "complete": "proven",
    "waived": "passed over",
    "failed": "cannot be proven",
    "missed": "missed",
    "unknown": "not known",
    "pending": "not proven",
}
"""How a stage before the claim stands."""


def plain(name: str) -> str:
    """Return a name from the code as plain text: `transitional_care` → `transitional care`."""
    return name.replace("_", " ")


def count(number: object, one: str) -> str:
    """Return a number with its noun: `1 claim`, `2 claims`."""
    return f"{number} {one}" if str(number) == "1" else f"{number} {one}s"


def day(moment: datetime, time_zone: str) -> str:
    """Return the day of a deadline in a time zone; the end of a day is the midnight after it."""
    return str((moment.astimezone(ZoneInfo(time_zone)) - timedelta(seconds=1)).date())


def name(who: dict[str, Any]) -> str:
    """Return a person's name as the file says it: `DOE, JANE`."""
    return ", ".join(part for part in (who.get("family"), who.get("given")) if part)


def patient(claim: dict[str, Any]) -> str:
    """Return whose claim it is: name, birth date, member number and record number."""
    who = claim["patient"]
    record = f", record {who['record']}" if who.get("record") else ""
    return f"{name(who)}, born {who['birth_date']}, member {who['member']}{record}"


def address(claim: dict[str, Any]) -> str:
    """Return where the patient lives, as the file says it."""
    who = claim["patient"]
    return f"{who['address']}, {who['city']} {who['state']} {who['postal_code']}"


def practitioner(claim: dict[str, Any]) -> str:
    """Return who rendered the service: name and NPI."""
    return f"{name(claim['practitioner'])} (NPI {claim['practitioner']['npi']})"


def place(claim: dict[str, Any]) -> str:
    """Return where: the code of the place of service, and the place's name."""
    where = claim["place"]
    return " ".join(part for part in (where["code"], where["name"]) if part)


def code(line: dict[str, Any]) -> str:
    """Return a service line's code with its modifiers: `99214-25`."""
    return "-".join([line["code"], *line["modifiers"]])


def kind(claim: dict[str, Any]) -> str:
    """Return whether it is an original claim, a replacement or a void."""
    return FREQUENCY.get(claim["frequency"], f"frequency {claim['frequency']}")


def expects(case: dict[str, Any]) -> str:
    """Return what a case expects of the code."""
    if case["do_not_bill"]:
        return f"supports no claim: {reason(case['do_not_bill'])}"
    if not case["expects"]:
        return "names no code"
    if case["expects"] == "ordinary":
        return "expects the code of an ordinary visit"
    return f"expects {case['expects']}"


def proof(one: dict[str, Any]) -> str:
    """Return what proves a stage: kind and code of the fact, its date and source, and until when it was due."""
    stage = "began" if one["stage"] is None else plain(one["stage"])
    if one["kind"] is None:
        why = f": {plain(one['reason'])}" if one["reason"] else ""
        said = f"{STATES.get(one['state'], plain(one['state']))}{why}"
    else:
        fact = FACT_KIND.words.get(one["kind"], plain(one["kind"])).lower()
        of = f" ({plain(one['code'])})" if one["code"] else ""
        state = (
            ""
            if one["state"] in ("began", "complete")
            else f", {STATES.get(one['state'], one['state'])}"
        )
        said = f"{fact}{of} on {one['on']}, says {one['source']}{state}"
    due = f", due {one['due']}" if one["due"] else ""
    return f"{stage}: {said}{due}"


def reason(word: str) -> str:
    """Return a reason in words."""
    return plain(word)


def question(one: dict[str, Any]) -> str:
    """Return what was asked about a case."""
    return f"{reason(one['reason'])}, asked on {one['on']}, {one['status']}"


def decision(one: dict[str, Any]) -> str:
    """Return what a person decided about a case."""
    note = f': "{one["note"]}"' if one["note"] else ""
    return f"{title(one['act'], reason=one['about'])} ({reason(one['about'])}) by {one['who']} on {one['on']}{note}"


def head(listed: Listed) -> list[str]:
    """Return what the file is: sender, receiver, count, sum, and the digest that is attested."""
    file = listed.head
    return [
        f"Batch {str(listed.batch_id)[:SHORT]}, {listed.status}: {count(file['claims'], 'claim')} to"
        f" {file['payer']['name']} ({file['payer']['id']}), {file['charge']} US dollars",
        f"Billing provider {file['billing']['name']} (NPI {file['billing']['npi']},"
        f" tax id {file['billing']['tax_id']})",
        f"Interchange {file['interchange']} to {file['receiver']}",
        f"SHA-256 of file and list {listed.digest}",
    ]


def claim(number: int, one: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one claim."""
    yield f"{number}. {patient(one)}"
    yield f"   {address(one)}"
    yield f"   {', '.join(one['service_on'])} at {place(one)}, by {practitioner(one)}"
    for line in one["lines"]:
        on = "" if one["service_on"] == [line["service_on"]] else f" on {line['service_on']}"
        yield (
            f"   {code(line)}, {count(line['units'], 'unit')}, {line['charge']}"
            f" for {', '.join(line['diagnoses']) or 'no diagnosis'}{on}"
        )
    yield f"   Charge {one['charge']}; diagnoses {', '.join(one['diagnoses'])}; claim {one['number']}, {kind(one)}"
    for case in one["cases"]:
        yield f"   Case {case['case']} ({plain(case['workflow'])}, since {case['began']}) {expects(case)}"
        for what, said in (("proofs", proof), ("asked", question), ("decided", decision)):
            for each in case[what]:
                yield f"   - {said(each)}"


def text(listed: Listed) -> str:
    """Return the whole list as text; what could steer a terminal is shown as a blank."""
    lines = head(listed)
    for number, one in enumerate(listed.claims, start=1):
        lines += ["", *claim(number, one)]
    return "\n".join(
        "".join(sign if sign.isprintable() else " " for sign in line) for line in lines
    )
