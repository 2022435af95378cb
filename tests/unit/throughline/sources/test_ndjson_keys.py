"""Records in which a key stands twice (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

import json

import pytest

from tests.unit.throughline.sources.test_ndjson import META, both
from throughline.sources.fhir.ndjson import LOOKS, says_two_things

VISIT = (
    '{"resourceType":"Encounter","id":"e1","meta":' + json.dumps(META) + ',"status":"finished",'
    '"class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},'
    '"period":{"start":"2026-09-01T10:00:00Z","end":"2026-09-01T10:30:00Z"}}'
)


def spaced(line: str) -> str:
    """The same line as Python's own encoder writes it."""
    return json.dumps(json.loads(line))


def with_first(line: str, member: str) -> str:
    """A line in which `member` stands before all others."""
    return "{" + member + "," + line[1:]


TWICE = [
    '"id":"e2"',
    '"status":"cancelled"',
    '"subject":{"reference":"Patient/p2"}',
    '"class":{"code":"IMP"}',
    '"period":{"start":"2026-09-02T10:00:00Z"}',
    '"resourceType":"Patient"',
    '"meta":{"lastUpdated":"2020-01-01T00:00:00Z"}',
    '"subject":null',
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "", "  \n"])
@pytest.mark.parametrize("member", TWICE)
def test_a_record_that_says_two_things_is_set_aside(member: str, end: str) -> None:
    for line in (
        with_first(VISIT, member),
        with_first(VISIT, member.replace(":", " : ", 1)),
        with_first(spaced(VISIT), member),
        VISIT[:-1] + "," + member + "}",
    ):
        rows, faults = both("encounter", (VISIT + "\n" + line + end).encode())
        assert [row.source_id for row in rows] == ["e1"]
        # the last one stood for a record of another type
        told = "wrong_resource_type" if line.endswith('"Patient"}') else "key_with_two_values"
        assert [(f.reason, f.row, f.severity) for f in faults] == [(told, 2, "row")]


@pytest.mark.parametrize(
    "line",
    [
        VISIT,
        spaced(VISIT),
        # twice the same is one thing
        with_first(VISIT, '"id":"e1"'),
        with_first(VISIT, '"class": { "code": "AMB" }'),
        VISIT.replace('"id"', '"\\u0069d"'),
        VISIT.replace('"class"', ' \t"class"  '),
        with_first(VISIT, '"text":{"div":"\\"id\\":\\"e2\\",\\"id\\":"}'),
        with_first(VISIT, '"language":"en\\u2028"'),
        with_first(VISIT, '"identifier":[{"value":"1"},{"value":"2"}],"type":[{"text":"a"}]'),
    ],
)
def test_a_record_that_says_one_thing_is_read(line: str) -> None:
    for end in ("\n", "\r\n", ""):
        rows, faults = both("encounter", (line + end).encode())
        assert ([row.source_id for row in rows], faults) == (["e1"], [])


def test_what_a_program_writes_twice_it_writes_from_the_beginning() -> None:
    """To look at each line would take half as long again as to read it."""
    good, torn = VISIT + "\n", with_first(VISIT, '"id":"e2"') + "\n"

    def found(*text: str) -> list[int]:
        return [fault.row for fault in both("encounter", "".join(text).encode())[1]]

    assert found(good * (LOOKS - 1), torn) == [LOOKS]
    assert found(good * LOOKS, torn) == []
    assert found(good * 3, torn, good * LOOKS, torn) == [4, LOOKS + 5]


@pytest.mark.parametrize("key", ["subject", "patient", "beneficiary", "for"])
def test_two_patients_in_one_reference(key: str) -> None:
    one = '{"resourceType":"Task","%s":{"reference":"Patient/p1"%s}}'
    assert says_two_things((one % (key, ',"reference":"Patient/p2"')).encode())
    assert not says_two_things((one % (key, ',"display":"reference"')).encode())
    assert not says_two_things((one % (key, ',"identifier":{"value":"1"}')).encode())


@pytest.mark.parametrize(
    ("member", "source_id", "subject_id"),
    [
        ('"status":"planned"', "e1", "p1"),
        ('"subject":{"reference":"Patient/p2"}', "e1", None),
        ('"id":"e2"', None, None),
        ('"text":{"id":"x"},"status":"planned"', "e1", "p1"),
    ],
)
def test_it_names_whom_it_is_about_if_it_names_one(
    member: str, source_id: str | None, subject_id: str | None
) -> None:
    """Decided is for one record and one patient; of two nobody knows which."""
    [fault] = both("encounter", with_first(VISIT, member).encode())[1]
    assert (fault.source_id, fault.subject_id) == (source_id, subject_id)


def test_a_patient_with_two_ids_is_nobody() -> None:
    line = '{"resourceType":"Patient","id":"p1","id":"p2"}'
    [fault] = both("patient", line.encode())[1]
    assert (fault.source_id, fault.subject_id) == (None, None)


@pytest.mark.parametrize(
    ("labels", "is_test"),
    [
        ([{"code": "HTEST"}], True),
        ([{"code": "R"}, {"system": "http://x", "code": "HTEST"}], True),
        ([{"code": "R"}], False),
        ([], False),
    ],
)
def test_test_health_data_is_set_aside(labels: list[dict[str, str]], is_test: bool) -> None:
    """A security label of FHIR (v3-ActReason): what it is on is about nobody."""
    line = json.dumps({**json.loads(VISIT), "meta": {**META, "security": labels}})
    rows, faults = both("encounter", line.encode())
    assert (len(rows), [(f.reason, f.source_id, f.subject_id) for f in faults]) == (
        (0, [("test_data", "e1", "p1")]) if is_test else (1, [])
    )
