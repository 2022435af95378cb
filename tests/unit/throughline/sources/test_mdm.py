"""MDM messages: what each says of a document: its signature, its addenda, what replaced it, and that it is gone."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.throughline.sources.adt import HOSPITAL, adt, pid, pv1
from throughline.sources.definitions import SourceDefinition, SourceDefinitionError, parse
from throughline.sources.hl7v2 import rows
from throughline.sources.hl7v2.standard import STANDARD
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow

FEEDS = ("document_reference", "patient")


def notes(**conventions: Any) -> SourceDefinition:
    """A system that sends notes."""
    own = {"document_reference.type_code": {"PN": "11506-3"}}
    return parse(
        {
            **HOSPITAL,
            "feeds": {feed: {"expected_by": "03:00"} for feed in FEEDS},
            "conventions": {**HOSPITAL["conventions"], "codes": own, **conventions},
        },
        "hospital.yaml",
    )


def txa(number: str = "D1", status: str = "AU", **fields: str) -> str:
    """A TXA; `fields` by number."""
    values = {2: "PN", 4: "202603081400", 9: "D7^Author^A", 12: number, 17: status}
    values |= {int(name[1:]): value for name, value in fields.items()}
    return "TXA|" + "|".join(values.get(n, "1" if n == 1 else "") for n in range(1, 24)).rstrip("|")


def mdm(event: str, minute: int, *segments: str) -> str:
    """A message about a document."""
    return adt(event, minute, pid(), pv1("V9", "O"), *segments).replace("||ADT^", "||MDM^", 1)


def read(
    text: str, feed: str = "document_reference", **conventions: Any
) -> list[StagedRow | Fault]:
    return list(rows.rows(io.BytesIO(text.encode()), "f.hl7", notes(**conventions), feed, FEEDS))


def documents(text: str, **conventions: Any) -> dict[str, dict[str, Any]]:
    """What a message says, by document."""
    found = {}
    for row in read(text, **conventions):
        assert isinstance(row, StagedRow), row
        assert row.values is not None
        said = json.loads(str(row.values[-1]))
        found[row.source_id] = {name: each["x"] for name, each in said.items()}
    return found


def reason(text: str) -> str:
    [found] = read(text)
    assert isinstance(found, Fault), found
    return found.reason


SIGNATURE = "D7^Author^A" + "^" * 12 + "202603081800"


def test_a_signed_note() -> None:
    [row] = read(mdm("T02", 0, txa(f22=SIGNATURE)))
    assert isinstance(row, StagedRow)
    assert row.subject_id == "MRN000001"
    [said] = documents(mdm("T02", 0, txa(f22=SIGNATURE))).values()
    assert (said["status"], said["doc_status"], said["type_code"]) == (
        "current",
        "final",
        "11506-3",
    )
    assert (said["author_id"], said["authenticator_id"]) == ("D7", "D7")
    assert said["authenticated_at"] == datetime(2026, 3, 8, 22, tzinfo=UTC).isoformat()
    assert (said["encounter_id"], said["visit_number"]) == ("V9", "V9")
    # who wrote it is a person as well
    assert len(read(mdm("T02", 0, txa()), "patient")) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("LA", "final"), ("DI", "preliminary"), ("DO", "preliminary"), ("IN", "preliminary"), ("CA", "entered-in-error")],
)  # fmt: skip
def test_completion(code: str, status: str) -> None:
    assert documents(mdm("T01", 0, txa(status=code)))["D1"]["doc_status"] == status


def test_of_several_signatures_the_last_one() -> None:
    resident = "R1^Resident^B" + "^" * 12 + "202603081500"
    assert (
        documents(mdm("T02", 0, txa(f22=f"{SIGNATURE}~{resident}")))["D1"]["authenticator_id"]
        == "D7"
    )
    unsigned = mdm("T02", 0, txa(f10="D8^Assigned^C"))
    assert "authenticator_id" not in documents(unsigned)["D1"]
    told = documents(unsigned, assigned_authenticator_signs=True)
    assert told["D1"]["authenticator_id"] == "D8"
    draft = mdm("T02", 0, txa(status="DI", f10="D8^Assigned^C"))
    assert "authenticator_id" not in documents(draft, assigned_authenticator_signs=True)["D1"]


def test_what_becomes_of_a_document() -> None:
    assert documents(mdm("T11", 0, txa()))["D1"]["status"] == "entered-in-error"
    assert documents(mdm("T03", 0, txa(f19="CA")))["D1"]["status"] == "entered-in-error"
    assert documents(mdm("T03", 0, txa(f19="OB")))["D1"]["status"] == "superseded"
    # a change of the status of signing replaces no document
    assert "status" not in documents(mdm("T03", 0, txa(f19="AV")))["D1"]
    assert documents(mdm("T07", 0, txa()))["D1"]["doc_status"] == "amended"
    replaced = documents(mdm("T10", 0, txa("D2", f13="D1")))
    assert replaced["D1"]["status"] == "superseded"
    assert replaced["D2"]["status"] == "current"
    # an addendum stands beside what it is added to
    assert set(documents(mdm("T06", 0, txa("D2", f13="D1")))) == {"D2"}


def test_what_is_set_aside() -> None:
    assert reason(mdm("T02", 0, txa(""))) == "document_without_number"
    assert reason(mdm("T02", 0, txa(), txa("D2"))) == "several_documents"
    assert reason(mdm("T02", 0, txa(f4="2026"))) == "document_time_unreadable"
    assert reason(mdm("T12", 0, txa())) == "trigger_event_not_used_here"
    assert documents(mdm("T02", 0, txa("^^1.2.3")))["1.2.3"]["status"] == "current"


def test_a_source_of_notes_needs_patients() -> None:
    alone = {**HOSPITAL, "feeds": {"document_reference": {"expected_by": "03:00"}}}
    with pytest.raises(SourceDefinitionError, match="needs the feed patient beside it"):
        parse(alone, "hospital.yaml")


def test_the_profile_lists_what_mdm_holds() -> None:
    [held] = STANDARD.held(io.BytesIO(mdm("T02", 0, txa(f16="x.pdf")).encode()), "f.hl7", notes())
    assert held.kind == "MDM"
    assert held.elements["TXA-12"]
    assert not held.elements["TXA-16"]
    assert {c.path: c.meaning for c in held.codes}["TXA-17 completion"] == "final"


def test_broken_messages_become_rows_or_faults_and_nothing_else() -> None:
    letters = random.Random(9)
    whole = [
        mdm("T10", 0, txa("D2", f13="D1", f22=SIGNATURE)),
        mdm("T11", 0, txa()),
    ]
    for _ in range(300):
        text = list(letters.choice(whole))
        for _ in range(letters.randint(1, 12)):
            at = letters.randrange(4, len(text))
            if letters.random() < 0.5:
                text[at] = letters.choice('|^~\\&\r"0A\x00é')
            else:
                del text[at : at + letters.randint(1, 20)]
            if len(text) < 50:
                break
        for feed in FEEDS:
            assert all(isinstance(one, StagedRow | Fault) for one in read("".join(text), feed))
