"""The words of the language, held against what the SQL writes into facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from tests.model import world
from throughline.evidence import files
from throughline.sources.feeds import value_sets
from throughline.vocabulary.facts import FACT_KIND
from throughline.vocabulary.language import (
    ANCHORS,
    DETAILS,
    KINDS,
    MEANINGS,
    NOT_A_WORD,
    SLOTS,
    TIMES,
    anchors,
    lacking,
)
from throughline.warehouse import sql

COLUMN_OF_TIME = {
    "occurred": "occurred_at",
    "starts": "starts_at",
    "ends": "ends_at",
    "issued": "issued_at",
    "collected": "collected_at",
}
KEYED = {key: word for word, slot in SLOTS.items() for key in slot.keys}
DETAILED = {key: word for word, each in DETAILS.items() for key in each.keys or (word,)}
# One key that two tables write with different meanings.
OTHERWISE = {("remittance", "detail", "charge"): "charged", ("coverage", "detail", "order"): "rank"}
EVERY = (*KINDS.items(), *MEANINGS.items())
STATUS_IN_DETAIL = {"admission", "visit", "visit_open"}


class Written:
    """What the SQL writes into the facts of one kind: columns, and keys of identifiers and detail."""

    def __init__(self) -> None:
        self.columns: set[str] = set()
        self.keys: dict[str, set[str]] = {"identifiers": set(), "detail": set()}


def items(text: str) -> Iterator[str]:
    """Yield the parts of a list that commas divide, outside of brackets and quotes."""
    depth, part, quoted = 0, "", False
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0 and not quoted:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()


def columns_of(select: str) -> dict[str, str]:
    """Return the expressions of a select by the name that it gives them."""
    text = re.sub(r"--[^\n]*", "", select)
    listed = re.split(r"\nfrom\b", text.split("select", 1)[1], maxsplit=1)[0]
    inserted = re.search(r"insert into evidence\.fact \(([^)]*)\)", text)
    parts = list(items(re.sub(r"^\s*distinct on \([^)]*\)", "", listed)))
    if inserted:
        return dict(zip(items(inserted[1]), parts, strict=True))
    return {part.split()[-1].rsplit(".", 1)[-1]: part for part in parts}


def keys_of(expression: str) -> set[str]:
    """Return the keys of the objects that an expression builds."""
    found = set(re.findall(r'"(\w+)":', expression))
    for start in re.finditer(r"jsonb_build_object\(", expression):
        depth, end = 1, start.end()
        while depth:
            depth += (expression[end] == "(") - (expression[end] == ")")
            end += 1
        found |= {each.strip("'") for each in list(items(expression[start.end() : end - 1]))[::2]}
    return found


@cache
def written() -> dict[str, Written]:
    """Return what is written, by kind."""
    by_kind: defaultdict[str, Written] = defaultdict(Written)
    selects: list[tuple[frozenset[str], str]] = [
        (files.kinds(s), s) for table in files.tables() for s in files.selects(table)
    ]
    by_hand = [s for s in sql.statements("evidence/recorded.sql") if "insert into" in s]
    selects += [
        (frozenset({"attempt", "contact"} if "record_call" in s else {"decision"}), s)
        for s in by_hand
    ]
    for kinds, select in selects:
        columns = columns_of(select)
        assert kinds, select
        for kind in kinds:
            by_kind[kind].columns |= set(columns)
            for name, keys in by_kind[kind].keys.items():
                keys |= keys_of(columns.get(name, ""))
    return by_kind


def words(kind: str, where: str) -> set[str]:
    """Return the words for the keys that the SQL writes into one kind; each key has one."""
    found = set()
    for key in written()[kind].keys[where] - set(NOT_A_WORD) - {"status"}:
        word = OTHERWISE.get((kind, where, key)) or (
            KEYED.get(key) if where == "identifiers" or key in KEYED else DETAILED.get(key)
        )
        assert word, f"{kind}: {where} has {key}, which is no word"
        found.add(word)
    return found


def said(kind: str) -> set[str]:
    return words(kind, "identifiers") | words(kind, "detail")


def test_every_kind_of_fact_is_a_word_and_means_the_same() -> None:
    assert set(FACT_KIND.words) <= set(KINDS)
    assert {n: KINDS[n].meaning for n in FACT_KIND.words} == dict(FACT_KIND.words)


def test_what_is_carried_is_what_the_sql_states() -> None:
    assert {name for name, kind in KINDS.items() if kind.carried} == set(written())
    assert all(kind.standard for kind in KINDS.values() if not kind.carried)


@pytest.mark.parametrize("kind", sorted(FACT_KIND.words))
def test_a_kind_has_the_details_and_links_that_the_sql_writes(kind: str) -> None:
    columns = written()[kind].columns
    numbers = {column for column in ("value", "amount") if column in columns}
    assert set(KINDS[kind].details) | set(KINDS[kind].slots) == said(kind) | numbers


@pytest.mark.parametrize("kind", sorted(FACT_KIND.words))
def test_a_kind_has_the_times_status_and_codes_that_the_sql_writes(kind: str) -> None:
    columns = written()[kind].columns
    times = {word for word, column in COLUMN_OF_TIME.items() if column in columns}
    times |= {"value"} if "value_on" in written()[kind].keys["detail"] else set()
    assert set(KINDS[kind].times) == times
    assert bool(KINDS[kind].status) == ("status" in columns or kind in STATUS_IN_DETAIL)
    assert (KINDS[kind].codes is not None) == ("code" in columns)


def test_the_words_of_a_status_are_those_that_feeds_may_have() -> None:
    known = {
        word
        for name, of in vars(value_sets).items()
        if name.endswith("_STATUS") or name == "CLINICAL"
        for word in of
    }
    assert {word for name in written() for word in KINDS[name].status} <= known


def test_closed_lists_of_details_are_those_of_the_feeds() -> None:
    assert set(DETAILS["interpretation"].words) == set(value_sets.INTERPRETATION)
    assert set(DETAILS["intent"].words) == set(value_sets.INTENT)
    assert set(DETAILS["frequency"].words) == set(value_sets.FREQUENCY)


def test_a_kind_is_coded_in_some_systems_by_any_of_their_names() -> None:
    result, contact, booking = (KINDS[kind].codes for kind in ("result", "contact", "booking"))
    assert result is not None
    assert contact is not None
    assert booking is not None
    assert [result.may_be_of(each) for each in ("LOINC", "http://loinc.org")] == [True, True]
    assert not result.may_be_of("http://hl7.org/fhir/sid/cvx")
    assert result.may_be_of("https://laboratory.example/codes")
    assert [contact.may_be_of(each) for each in ("LOINC", "https://example.org")] == [False, False]
    assert booking.may_be_of("https://example.org/ours")


def test_what_a_kind_or_meaning_says_of_itself_are_words() -> None:
    for name, each in EVERY:
        assert set(each.details) <= set(DETAILS), name
        assert set(each.slots) <= set(SLOTS), name
        assert set(each.worked_out) <= set(DETAILS) - set(each.details), name
        assert set(each.linked_by) <= set(SLOTS) - set(each.slots), name
        assert {"occurred"} <= set(each.times) <= set(TIMES), name
        assert each.meaning[:1].isupper(), name


def test_every_detail_and_every_link_is_of_some_kind() -> None:
    assert {word for _, each in EVERY for word in each.where} == set(DETAILS)
    assert {word for _, each in EVERY for word in each.links} == set(SLOTS)


def test_a_meaning_is_made_of_kinds_that_feeds_carry() -> None:
    for name, meaning in MEANINGS.items():
        assert all(KINDS[kind].carried for kind in meaning.made_of), name
        assert {kind for group in meaning.needs for kind in group} <= set(meaning.made_of), name
        assert bool(meaning.needs) == (name != "identity_doubt"), name


def test_of_several_kinds_one_is_enough_and_a_meaning_may_need_several() -> None:
    booked = {"kind": ["booking", "arrived"]}
    assert lacking(booked, {"arrived"}) == set()
    assert lacking(booked, {"visit"}) == {"booking", "arrived"}
    money = {"meaning": "settlement"}
    assert lacking(money, {"claim", "remittance"}) == set()
    assert lacking(money, {"claim", "write_off"}) == {"remittance"}
    answer = {"meaning": "claim_answer"}
    assert lacking(answer, {"claim", "remittance"}) == set()
    assert lacking(answer, {"claim"}) == {"claim_accepted", "claim_rejected", "remittance"}
    assert lacking({"meaning": "identity_doubt"}, set()) == set()
    assert lacking({"kind": "case"}, set()) == set()
    assert lacking({"kind": "decision"}, set()) == set()
    assert lacking({"kind": "vist"}, set()) == set()


def test_what_lasts_is_what_the_model_takes_for_a_period() -> None:
    assert {name for name, each in EVERY if each.lasts} == world.PERIODS


def test_links_that_compare_across_systems_are_those_of_the_model() -> None:
    assert {name for name, slot in SLOTS.items() if slot.across} == world.ACROSS_SYSTEMS


def test_anchors_are_the_four_and_each_period_with_its_end() -> None:
    assert set(ANCHORS) < set(anchors(("influenza_season",)))
    assert {"month_end", "influenza_season", "influenza_season_end"} <= set(
        anchors(("influenza_season",))
    )
