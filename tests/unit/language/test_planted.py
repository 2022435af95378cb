"""A fault planted in the model is found by a section: the tables can tell a right evaluator from a wrong one."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.language.answers import told
from tests.unit.language.sections import sections, world_of

WORLDS = [(section, section.table("expect"), world_of(section)) for section in sections()]
MODEL = Path(__file__).resolve().parents[2] / "model"
FAULTS = [
    ("moments", "self.first <= other.last and", "self.first < other.last and"),
    ("moments", "return Span(begin, end - INSTANT)", "return Span(begin, end)"),
    ("moments", "min(of.day, calendar.monthrange(years, month + 1)[1])", "min(of.day, 28)"),
    ("moments", "(on.month, on.day) < (born.month, born.day)", "(on.month, on.day) <= (born.month, born.day)"),
    ("moments", "left -= is_business(of)", "left -= 1"),
    ("matching", "INSTANT if fact.ends.instant else 0 * INSTANT", "0 * INSTANT"),
    ("matching", "other.known_seq < fact.known_seq", "True"),
    ("matching", "return MIGHT if fact.is_unclear else NO", "return NO"),
    ("matching", "return MIGHT if holds else NO", "return NO"),
    ("matching", "if slot in ACROSS_SYSTEMS:", "if True:"),
    ("matching", "if fact.occurred and fact.kind not in PERIODS:", "if False:"),
    ("leaves", "return MIGHT if place in UNCLEAR else NO", "return YES"),
    ("leaves", "return MIGHT if place in UNCLEAR else NO", "return NO"),
    ("leaves", "return MIGHT if place in UNCLEAR else NO", "return MIGHT"),
    ("leaves", "return fact.record == case.trigger.record", "return False"),
    ("leaves", "if starts and fact.record < own.record:", "if False:"),
    ("leaves", "until is not None and until < through", "until is not None and until <= through"),
    ("leaves", "min(window.last, case.night.now)", "case.night.now"),
    ("leaves", "knows = feed.system in case.person.systems or", "knows = True or"),
    ("leaves", "or feed.is_first_to_know", ""),
    ("leaves", "+ len(unclear) + set_aside(case, name)", "+ len(unclear)"),
    ("leaves", "FALSE if least > limit else", "FALSE if least >= limit else"),
    ("leaves", "decides_early = not kinds & case.world.may_be_negative", "decides_early = True"),
    ("leaves", "if not takes_known and (more or later", "if not takes_known and (later"),
    ("truth", "return Truth(_YES - part.at_most", "return TRUE if part == NOT_YET else Truth(_YES - part.at_most"),
    ("truth", "max(p.at_most for p in parts)", "min(p.at_most for p in parts)"),
    ("context", "return case.trigger.span  # (25)", "return None  # (25)"),
    ("conditions", "return min(there, key=lambda part: position(case, part.by[-1]))", "return there[0]"),
    ("stages", "if answer.truth.holds and not answer.by", "if False"),
    ("stages", "last = max(floors)", "last = floors[0]"),
    ("stages", "if fell:", "if False:"),
    ("stages", "found is None or at.first <= found.span.last", "True"),
    ("stages", "return FALSE if found and case.passed(found.span) else NOT_YET", "return FALSE"),
    ("stages", "if proof(case, name).truth.is_unknown or (", "if ("),
    ("ends", "if stages.is_proven(case, until):", "if False:"),
    ("ends", "(*case.workflow.ends, *case.workflow.standing_ends):", "case.workflow.ends:"),
    ("ends", "if held.is_unknown), None)", "if False), None)"),
    ("bills", "return UNKNOWN_BILL\n    if allowed.word", "return NOTHING\n    if allowed.word"),
    ("bills", "units = min(units, add.get(\"at_most\", units))", "pass"),
    ("bills", "rule.begins <= on", "True"),
    ("asks", "if t.ended and t.ended <= case.night.now and (retried is None or t.ended > retried)", "if t.ended"),
    ("moments", "not _is_in(d, stops, zone)", "True"),
    ("moments", "of += timedelta(days=_is_in(until, stops, zone))", "pass"),
    ("asks", "if len(tried) >= task.get(\"attempts\", 1):", "if len(tried) > task.get(\"attempts\", 1):"),
    ("openings", "not case.passed(due)", "False"),
    ("openings", "return late.first <= added", "return late.first < added"),
    ("openings", "status[other.key] == \"open\" or", "True or"),
    ("openings", "return found[-1] if found else None", "return found[0] if found else None"),
    ("openings", "case.trigger.span.last < begins.first", "False"),
    ("nights", "if recorded.is_completed and is_over:", "if False:"),
    ("nights", "or _order(case.trigger) < _order(trigger)", ""),
    ("nights", "return \"void\", \"trigger withdrawn\"", "return \"open\", \"\""),
]  # fmt: skip
"""Module, what it says, what is planted instead."""
pytestmark = pytest.mark.nights


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Path]:
    """Return a copy of the model that can be imported as `planted`."""
    copy = tmp_path / "planted"
    shutil.copytree(MODEL, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file in copy.glob("*.py"):
        text = re.sub(r"tests\.model(?!\.world)", "planted", file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    yield copy
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "planted"]:
        del sys.modules[name]


def is_found() -> bool:
    """Tell whether a section differs with the copy as it is."""
    evaluate = importlib.import_module("planted.nights").evaluate
    for section, expected, world in WORLDS:
        seen = evaluate(world)
        last = str(max(seen))
        for row in expected:
            if told(section, seen[int(row.get("night", last))][row["person"]], row) != row:
                return True
    return False


def test_nothing_is_found_where_nothing_is_planted(planted: Path) -> None:
    assert planted.is_dir()
    assert not is_found()


@pytest.mark.parametrize(("module", "says", "instead"), FAULTS)
def test_a_planted_fault_is_found(planted: Path, module: str, says: str, instead: str) -> None:
    file = planted / f"{module}.py"
    text = file.read_text(encoding="utf-8")
    assert says in text
    file.write_text(text.replace(says, instead), encoding="utf-8")
    assert is_found()
