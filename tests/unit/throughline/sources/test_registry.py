"""Standards: found by the name of their package, and all with one face."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import throughline
from throughline.sources import registry
from throughline.sources.definitions import definition, names_with_feeds
from throughline.sources.registry import UnknownStandardError, standard
from throughline.sources.standard import Standard
from throughline.sources.table import COMMON
from throughline.transports import Address

INCLUDE = Path(throughline.__file__).resolve().parents[1]


def test_a_package_with_a_face_is_a_standard() -> None:
    assert registry.names() == ("fhir", "hl7v2", "tabular", "x12")
    with pytest.raises(UnknownStandardError, match="unknown standard 'moon'; known are fhir,"):
        standard("moon")


@pytest.mark.parametrize("name", registry.names())
def test_a_face_is_whole(name: str) -> None:
    one = standard(name)
    assert isinstance(one, Standard)
    assert one.name == name
    assert one.transports
    for feed in one.feeds:
        columns = one.columns(feed)
        assert feed in columns
        for names in columns.values():
            assert not set(names) & set(COMMON)
    for said in one.conventions.values():
        assert said["description"]


@pytest.mark.parametrize("name", registry.names())
def test_the_feeds_of_a_face_are_those_that_its_readers_know(name: str) -> None:
    said, readable = set(standard(name).feeds), standard(name).readable()
    assert said == readable, (
        f"a reader without an entry in FEEDS: {sorted(readable - said)};"
        f" an entry without a reader: {sorted(said - readable)}"
    )


def test_what_is_said_of_feeds_costs_no_reader() -> None:
    """Definitions are read often; readers and clients are imported when bytes are there to read."""
    code = (
        "import sys; from throughline.sources import definition, source_names;"
        "[definition(name) for name in source_names()];"
        "print([m for m in ('throughline.sources.fhir.ndjson', 'throughline.sources.x12.reader',"
        " 'throughline.sources.hl7v2.siu', 'httpx', 'requests', 'paramiko', 'psycopg')"
        " if m in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(INCLUDE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"


NEW = """
from throughline.sources.standard import Contents, Standard


class Pigeon(Standard):
    name = "pigeon"
    transports = ("folder",)
    suffix = "pigeon"
    not_used = "no_message"

    def scan(self, stream, file, definition):
        return Contents({"location": 1})

    def read(self, stream, file, feed, definition):
        yield from ()

    def readable(self):
        return frozenset({"location"})

    def columns(self, feed):
        return {"location": ()}


STANDARD = Pigeon()
"""


def test_a_new_package_and_its_feeds_are_all_that_a_standard_needs(tmp_path: Path) -> None:
    include = tmp_path / "include"
    for part in ("throughline", "definitions"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(INCLUDE / part, include / part, ignore=ignored)
    package = include / "throughline" / "sources" / "pigeon"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "standard.py").write_text(NEW)
    catalogue = include / "throughline" / "sources" / "feeds" / "fhir.py"
    said = catalogue.read_text()
    entry = """name="location",\n        standards=("fhir","""
    assert entry in said
    catalogue.write_text(said.replace(entry, entry + """ "pigeon","""))
    code = (
        "from throughline.sources import registry; from throughline.sources.definitions import parse;"
        "feeds = {'location': {'expected_by': '03:00'}};"
        "one = parse({'source': 'loft', 'title': 'Loft', 'standard': 'pigeon', 'transport': 'folder',"
        " 'connection': 'loft', 'owner_team': 'billing', 'time_zone': 'America/New_York',"
        " 'feeds': feeds}, 'loft.yaml');"
        "print(registry.names(), registry.standard(one.standard).feeds)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(include)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "('fhir', 'hl7v2', 'pigeon', 'tabular', 'x12') ('location',)", (
        told.stderr
    )


def test_what_waits_in_files_is_not_asked_for() -> None:
    clearinghouse = definition("clearinghouse")
    nothing: Any = None  # it is refused before anything is asked of a warehouse or landed
    with pytest.raises(LookupError, match="x12 has no exports over sftp"):
        standard("x12").fetch(clearinghouse, Address("box"), nothing, nothing)


def test_every_source_of_the_tree_has_a_standard_and_feeds_of_it() -> None:
    for name in names_with_feeds():
        one = definition(name)
        face = standard(one.standard)
        assert one.transport in face.transports
        assert set(one.feeds) <= set(face.feeds)
