"""What is delivered at the end of a day, and what the truth says of it when a feed misbehaves."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.hub import Hub
from sandbox.misbehaviour import Misbehaviour, damage
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world.engine import at
from tests.unit.throughline.sources.wire import (
    CLAIMS,
    REMITTANCE,
    claim,
    claims,
    file_of,
    group,
    interchange,
    payment,
    remittance,
    simple,
    transaction,
)

SOURCES = Path(__file__).parents[3] / "include" / "definitions" / "sources"
KINDS = {"appointment": "schedule_messages", "claim": "claims"}


@pytest.mark.parametrize("feed", KINDS)
@pytest.mark.parametrize("kind", ["missing", "late", "truncated"])
def test_what_befalls_the_first_night_leaves_the_files_of_sixty_days(
    make: Callable[..., Hub],
    truth: Callable[[Hub, str], list[dict[str, Any]]],
    feed: str,
    kind: str,
) -> None:
    good, bad = make("good"), make("bad")
    bad.world.misbehaviour.ask(feed, FIRST, kind)
    for hub in (good, bad):
        hub._advance(FIRST + timedelta(days=1))
        hub.truth.flush()
    first, after = at(FIRST, 26.5).isoformat(), at(FIRST + timedelta(days=1), 26.5).isoformat()
    whole, left = (
        Counter(row["observable_from"] for row in truth(hub, KINDS[feed])) for hub in (good, bad)
    )
    day = whole[first] - left[first]
    assert 0 < day < whole[first] / 10
    moved = None if kind == "missing" else after
    assert left == whole - Counter({first: day}) + Counter({moved: day})


BAD = {
    "payment": "unbalanced",
    "claim_response": "unreadable",
    "functional_acknowledgement": "odd_name",
}
ODD = os.fsdecode(b"re\xe7u\n")


def outbox(hub: Hub) -> dict[str, bytes]:
    """The clearinghouse's files by name."""
    return {
        file.name: file.read_bytes() for file in (hub.folder / "sftp/practice/outbox").iterdir()
    }


def test_a_file_nobody_can_read_one_with_an_odd_name_and_money_that_does_not_add_up(
    make: Callable[..., Hub],
) -> None:
    good, bad = make("good"), make("bad")
    for feed, kind in BAD.items():
        bad.world.misbehaviour.ask(feed, FIRST, kind)
    for hub in (good, bad):
        hub._advance(FIRST)
    whole, left = outbox(good), outbox(bad)
    changed = {
        next(
            group for group in (b"HN", b"HP", b"FA") if b"GS" + content[3:4] + group in content
        ): name
        for name, content in whole.items()
        if left.get(name) != content
    }
    status, paid, syntax = (changed[group] for group in (b"HN", b"HP", b"FA"))
    assert len(changed) == 3
    assert left[status].startswith(b"-----BEGIN PGP MESSAGE-----")
    assert left[ODD + syntax] == whole[syntax]
    assert syntax not in left
    bad._advance(FIRST + timedelta(days=1))
    again = outbox(bad)
    assert again[f"again_{status}"] == whole[status]
    assert again[f"again_{paid}"] == whole[paid]


SETS = (remittance(payment("A1")), remittance(payment("A2")), remittance(payment("A3")))


@pytest.mark.parametrize("between", ["*", "|"])
def test_every_other_total_is_too_high(between: str) -> None:
    content = file_of(
        interchange(group(REMITTANCE, *(transaction(REMITTANCE, one) for one in SETS))), end="\r\n"
    ).replace(b"*", between.encode())
    assert content.count(b"BPR%bI%b80%b" % ((between.encode(),) * 3)) == 3
    spoiled = damage("unbalanced", content)
    heads = [line.split(between.encode())[2] for line in spoiled.splitlines() if b"BPR" in line]
    assert heads == [b"180", b"80", b"180"]
    bill = damage("unbalanced", simple(CLAIMS, claims(claim("A1", "50.25"), claim("A2"))))
    assert b"~CLM*A1*150.25*" in bill
    assert b"~CLM*A2*100*" in bill


@pytest.mark.parametrize(
    ("feed", "kind"),
    [("encounter", "unreadable"), ("patient", "odd_name"), ("appointment", "unbalanced")],
)
def test_what_cannot_befall_a_feed_is_refused(feed: str, kind: str) -> None:
    with pytest.raises(ValueError, match=f"can be {kind}"):
        Misbehaviour().ask(feed, FIRST, kind)


def test_the_practice_knows_every_reason_of_a_cancellation(make: Callable[..., Hub]) -> None:
    hub = make()
    hub._advance(FIRST)
    files = (hub.folder / "sftp/scheduling/outbox").iterdir()
    messages = [
        m for file in files for m in file.read_bytes().decode().split("MSH|") if "|SIU^S1" in m
    ]
    cancelled = [m for m in messages if re.search(r"\|SIU\^S1[56]", m)]
    reasons = {m.partition("\rSCH|")[2].split("|")[5].partition("^")[0] for m in cancelled}
    assert "ADMITTED" in reasons
    known = yaml.safe_load((SOURCES / "scheduling.yaml").read_text())["conventions"]["cancelled_by"]
    assert reasons <= known.keys()
