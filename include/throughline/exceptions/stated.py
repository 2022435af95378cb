"""What a named person states where no interface carries it, and how it is taken back.

The level of decision-making that a visit's note documents: the clinician who signed the note says it, or a coder who
names the note; nobody else's answer counts for a claim. Who a clinician is follows from `npis` in `teams.yaml`. A level
that the charge itself says comes first.

On which day the medicines were reconciled after a discharge, or that they were not: whoever may state it. Transitional
care needs it no later than the day of the visit (CMS MLN908628, as quoted; the list of what the record must hold at the
least, of First Coast Service Options, read on 2026-11-30, does not name it: a chart may hold it in words alone. So a
record that lacks it holds the claim and is asked about; it proves nothing).

Where a patient went at discharge, where the record does not say it (`throughline.exceptions.resolve`).

What is stated becomes evidence of the next night, of the source `by_hand`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from throughline import decisions
from throughline.decisions import Act, CorrectableError, Preview, Request, back
from throughline.exceptions.actions import STATE, STATE_LEVEL, STATE_RECONCILIATION
from throughline.practice.permissions import may, npi_of
from throughline.vocabulary.words import DECISION_LEVEL
from throughline.warehouse import Connection

ABOUT, CODER, CORRECTS = "stated", "code_notes", "correct_statements"
LEVELS: Mapping[str, str] = DECISION_LEVEL.words
NEVER = "never"
"""Said instead of a day: the medicines were not reconciled."""


@dataclass(frozen=True)
class Statement:
    """A kind of thing that is stated. `act` states it and `take_back` takes it back.

    `may` is the permission for both of one's own, `others` what it takes besides to take back what somebody else
    stated. `what` names it, with its article.
    """

    act: str
    take_back: str
    may: str
    others: str
    what: str

    def is_theirs(self, who: str, by: str) -> bool:
        """Return whether a person may take back what another, or the same, has stated."""
        return who == by or may(who, self.others)


STATEMENTS = (
    Statement(STATE_LEVEL, "take_back_level", "state_level", CODER, "a level"),
    Statement(
        STATE_RECONCILIATION, "take_back_reconciliation", "state_reconciliation", CORRECTS, "a reconciliation"
    ),
    Statement(STATE, "take_back_disposition", "resolve_exceptions", CORRECTS, "a disposition"),
)  # fmt: skip
"""Everything that a person may state on an exception and take back."""


class CannotBeStatedError(CorrectableError):
    """The answer lacks something, or names no signed note of the visit."""


@dataclass(frozen=True)
class Note:
    """A signed note of a case's visit. `npi` is the signer's, None if it is not known."""

    source: str
    note: str
    document: str
    signed_at: datetime
    npi: str | None

    @property
    def name(self) -> str:
        """What names it among those of all systems: `ehr/17`."""
        return f"{self.source}/{self.document}"


def notes(conn: Connection, case_id: object) -> list[Note]:
    """Return the signed notes of the visit of a case, the newest first."""
    return [
        Note(*row)
        for row in conn.execute(
            "select source, note, document, signed_at, signer_npi from cases.signed_note"
            " where case_id::text = %s order by signed_at desc, source, note",
            (str(case_id),),
        )
    ]


def level_of(conn: Connection, request: Request, case_id: object) -> tuple[dict[str, object], str]:
    """Return what a statement of a level keeps, and why it is not this person's to make; empty if it is.

    Raises `CannotBeStatedError` for a level that is none, and for a note that is no signed one of the visit.
    """
    level = request.said.get("level")
    if level not in LEVELS:
        raise CannotBeStatedError(f"{STATE_LEVEL} needs a level, one of {', '.join(LEVELS)}")
    found = notes(conn, case_id)
    npi = npi_of(request.who)
    own = [note for note in found if npi is not None and note.npi == npi]
    is_coder = may(request.who, CODER)
    named = str(request.said.get("document") or "").strip()
    if not own and not is_coder:
        return {}, (
            f"{request.who} signed no note of this visit: who signed it says its level, or a coder who names it"
        )
    fitting = [note for note in found if named in (note.document, note.name)] if named else own
    if not fitting:
        raise CannotBeStatedError(
            "the visit has no signed note with this name"
            if named
            else "a coder names the signed note of the visit, as its system numbers it"
        )
    if len(fitting) > 1:
        raise CannotBeStatedError("several signed notes fit: name one, as source/number")
    (note,) = fitting
    if note not in own and not is_coder:
        return {}, f"{request.who} did not sign this note"
    return {
        "level": str(level),
        "note_source": note.source,
        "note": note.note,
        "said_as": "clinician" if note in own else "coder",
    }, ""


def reconciliation_of(conn: Connection, request: Request, case_id: object) -> dict[str, object]:
    """Return what a statement about the medicines keeps: the day or `never`, and of whose discharge.

    Raises `CannotBeStatedError` for what is no day, for one that is to come, and for one before what began the case.
    """
    said = str(request.said.get("done_on") or "").strip()
    row = conn.execute(
        "select trigger_ref, trigger_fact_id, person_id, trigger_on, cases.local_day(clock_timestamp())"
        " from cases.case_record where case_id = %s",
        (case_id,),
    ).fetchone()
    if row is None:
        raise CannotBeStatedError("it is about no case")
    trigger_ref, trigger_fact_id, person_id, trigger_on, today = row
    if said != NEVER:
        try:
            day = date.fromisoformat(said)
        except ValueError:
            raise CannotBeStatedError(
                f"{STATE_RECONCILIATION} needs the day on which it was done, as 2026-07-06, or {NEVER}"
            ) from None
        if day > today:
            raise CannotBeStatedError("the day on which it was done is to come")
        if day < trigger_on:
            raise CannotBeStatedError(
                "the day on which it was done lies before what began the case"
            )
        said = day.isoformat()
    npi = npi_of(request.who)
    signed = npi is not None and any(note.npi == npi for note in notes(conn, case_id))
    return {
        "done_on": said,
        "said_as": "clinician" if signed else "staff",
        # whom it is about: evidence reads no case
        "trigger": trigger_ref,
        "trigger_fact_id": str(trigger_fact_id) if trigger_fact_id else None,
        "person_id": str(person_id),
    }


def told_day(done_on: object) -> str:
    """Return a stated day in words, as the sentence needs it that says what follows."""
    return "not done" if done_on == NEVER else f"done on {done_on}"


def _weigh_take_back(conn: Connection, request: Request) -> Preview:
    of = next(one for one in STATEMENTS if one.take_back == request.act)
    by = back.whose(conn, request, of.act, f"nobody stated {of.what} under this number")
    theirs = of.is_theirs(request.who, by)
    other = "a coder" if of.others == CODER else f"who may {of.others}"
    return Preview(
        ("From the next night on it counts no more, and what rested on it is asked again.",),
        not_theirs=""
        if theirs
        else f"{request.who} did not state it: who did takes it back, or {other}",
    )


for _one in STATEMENTS:
    decisions.register(
        Act(
            _one.take_back,
            ABOUT,
            f"take {_one.what} back that was stated",
            _weigh_take_back,
            needs_reason=True,
            permission=_one.may,
        )
    )
