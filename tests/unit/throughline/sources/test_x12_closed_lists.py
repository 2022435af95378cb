"""835: codes whose list is closed, on which money rests. What is of no list is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.test_x12_remittance import read
from tests.unit.throughline.sources.wire import REMITTANCE, found, payment, remittance


@pytest.mark.parametrize(
    ("service", "code", "modifiers"),
    [
        ("HC:99213:25", "99213", ["25"]),
        ("hc:99213", "99213", []),
        (" HC : 99213 ", "99213", []),
        ("AD:D0120", "D0120", []),
        ("N4:00074433502", "00074433502", []),
        # a code of a system that nobody knows is no code of ours
        ("XX:99213:25", None, ["25"]),
        (":99213", None, []),
        ("99213", None, []),
    ],
)
def test_a_service_is_named_by_a_code_of_a_known_system(
    service: str, code: str | None, modifiers: list[str]
) -> None:
    loop = [s.replace("SVC*HC:99213:25", f"SVC*{service}") for s in payment("A1")]
    [paid], faults = read(loop)
    [line] = paid.lines
    assert (line.code, line.modifiers, faults) == (code, modifiers, [])
    assert (line.paid_amount, line.control_number) == (Decimal(80), "A1L1")


def test_what_was_submitted_under_an_unknown_system_stays_what_was_paid() -> None:
    loop = [
        s + "*XX:80053" if s.startswith("SVC") else s
        for s in [
            s.replace("SVC*HC:99213:25*100*80**1", "SVC*HC:99213*100*80**1") for s in payment("A1")
        ]
    ]
    [paid], _ = read(loop)
    assert (paid.lines[0].code, paid.lines[0].paid_code) == ("99213", None)


@pytest.mark.parametrize(
    ("how", "flag", "pays"),
    [
        *((how, "C", Decimal(80)) for how in ("I", "C", "D", "U", "X", "i")),
        ("I", "D", Decimal(-80)),
        ("I", "d", Decimal(-80)),
        ("I", "", Decimal(80)),
        ("H", "C", Decimal(0)),
        ("p", "C", Decimal(0)),
        # what a code of no list means for the money is not known: the set is held
        ("Q", "C", None),
        ("", "C", None),
        ("I", "X", None),
    ],
)
def test_how_a_payment_is_handled(how: str, flag: str, pays: Decimal | None) -> None:
    body = remittance(payment("A1"))
    body[0] = body[0].replace("BPR*I*80*C*", f"BPR*{how}*80*{flag}*")
    [paid], _ = found(wire.simple(REMITTANCE, body))
    assert paid.remittance.total_paid == pays
    assert paid.remittance.explained == Decimal(80)
