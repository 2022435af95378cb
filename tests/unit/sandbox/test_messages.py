"""What a world tells by HL7 v2 besides its export: nothing by default, and else every kind of event, in no order."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hl7
import pytest

from sandbox import messages
from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST

INCLUDE = Path(messages.__file__).parents[2]
KINDS = tuple(messages.KINDS)
EVENTS = {
    "adt": {"A01", "A02", "A03", "A04", "A06", "A08", "A13", "A23", "A31", "A40"},
    "mdm": {"T02", "T04", "T06", "T08", "T10", "T11"},
    "dft": {"P03", "P11"},
}


def sent(hub: Hub) -> Iterator[tuple[str, str]]:
    """Yield the name of each file and each message in it, in the order in which they stand there."""
    for file in sorted((hub.folder / "sftp" / messages.USER / "outbox").glob("*.hl7")):
        for one in file.read_bytes().decode().split("\rMSH|")[1:]:
            yield file.name, "MSH|" + one.partition("\rBTS|")[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """Return a world of sixty days and five more that tells everything."""
    from sandbox.server import Options, make_hub

    folder = tmp_path_factory.mktemp("messages")
    hub = make_hub(Options(folder, folder / "a.json", seed=5, patients=250, messages=KINDS))
    hub._advance(FIRST + timedelta(days=4))
    messages.empty(hub.world)
    hub.truth.flush()
    return hub


def test_a_world_that_tells_by_messages_is_the_world_without_them(
    make: Callable[..., Hub], digest: Callable[[Hub], dict[str, str]]
) -> None:
    plain, telling = make("plain"), make("telling", messages=KINDS)
    for hub in (plain, telling):
        hub._advance(FIRST + timedelta(days=2))
    assert not (plain.folder / "sftp" / messages.USER).exists()
    assert messages.of(plain.world) is None
    before, after = digest(plain), digest(telling)
    more = {name for name in after if name.endswith(".hl7") and not name.startswith("SIU")}
    # only the list of files that were put out has more lines
    changed = {name for name in before if before[name] != after[name]}
    assert (changed, after.keys() - before.keys() - more) == (
        {"files.jsonl"},
        {"interface_messages.jsonl"},
    )
    assert len(more) > 10


def test_a_killed_world_tells_on_as_if_nothing_had_been(
    make: Callable[..., Hub], digest: Callable[[Hub], dict[str, str]]
) -> None:
    lived, killed = (make(name, messages=KINDS) for name in ("lived", "killed"))
    lived._advance(FIRST + timedelta(days=1))
    killed._advance(FIRST)
    again = make("killed")
    again._advance(FIRST + timedelta(days=1))
    assert digest(again) == digest(lived)


def test_every_event_is_told_and_libraries_of_others_read_it(
    told: Hub, truth: Callable[[Hub, str], list[dict[str, Any]]]
) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    copies: Counter[str] = Counter()
    for _, text in sent(told):
        message = hl7.parse(text)
        found[str(message["MSH.F9.R1.C1"]).lower()].add(str(message["MSH.F9.R1.C2"]))
        copies[str(message["MSH.F10"])] += 1
        assert re.fullmatch(r"MRN\d+|\d+|\w+", str(message["PID.F3.R1.C1"]))
    assert found == EVENTS
    written = [row["control"] for row in truth(told, "interface_messages")]
    assert sorted(written) == sorted(copies)
    assert 0 < sum(n - 1 for n in copies.values()) < len(copies) / 10


def test_files_are_in_no_order_and_some_messages_come_days_later(told: Hub) -> None:
    whole: dict[str, list[str]] = defaultdict(list)
    for name, text in sent(told):
        whole[name].append(text.split("|")[6][:8])
    nights = [made for name, made in whole.items() if len(made) > 5]
    assert all(made != sorted(made) for made in nights if len(set(made)) > 2)
    late = [
        name for name, made in whole.items() if min(made) < name.split("_")[1] and len(made) > 1
    ]
    assert late


def test_what_a_charge_is_told_to_be_adds_up_to_what_it_is(
    told: Hub, truth: Callable[[Hub, str], list[dict[str, Any]]]
) -> None:
    """By a reading of its own: of each number the newest charge that no newer credit took back."""
    lines: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(dict)
    for _, text in sent(told):
        message = hl7.parse(text)
        if str(message["MSH.F9.R1.C1"]) != "DFT":
            continue
        order = (str(message["MSH.F7"])[:14], str(message["MSH.F10"]))
        for ft1 in message.segments("FT1"):
            if str(ft1[6]) in ("CG", "CD"):
                lines[str(ft1[2])][order] = [str(ft1[6]), str(ft1[10]), str(ft1[25]).split("^")[0]]
    standing = {
        number: tuple(made[max(made)][1:])
        for number, made in lines.items()
        if made[max(made)][0] == "CG"
    }
    last = {row["charge"]: row for row in truth(told, "charges")}
    expected = {
        number: (str(row["units"]), row["code"])
        for number, row in last.items()
        if row["what"] == "entered" and not row["no_charge"] and not row["self_pay_restricted"]
    }
    # what the feeds have not served yet is in no row of the truth
    assert expected
    assert {number: standing.get(number) for number in expected} == expected
    assert any(len(made) > 1 for made in lines.values())


def test_an_unknown_kind_is_named() -> None:
    command = [sys.executable, "-m", "sandbox", "serve", "--state", "x", "--addresses", "y"]
    answer = subprocess.run(
        [*command, "--messages", "adt,oru"],
        env={"PYTHONPATH": str(INCLUDE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "unknown messages 'oru'; there are adt, mdm, dft" in answer.stderr
