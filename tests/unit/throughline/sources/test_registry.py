"""Standards: found by the name of their package, and all with one face."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import throughline
from throughline.sources import registry
from throughline.sources.definitions import definition, source_names
from throughline.sources.registry import UnknownStandardError, standard
from throughline.sources.standard import Standard
from throughline.sources.table import COMMON

INCLUDE = Path(throughline.__file__).resolve().parents[1]


def test_a_package_with_a_face_is_a_standard():
    assert registry.names() == ("fhir", "hl7v2", "x12")
    with pytest.raises(UnknownStandardError, match="no standard is called 'moon'; there are fhir,"):
        standard("moon")


@pytest.mark.parametrize("name", registry.names())
def test_a_face_is_whole(name):
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
def test_the_feeds_of_a_face_are_those_that_its_readers_know(name):
    assert set(standard(name).feeds) == standard(name).readable()


def test_what_is_said_of_feeds_costs_no_reader():
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


def test_every_source_of_the_tree_has_a_standard_and_feeds_of_it():
    for name in source_names():
        one = definition(name)
        face = standard(one.standard)
        assert one.transport in face.transports
        assert set(one.feeds) <= set(face.feeds)
