"""A practice in Denver, as it is in life: an EHR that exports US Core, SIU, X12 by SFTP, three reports. Two nights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.practices.denver import stories, systems
from tests.practices.denver.house import House
from tests.practices.denver.seen import cases_of, exceptions_of
from tests.practices.denver.table import EXCEPTIONS, TABLE
from throughline import warehouse
from throughline.practice import practice

FIRST, SECOND = stories.NIGHTS


@dataclass
class Lived:
    """The practice after its nights, and what was seen after each."""

    house: House
    cases: dict[str, dict[str, str]] = field(default_factory=dict)
    exceptions: dict[str, dict[str, int]] = field(default_factory=dict)

    def look(self, name: str) -> None:
        """Keep what is seen after a night."""
        self.cases[name] = cases_of(self.house.rows)
        self.exceptions[name] = exceptions_of(self.house.rows)


@pytest.fixture(scope="module")
def lived(
    kept_warehouse: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    """Live two nights, and the second again with what was mended."""
    root = tmp_path_factory.mktemp("denver")
    own = systems.definitions(root / "definitions")
    with pytest.MonkeyPatch.context() as patch, systems.running(root / "there") as there:
        patch.setenv("THROUGHLINE_DEFINITIONS", str(own))
        practice.cache_clear()
        with warehouse.connect(kept_warehouse()) as conn:
            lived = Lived(House(conn, root, there))
            for name, day in (("first", FIRST), ("second", SECOND)):
                there.deliver(day)
                lived.house.night(day)
                lived.look(name)
            file = own / "sources" / "phones.yaml"
            file.write_text(
                file.read_text("utf-8").replace(
                    "outcome_code: Outcome", "outcome_code: Call Result"
                ),
                "utf-8",
            )
            there.again("phones/calls", f"calls_{SECOND.replace('-', '')}.csv", SECOND)
            lived.house.night(SECOND)
            lived.look("mended")
            yield lived
    practice.cache_clear()


@pytest.mark.parametrize("name", ["first", "second", "mended"])
def test_each_patient_has_what_was_known_beforehand(lived: Lived, name: str) -> None:
    expected = {line.mrn: getattr(line, name) for line in TABLE}
    assert lived.cases[name] == expected


@pytest.mark.parametrize("name", ["first", "second", "mended"])
def test_the_exceptions_are_those_that_were_known_beforehand(lived: Lived, name: str) -> None:
    assert lived.exceptions[name] == EXCEPTIONS[name]
