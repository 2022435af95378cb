"""The level of decision-making that a visit's note documents, stated by a named person where no interface carries it.

The clinician who signed the note says it, or a coder who names the note; nobody else's answer counts for a claim. Who
a clinician is follows from `npis` in `teams.yaml`. What is stated becomes evidence of the next night, of the
source `by_hand`; a level that the charge itself says comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from throughline import decisions
from throughline.decisions import Act, CorrectableError, NotAllowedError, Preview, Request
from throughline.exceptions.actions import STATE_LEVEL
from throughline.practice.permissions import may, npi_of
from throughline.vocabulary.words import DECISION_LEVEL
from throughline.warehouse import Connection

ABOUT, TAKE_BACK = "stated", "take_back_level"
MAY, CODER = "state_level", "code_notes"
LEVELS: Mapping[str, str] = DECISION_LEVEL.words


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


def _weigh_take_back(conn: Connection, request: Request) -> Preview:
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (request.about_id,))
    row = conn.execute(
        "select d.decided_by, exists (select from operations.decision as b where b.kind = %s"
        " and b.about_kind = %s and b.about_id = d.decision_id::text)"
        " from operations.decision as d where d.decision_id::text = %s and d.kind = %s",
        (TAKE_BACK, ABOUT, request.about_id, STATE_LEVEL),
    ).fetchone()
    if row is None:
        raise NotAllowedError("nobody stated a level under this number")
    if row[1]:
        raise NotAllowedError("it is taken back already")
    theirs = request.who == row[0] or may(request.who, CODER)
    return Preview(
        ("From the next night on it counts no more, and what rested on it is asked again.",),
        not_theirs=""
        if theirs
        else f"{request.who} did not state it: who did takes it back, or a coder",
    )


decisions.register(
    Act(
        TAKE_BACK,
        ABOUT,
        "take a stated level back",
        _weigh_take_back,
        needs_reason=True,
        permission=MAY,
    )
)
