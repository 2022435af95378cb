"""A document is what all its messages say: signed later, replaced, cancelled, in whatever order they come."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL
from tests.unit.throughline.sources.test_mdm import FEEDS, SIGNATURE, mdm, txa
from tests.warehouse.deliveries import Hand

DICTATED = mdm("T02", 0, txa(status="DI"))
# the signature comes alone, with neither the author nor the type
SIGNED = mdm("T03", 60, txa(f2="", f4="", f9="", f22=SIGNATURE))
REPLACED = mdm("T10", 90, txa("D2", f13="D1", f22=SIGNATURE))
CANCELLED = mdm("T11", 120, txa(f2="", f4="", f9=""))


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (folder / "sources").mkdir(parents=True)
    feeds = {feed: {"expected_by": "03:00"} for feed in FEEDS}
    own = {
        "mrn_authority": "LAKESIDE",
        "codes": {"document_reference.type_code": {"PN": "11506-3"}},
    }
    said = {**HOSPITAL, "feeds": feeds, "conventions": own}
    (folder / "sources" / "hospital.yaml").write_text(yaml.safe_dump(said))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))


def send(hand: Hand, *messages: str) -> None:
    text = "".join(messages).encode()
    hand.take_in("document_reference", text, source="hospital", suffix="hl7")


def standing(hand: Hand) -> set[tuple[Any, ...]]:
    return set(
        hand.rows(
            "select source_id, status, doc_status, type_code, author_id, authenticator_id"
            " from core.document_reference where retracted_seq is null"
        )
    )


def test_a_note_is_signed_replaced_and_cancelled(hand: Hand) -> None:
    send(hand, DICTATED)
    assert standing(hand) == {("D1", "current", "preliminary", "11506-3", "D7", None)}
    assert hand.facts("document_reference") == []
    hand.new_night()
    send(hand, SIGNED)
    assert standing(hand) == {("D1", "current", "final", "11506-3", "D7", "D7")}
    assert [row[:4] for row in hand.facts("document_reference")] == [
        ("document_reference/D1", "note", "11506-3", "2026-03-08")
    ]
    hand.new_night()
    send(hand, REPLACED)
    # what was replaced stays signed
    assert {row[:3] for row in standing(hand)} == {
        ("D1", "superseded", "final"),
        ("D2", "current", "final"),
    }
    assert len([row for row in hand.facts("document_reference") if row[6] is None]) == 2
    hand.new_night()
    send(hand, CANCELLED)
    assert [row[0] for row in hand.facts("document_reference") if row[6] is None] == [
        "document_reference/D2"
    ]
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]


@pytest.mark.nights
def test_in_every_order_it_comes_to_the_same(hand: Hand) -> None:
    messages = (DICTATED, SIGNED, REPLACED, CANCELLED)
    for number, order in enumerate(itertools.permutations(messages)):
        for message in order:
            send(hand, message.replace("|D1|", f"|A{number}|").replace("|D2|", f"|B{number}|"))
            hand.new_night()
    assert {row[1:] for row in standing(hand) if row[0].startswith("A")} == {
        ("entered-in-error", "final", "11506-3", "D7", "D7")
    }
