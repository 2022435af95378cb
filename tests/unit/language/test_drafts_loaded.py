"""The workflows of `tests/workflows` and our own drafts: none is refused, and what no feed brings is told."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tests.unit.language import drafts
from throughline.vocabulary import OURS, Layers, schemas, vocabulary
from throughline.vocabulary.documents import read
from throughline.vocabulary.language import KINDS
from throughline.vocabulary.value_sets import read_files
from throughline.workflows.language.expanded import Workflow
from throughline.workflows.language.known import Known
from throughline.workflows.language.loading import examine

NAMES = drafts.names()
LACKING = {
    "abnormal_result_followup": {"acknowledgement"},
    "chronic_care_management": {"care_plan", "document_sent", "care_time"},
    "denied_claim_rework": {"denial_review"},
    "positive_stool_test_followup": {"document"},
    "referral_loop": {"acknowledgement"},
    "remote_monitoring_days": {"device_use"},
    "remote_monitoring_minutes": {"care_time"},
}
"""The kinds without which a case can never open, or a stage never be proven, by workflow."""


@cache
def known() -> Known:
    """Return what these files may name, as if some feed brought everything."""
    folder = Layers(OURS, drafts.FOLDER)
    read_in = read_files(sorted((drafts.FOLDER / "value_sets").glob("*.json")))
    sets = {name: (one.sha256, one.codes) for name, one in read_in.items()}
    return Known(
        vocabulary(folder),
        drafts.words("standard_stages"),
        drafts.words("standing_rules"),
        None,
        sets,
        drafts.words("calendars")["seasons"],
        frozenset(drafts.words("payer_rules")),
    )


@cache
def others() -> tuple[Workflow, ...]:
    return tuple(examine(drafts.file(name), known()).workflow for name in NAMES)


def problems(name: str, words: Known) -> tuple[str, ...]:
    return examine(drafts.file(name), words, others()).problems


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_it(name: str) -> None:
    assert problems(name, known()) == ()


@pytest.mark.parametrize("name", NAMES)
def test_what_no_feed_brings_is_told(name: str) -> None:
    carried = frozenset(kind for kind, told in KINDS.items() if told.carried)
    found = problems(name, replace(known(), carried=carried))
    lacking = {
        kind
        for each in found
        for kind in each.partition("none brings ")[2].partition(";")[0].split(", ")
    }
    assert lacking == LACKING.get(name, set())


@pytest.mark.parametrize("name", ["vocabulary", "calendars"])
def test_the_practices_own_words_are_written_as_a_practice_writes_them(name: str) -> None:
    document = read(drafts.FOLDER / f"{name}.yaml")
    assert list(schemas.problems(document, name, vocabulary(Layers(OURS, drafts.FOLDER)))) == []


def test_a_meaning_that_lacks_one_of_its_feeds_proves_nothing() -> None:
    carried = frozenset(kind for kind, told in KINDS.items() if told.carried) - {"remittance"}
    (found,) = problems("charge_capture", replace(known(), carried=carried))
    assert "can prove settled: none brings remittance" in found
