"""DFT messages: what each says of a charge: its codes, units and money, what it corrects and what it takes back."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest

from tests.unit.throughline.sources.adt import HOSPITAL, adt, pid, pv1
from throughline.sources.definitions import SourceDefinition, SourceDefinitionError, parse
from throughline.sources.hl7v2 import rows
from throughline.sources.hl7v2.standard import STANDARD
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow

FEEDS = ("charge_item", "patient")


def charges(**conventions: Any) -> SourceDefinition:
    """A system that sends charges."""
    return parse(
        {
            **HOSPITAL,
            "feeds": {feed: {"expected_by": "03:00"} for feed in FEEDS},
            "conventions": {**HOSPITAL["conventions"], **conventions},
        },
        "hospital.yaml",
    )


def ft1(number: str = "T1", kind: str = "CG", **fields: str) -> str:
    """An FT1: an office visit of 200 dollars; `fields` by number."""
    values = {
        2: number, 4: "202603021000", 5: "202603021800", 6: kind, 7: "OV4^Office visit^L", 10: "1", 11: "200.00&USD",
        19: "I10^^I10~E11.9^^I10C", 20: "dr1^Attending^A", 25: "99214^^C4",
    }  # fmt: skip
    values |= {int(name[1:]): value for name, value in fields.items()}
    return "FT1|" + "|".join(values.get(n, "1" if n == 1 else "") for n in range(1, 32)).rstrip("|")


def dft(minute: int, *segments: str, event: str = "P03", visit: str = "V9", **head: str) -> str:
    """A message with charges of a visit."""
    return adt(event, minute, pid(), pv1(visit, "O"), *segments, **head).replace(
        "||ADT^", "||DFT^", 1
    )


def read(text: str, feed: str = "charge_item", **conventions: Any) -> list[StagedRow | Fault]:
    return list(rows.rows(io.BytesIO(text.encode()), "f.hl7", charges(**conventions), feed, FEEDS))


def row(text: str, **conventions: Any) -> dict[str, Any]:
    """The columns of the only charge of a message."""
    [found] = read(text, **conventions)
    assert isinstance(found, StagedRow), found
    assert found.values is not None
    return dict(zip(rows.COLUMNS["charge_item"], found.values, strict=True))


def reason(text: str, **conventions: Any) -> str:
    [found] = read(text, **conventions)
    assert isinstance(found, Fault), found
    assert found.subject_id == "MRN000001"
    return found.reason


def test_a_charge() -> None:
    [found] = read(dft(0, ft1(f26="25^^HPC~59")))
    assert isinstance(found, StagedRow)
    assert (found.source_id, found.subject_id) == ("T1", "MRN000001")
    v = row(dft(0, ft1(f26="25^^HPC~59")))
    assert (v["status"], v["code"], v["code_system"], v["modifiers"]) == (
        "billable", "99214", "C4", '{"25","59"}',
    )  # fmt: skip
    assert (str(v["quantity"]), str(v["amount"]), v["unit_price"]) == ("1", "200.00", None)
    assert v["diagnoses"] == '{"I10","E11.9"}'
    assert (v["performer_id"], v["visit_number"], v["charge_number"]) == ("dr1", "V9", "T1")
    assert (v["occurred_at"].isoformat(), v["entered_at"].isoformat()) == (
        "2026-03-02T15:00:00+00:00",
        "2026-03-02T23:00:00+00:00",
    )
    # who was charged is a person as well
    assert len(read(dft(0, ft1()), "patient")) == 1


@pytest.mark.parametrize(
    ("fields", "quantity", "unit", "amount"),
    [
        ({"f10": "2", "f11": "", "f12": "49.99"}, "2", "49.99", "99.98"),
        ({"f10": "3", "f11": "", "f12": "0.335"}, "3", "0.34", "1.01"),
        ({"f11": "1,250.50"}, "1", None, "1250.50"),
        ({"f11": "$80"}, "1", None, "80"),
        # what a unit costs the department is not its price
        ({"f11": "", "f22": "12.00"}, "1", None, None),
        ({"f10": "", "f11": "", "f12": "50"}, None, "50.00", None),
    ],
)
def test_money(
    fields: dict[str, str], quantity: str | None, unit: str | None, amount: str | None
) -> None:
    v = row(dft(0, ft1(**fields)))
    found = tuple(None if v[n] is None else str(v[n]) for n in ("quantity", "unit_price", "amount"))
    assert found == (quantity, unit, amount)


def test_a_charge_without_units_is_of_one_only_if_its_source_says_so() -> None:
    assert row(dft(0, ft1(f10="")))["quantity"] is None
    assert str(row(dft(0, ft1(f10="")), one_unit_if_empty=True)["quantity"]) == "1"


def test_the_service_begins_with_its_range() -> None:
    v = row(dft(0, ft1(f4="20260301^20260303")))
    assert v["occurred_at"].isoformat() == "2026-03-01T05:00:00+00:00"


def test_where_the_code_stands() -> None:
    def code(
        *below: str, conventions: dict[str, Any] | None = None, **fields: str
    ) -> tuple[str, str]:
        v = row(dft(0, ft1(**fields), *below), **(conventions or {}))
        return v["code"], v["modifiers"]

    assert code(f25="", f7="99213^Office visit^CPT4") == ("99213", "{}")
    # with a modifier behind it; in the alternative; in PR1 with its own modifiers
    assert code(f25="99214-25^^C4", f26="25~95") == ("99214", '{"25","95"}')
    assert code(f25="OV4^Visit^L^99214^^C4") == ("99214", "{}")
    assert code("PR1|1||71045^X-ray^C4|||||||||||||26", f25="") == ("71045", '{"26"}')
    # a code of the sender's own list looks like one of CPT
    assert reason(dft(0, ft1(f25="", f7="10021^Room"))) == "procedure_code_missing"
    assert code(f25="", f7="10021", conventions={"procedure_code": ["FT1-7"]}) == ("10021", "{}")
    listed: dict[str, Any] = {"charge_codes": {"OV4": "99214-95", "ROOM": "nothing"}}
    assert code(f25="", conventions=listed) == ("99214", '{"95"}')
    [passed] = read(dft(0, ft1(f25="", f7="ROOM")), **listed)
    assert isinstance(passed, Fault)
    assert (passed.reason, passed.severity) == ("transaction_not_a_charge", "warning")


def test_diagnoses_are_those_of_claims() -> None:
    other = dft(0, ft1(f19="29857009^Chest pain^SCT~R07.9"), "DG1|1||K63.3^Ulcer^I10")
    assert row(other)["diagnoses"] == '{"R07.9"}'
    none = dft(0, ft1(f19=""), "DG1|1||K63.3^Ulcer^I10")
    assert row(none)["diagnoses"] == "{}"
    assert row(none, charge_diagnoses=["FT1-19", "DG1-3"])["diagnoses"] == '{"K63.3"}'
    # P11 names those of each transaction below it
    two = dft(0, ft1("T1", f19=""), "DG1|1||I10", ft1("T2", f19=""), "DG1|1||E11.9", event="P11")
    found = read(two, charge_diagnoses=["DG1-3"])
    assert [each.values[8] for each in found if isinstance(each, StagedRow) and each.values] == [
        '{"I10"}',
        '{"E11.9"}',
    ]


def test_who_rendered_it() -> None:
    ordered = dft(0, ft1(f20="", f21="dr2^Ordering^B"))
    assert row(ordered)["performer_id"] is None
    assert row(ordered, charge_performer=["FT1-20", "PV1-7"])["performer_id"] == "D7"
    npi = "1234567893^Smith^A^^^^^^NPI^L^^^NPI~dr9^Smith^A"
    assert row(dft(0, ft1(f20=npi)))["performer_id"] == "1234567893"


def test_several_charges_and_what_is_no_charge() -> None:
    text = dft(
        0, ft1("T1"), ft1("T2", f25="36415^^C4"), ft1("P1", "PY"), ft1("A1", "AJ"), event="P11"
    )
    *found, passed = read(text)
    assert [each.source_id for each in found if isinstance(each, StagedRow)] == ["T1", "T2"]
    assert isinstance(passed, Fault)
    assert (passed.reason, passed.severity) == ("transaction_not_a_charge", "warning")


def said(text: str, **conventions: Any) -> list[tuple[str, Any]]:
    found = []
    for each in read(text, **conventions):
        assert isinstance(each, StagedRow), each
        assert each.values is not None
        fields = json.loads(str(each.values[-1]))
        taken = [value["x"] for name, value in fields.items() if name.startswith("credit ")]
        found.append((each.source_id, taken[0] if taken else None))
    return found


def test_credits() -> None:
    [(charge, taken)] = said(dft(9, ft1("T1", "CD")))
    assert charge == "T1"
    assert (taken["quantity"], taken["amount"], taken["is_own"]) == ("1", "200.00", False)
    # a negative charge is one, and a credit with a sign is not a charge
    assert said(dft(9, ft1("T1", f10="-1", f11="-200"))) == [("T1", taken | {"amount": "200"})]
    assert said(dft(9, ft1("T1", "CD", f10="-1"))) == [("T1", taken)]
    # under a number of its own
    [(charge, taken)] = said(dft(9, ft1("T9", "CD", f30="T1")), credited_number=["FT1-30"])
    assert (charge, taken["is_own"]) == ("T1", True)
    # which transaction is one may be the sender's own word
    assert said(dft(9, ft1("T1", "R")), transaction_types={"R": "credit"})[0][1] is not None


def test_numbers_of_several_fields() -> None:
    text = dft(0, ft1("", f23="O7^LAB"))
    assert reason(text) == "charge_without_number"
    [found] = read(text, charge_number=["FT1-2", "FT1-23/FT1-25"])
    assert isinstance(found, StagedRow)
    assert found.source_id == "O7/99214"
    [found] = read(dft(0, ft1()), visit_assigner="MSH-4")
    assert isinstance(found, StagedRow)
    assert found.source_id == "GH|T1"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"f6": "XX"}, "transaction_type_not_known"),
        ({"f6": ""}, "transaction_type_missing"),
        ({"f4": "2026"}, "charge_time_unreadable"),
        ({"f4": ""}, "charge_time_unreadable"),
        ({"f10": "one"}, "quantity_unreadable"),
        ({"f11": "12.345"}, "amount_unreadable"),
        ({"f11": "1e3"}, "amount_unreadable"),
        ({"f11": "100&EUR"}, "currency_not_dollars"),
        ({"f25": "", "f7": ""}, "procedure_code_missing"),
        ({"f26": "modifier"}, "modifier_unreadable"),
        ({"f2": ""}, "charge_without_number"),
    ],
)
def test_what_is_set_aside(fields: dict[str, str], why: str) -> None:
    assert reason(dft(0, ft1(**fields))) == why
    # with what could be read: half of a visit's charges are no bill
    assert reason(dft(0, ft1("T7"), ft1(**fields))) == why


def test_messages_that_are_set_aside() -> None:
    assert reason(dft(0)) == "charge_without_transaction"
    assert reason(dft(0, ft1(), visit="")) == "visit_without_number"
    assert reason(dft(0, ft1(), event="P12")) == "trigger_event_not_used_here"
    [found] = read(dft(0, ft1(), "PID|2||MRN000002^^^LAKESIDE^MR"))
    assert isinstance(found, Fault)
    assert (found.reason, found.subject_id) == ("several_patients", None)
    with pytest.raises(SourceDefinitionError, match="needs the feed patient beside it"):
        parse({**HOSPITAL, "feeds": {"charge_item": {"expected_by": "03:00"}}}, "hospital.yaml")


def test_the_profile_lists_what_dft_holds() -> None:
    [held] = STANDARD.held(io.BytesIO(dft(0, ft1(f13="RAD")).encode()), "f.hl7", charges())
    assert held.kind == "DFT"
    assert held.elements["FT1-25"]
    assert not held.elements["FT1-13"]
    assert {c.path: c.meaning for c in held.codes}["FT1-6 transaction type"] == "charge"


def test_broken_messages_become_rows_or_faults_and_nothing_else() -> None:
    letters = random.Random(16)
    whole = [
        dft(0, ft1(f26="25~59", f12="100"), "PR1|1||71045^^C4", ft1("T2", "CD"), event="P11"),
        dft(3, ft1("T3", f4="20260301^20260302", f11="1,000.00&USD"), "DG1|1||I10"),
    ]
    conventions = {
        "charge_number": ["FT1-2", "FT1-23/FT1-25"],
        "procedure_code": ["FT1-25", "FT1-7", "PR1-3"],
        "charge_diagnoses": ["FT1-19", "DG1-3"],
        "charge_performer": ["FT1-20", "PR1-11", "PV1-7"],
    }
    for _ in range(400):
        text = list(letters.choice(whole))
        for _ in range(letters.randint(1, 12)):
            at = letters.randrange(4, len(text))
            if letters.random() < 0.5:
                text[at] = letters.choice('|^~\\&\r"0A-.\x00é')
            else:
                del text[at : at + letters.randint(1, 20)]
            if len(text) < 50:
                break
        for feed in FEEDS:
            found = read("".join(text), feed, **conventions)
            assert all(isinstance(one, StagedRow | Fault) for one in found)
