"""What an exception says in words: what, since when, why, what was tried, what may be done, by when, how much.

The words follow from a row of `sql/told/exceptions.sql`, which holds no patient data, and from the lists of the
vocabulary. Pages show them, and `make exceptions` prints them:
`python -m throughline.told.exceptions`, with the warehouse's address in the environment variable `THROUGHLINE_DSN`.
"""

from __future__ import annotations

import re
import string
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from throughline.exceptions.choices import Choice, choices
from throughline.exceptions.resolve import SHORTEST
from throughline.exceptions.titles import title
from throughline.practice import practice
from throughline.programs.commands import as_here, in_clone
from throughline.quality.contents import releasable
from throughline.told import text, words
from throughline.told.exceptions.late import late
from throughline.told.exceptions.places import places
from throughline.vocabulary import words as vocabulary
from throughline.vocabulary.counts import cents
from throughline.warehouse import Connection, sql

WHY = vocabulary.EXCEPTION_REASON.words
OUTCOMES = vocabulary.CONTACT_OUTCOME.words

DETAILS: Mapping[str, tuple[str, ...]] = {
    "chain_differs": ("It was found that {differs}",),
    "charge_check": (
        "The charge says {charged}, the documentation supports {expected}",
        "The claim was refused in the batch {refused_batch}",
    ),
    "claim_denied": ("Denied are {denied}, and {balance} is open", "By line: {lines}"),
    "claim_invalid": (
        "The validator says: {validator}",
        "Nobody can attest it: {why}",
        "In detail: {untold}",
    ),
    "claim_rejected": ("Claim {patient_control_number}, status {code}",),
    "claim_unanswered": ("Claim {about}, payer {payer_id}; an answer was due on {due_on}",),
    "claim_without_person": ("Claim {about}, sent by {submitter} to {payer_id}",),
    "code_not_mapped": (
        "{records:record|records} of {source} with {about}",
        "{cases:open case rests|open cases rest} on it",
        "{openings:discharge opens|discharges open} no case because of it",
    ),
    "disposition_not_stated": (
        "{source} says that the patient was discharged on {day}, and not where to",
        "No case is open, and nobody is asked to call, until the chart or a named person says it",
    ),
    "sources_disagree": (
        "{source} and {other} tell of one {record} on {day}, and differ in its {differs}",
        "Until they agree, the newer statement of the chart counts, else the newer one",
    ),
    "facts_silent": (
        "{about}: the last one came on {last_day}, {silent_days:day|days} ago; the longest gap before was"
        " {longest_gap_days:day|days}",
    ),
    "file_refused": (
        "The file is {file} ({why}); it is read again on the night after its source's definition is corrected",
        "{cases:open case rests|open cases rest} on it",
    ),
    "file_rejected": (
        "File {interchange} to {target}: {code} in its TA1 or 999",
        "Payer {payer_id}",
    ),
    "file_unanswered": ("File {interchange} to {target}; an answer was due on {due_on}",),
    "impossible_date": (
        "{dated} is dated {service_on}, {contradicts}",
        "The patient died on {died_on}",
        "The patient had died by {died_by}; the day is not known",
        "There is no claim until the system that says so corrects the date, the death or the patient; if the visit was"
        " none, close the case",
    ),
    "level_not_stated": (
        "The visit's note is signed; no record says which level of medical decision-making it documents",
        "The clinician who signed it says so, or a coder who names the note; nobody else's answer counts",
    ),
    "reconciliation_not_stated": (
        "The visit's note is signed; no record says when the medicines were reconciled after the discharge",
        "Whoever knows it from the chart says on which day, or that they were not",
    ),
    "missing_billing_data": ("Missing: {missing}",),
    "missing_coverage": ("Missing: {missing}",),
    "missing_diagnosis": ("Missing: {missing}",),
    "missing_practitioner": ("Missing: {missing}",),
    "new_code": ("The code is {about}", "{codes:code of the field is|codes of the field are} new"),
    "no_receiver": ("The work is: {effect}",),
    "not_in_receiver": ("The work is: {effect}",),
    "one_status": ("The field is {about}, in {rows:row|rows}",),
    "patient_balance": ("{balance} is open", "By line: {lines}"),
    "payment_overdue": ("{balance} is open",),
    "persons_not_reached": (
        "{persons:person of {about} was|persons of {about} were} left out",
        "{cases:open case rests|open cases rest} on them",
    ),
    "provider_adjustment": ("Payment {about}, payer {payer_id}: {adjustments}",),
    "rows_set_aside": (
        "{rows:row|rows} of {source}/{feed} of {business_date}: {reasons}",
        "{cases:open case rests|open cases rest} on them",
    ),
    "stay_not_ended": (
        "{source} has had the patient of {about} in a facility since {since} ({kind});"
        " {cases:open case waits|open cases wait}",
    ),
    "transmission_rejected": ("{kind} to {target}, attempt {attempt}: {why}",),
    "uncertain_transmission": ("{kind} to {target}, attempt {attempt}: {why}",),
    "unmatched_acknowledgement": ("It names {about}",),
    "unmatched_remittance": ("Claim {about}, payer {payer_id}, payment {check}",),
    "workflow_switched_off": (
        "{about} opens no more cases; {cases} of its cases are open, and go on until somebody decides",
    ),
    "workflow_silent": (
        "{about}: the last case opened on {last_day}, {silent_days:day|days} ago; the longest gap before was"
        " {longest_gap_days:day|days}",
    ),
}
"""What else is known, by reason: each sentence is told if everything that it names is known."""
CONTRADICTS = {
    "after_death": "after the patient's death",
    "before_birth": "before the patient was born",
    "in_future": "which is still to come",
}
"""Why a visit or charge cannot have been on its day (`cases.impossible_day`)."""
MONEY = frozenset({"balance", "denied"})


class _Sentences(string.Formatter):
    """Fills in sentences: `{rows:row|rows}` is `1 row` or `2 rows`."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, _, many = format_spec.partition("|")
        return f"{value} {one if value == '1' else many}" if many else str(value)


SENTENCES = _Sentences()
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id of our own: nobody reads more of it than its first characters, which name the thing everywhere."""


@dataclass(frozen=True)
class Stuck:
    """One exception, as `sql/told/exceptions.sql` gives it. Amounts are US dollars, times are UTC.

    `decided` is the act that waits for the next night, with who decided it and when. `tasks` are ours for
    the stage, `attempts` the calls that a system of record has since the case began.
    """

    exception_id: str
    reason: str
    title: str | None
    about_kind: str
    about_id: str
    owner_team: str
    owner: str | None
    opened_at: datetime
    due_at: datetime
    status: str
    resolution: str | None
    amount: Decimal | None
    detail: Mapping[str, Any]
    person_id: str | None
    case_id: str | None
    workflow: str | None
    workflow_title: str | None
    stage: str | None
    trigger_on: date | None
    clock_ends_at: datetime | None
    tasks: int
    last_task_at: datetime | None
    last_reason: str | None
    attempts: int
    last_attempt_at: datetime | None
    last_outcome: str | None
    decided: str | None
    decided_by: str | None
    decided_at: datetime | None
    decided_owner: str | None
    file_name: str | None
    adjustments: str | None
    lines: str | None = None

    @property
    def number(self) -> str:
        """The first characters of its id, which name it everywhere."""
        return self.exception_id[:SHORTEST]

    @property
    def case_number(self) -> str | None:
        """The first characters of its case's id."""
        return self.case_id[:SHORTEST] if self.case_id else None


def rows(conn: Connection, ids: Sequence[str]) -> list[Stuck]:
    """Return the exceptions with these ids, in their order; unknown ids are left out."""
    found = sql.run(conn, "told/exceptions.sql", ids=list(ids)).rows
    return [Stuck(*row) for row in found]


def name(stuck: Stuck) -> str:
    """Return what is wrong in a few words: `Deadline missed`."""
    return stuck.title or words.title(stuck.reason)


def subject(stuck: Stuck) -> str:
    """Return what stands still: `stage contacted of transitional care`; of no case, the thing itself."""
    if stuck.case_id:
        stage = f"stage {words.plain(stuck.stage)} of " if stuck.stage else ""
        return f"{stage}{_lower(stuck.workflow_title or '')}"
    about = stuck.file_name or stuck.about_id
    if UUID.fullmatch(about):
        about = about[:8]
    kind = words.plain(stuck.about_kind)
    # of some kinds the number says what it is of: `discharge 0cc175b9`
    return about if about.startswith(f"{kind} ") else f"{kind} {about}"


def why(stuck: Stuck, zone: str) -> str:
    """Return why it needs a person, in sentences."""
    said = [WHY.get(stuck.reason, name(stuck))]
    if stuck.clock_ends_at and stuck.reason in ("missed_clock", "unsigned_note", "verify_by_hand"):
        said.append(f"The clock of the stage ended on {words.due(stuck.clock_ends_at, zone)}")
    known = _known(stuck)
    for sentence in DETAILS.get(stuck.reason, ()):
        needs = {field for _, field, _, _ in string.Formatter().parse(sentence) if field}
        if needs <= known.keys():
            said.append(SENTENCES.format(sentence, **known))
    return ". ".join(each[:1].upper() + each[1:] for each in said) + "."


def _known(stuck: Stuck) -> dict[str, str]:
    known = {
        key: _shown(key, value)
        for key, value in stuck.detail.items()
        if value not in (None, "", [], {}) and not isinstance(value, dict)
    }
    known["about"] = words.plain(stuck.about_id) if "/" not in stuck.about_id else stuck.about_id
    if "contradicts" in known:
        known["contradicts"] = CONTRADICTS.get(known["contradicts"], known["contradicts"])
        known["dated"] = " of ".join(
            part
            for part in (
                "The charge" if known.get("what") == "charge" else "",
                "visit " + known.get("visit", ""),
            )
            if part
        )
    if stuck.reason == "unmatched_acknowledgement" and stuck.about_kind == "claim":
        known["about"] = f"claim {stuck.about_id}"
    if stuck.file_name:
        known["file"] = stuck.file_name
    if stuck.adjustments:
        known["adjustments"] = stuck.adjustments
    if stuck.lines:
        known["lines"] = stuck.lines
    if refused := stuck.detail.get("refused_batch"):
        known["refused_batch"] = str(refused)[:SHORTEST]
    return known


def _shown(key: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(words.plain(str(one)) for one in value if not isinstance(one, dict))
    if key in MONEY:
        return cents(Decimal(str(value)))
    if key == "expected" and value == "ordinary":
        return "the code of an ordinary visit"
    if isinstance(value, int):
        return f"{value:,}"
    return words.plain(str(value)) if key in ("why", "effect", "kind", "expected") else str(value)


def money(stuck: Stuck) -> str:
    """Return the money at stake, empty if none is known."""
    return "" if stuck.amount is None else cents(stuck.amount)


def since(stuck: Stuck, zone: str) -> str:
    """Return since when it stands still: `since 2026-09-04`."""
    return f"since {_day(stuck.opened_at, zone)}"


def _day(moment: datetime, zone: str) -> str:
    """Return the day of a moment as it stands everywhere in an exception: `2026-09-04`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def tried(stuck: Stuck, zone: str) -> str:
    """Return what was tried for the stage; empty where there is no case."""
    if not stuck.case_id:
        return ""
    said = []
    if stuck.attempts and stuck.last_attempt_at:
        last = _day(stuck.last_attempt_at, zone)
        outcome = OUTCOMES.get(stuck.last_outcome or "", "")
        said.append(
            f"{words.count(stuck.attempts, 'call')} since the case began, the last on {last}"
            + (f": {_lower(outcome)}" if outcome else "")
            + late(stuck.last_outcome, stuck.last_attempt_at, stuck.clock_ends_at, zone)
        )
    if stuck.tasks and stuck.last_task_at:
        last = _day(stuck.last_task_at, zone)
        ended = OUTCOMES.get(stuck.last_reason or "") or words.plain(stuck.last_reason or "")
        said.append(
            f"{words.count(stuck.tasks, 'task')} of ours for this stage, the last on {last}"
            + (f" ({_lower(ended)})" if ended and not stuck.attempts else "")
        )
    return "; ".join(said) if said else "nothing yet for this stage"


def decided(stuck: Stuck, zone: str) -> str:
    """Return the decision that waits for the next night; empty if there is none."""
    if not stuck.decided or not stuck.decided_at:
        return ""
    act = act_title(stuck, stuck.decided)
    if stuck.decided == "assign" and stuck.decided_owner:
        act = f"{act} to {words.plain(stuck.decided_owner)}"
    at = stuck.decided_at.astimezone(ZoneInfo(zone))
    return f"{act}: decided by {stuck.decided_by} on {at:%Y-%m-%d %H:%M}, counts from tonight"


def act_title(stuck: Stuck, act: str) -> str:
    """Return what an act about an exception is called, as on its button."""
    of_rows = stuck.reason == "rows_set_aside" and act in ("release", "reject")
    kind = "set_aside" if of_rows else "claim_batch" if act == "refuse" else "exception"
    return title(act, kind, stuck.reason)


def may_be_done(stuck: Stuck) -> list[Choice]:
    """Return the acts that fit it, each with what it will do; none while a decision waits."""
    if stuck.status != "open" or (stuck.decided and stuck.decided != "assign"):
        return []
    found = choices(stuck.reason, stuck.detail, in_case=stuck.about_kind == "case")
    feed, reasons = (stuck.detail.get(key) for key in ("feed", "reasons"))
    if not feed or not reasons or {*reasons} & {*releasable(feed)}:
        return found
    return [choice for choice in found if choice.act != "release"]


def _lower(said: str) -> str:
    """Return a text that goes on a sentence; what is not a plain word keeps its capitals."""
    first = said.split(" ", 1)[0]
    return said if first.isupper() or not first.isalpha() else said[:1].lower() + said[1:]


def tell(conn: Connection) -> str:
    """Return all open exceptions in words, those that are due first. No patient data."""
    zone = practice().time_zone
    ids = conn.execute(
        "select exception_id::text from operations.exception where status = 'open'"
        " order by due_at, owner_team, reason, exception_id"
    ).fetchall()
    if not ids:
        return "No exception is open."
    told = [_told(conn, stuck, zone) for stuck in rows(conn, [row[0] for row in ids])]
    told.append(
        as_here(
            "To decide: make resolve ID=<number> BY=<your login> ACTION=<act> NOTE=<why>\n"
            "Rows of a delivery, and files: make decide ID=<number> BY=<your login> ACTION=<act> NOTE=<why>\n"
            "A batch of claims: make claims BATCH=<number> BY=<your login> ACTION=refuse NOTE=<why>\n"
        )
        + in_clone(
            "BY= is a login of the sandbox; anywhere else, LOGIN=ask asks for yours of Airflow.",
            "--login asks for your user of Airflow and its password; --login FILE takes them from a file.",
        )
    )
    return "\n\n".join(told)


def _told(conn: Connection, stuck: Stuck, zone: str) -> str:
    owner = words.plain(stuck.owner or stuck.owner_team)
    head = f"{stuck.number}  {name(stuck)}: {subject(stuck)}"
    if stuck.case_number:
        head += f", case {stuck.case_number}"
    facts = [f"{owner}, by {words.due(stuck.due_at, zone)}", since(stuck, zone), money(stuck)]
    lines = ["; ".join(fact for fact in facts if fact), why(stuck, zone)]
    if where := places(conn, stuck.reason, stuck.exception_id):
        lines.append(f"Where: {where}.")
    if said := tried(stuck, zone):
        lines.append(f"Tried: {said}.")
    if said := decided(stuck, zone):
        lines.append(f"Decided: {said}.")
    if acts := [choice.act for choice in may_be_done(stuck)]:
        lines.append(f"May be done: {', '.join(acts)}.")
    body = "\n".join(
        textwrap.fill(line, text.WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10)
        for line in lines
    )
    return f"{head}\n{body}"
