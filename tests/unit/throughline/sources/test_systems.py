"""Definitions of sources side by side: who takes which work, and what two of them cannot both say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.sources import systems
from throughline.sources.definitions import SourceDefinitionError
from throughline.sources.systems import connections

CHART = {"connection": "one", "roles": {"chart": {}, "outreach": {}}, "ids": "bare"}
PAYER = {"connection": "files", "roles": {"payer": {}}}
OTHER = {"connection": "files", "roles": {"payer": {"receiver_id": "OTHER"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, **definitions: dict[str, Any]) -> None:
    for name, said in definitions.items():
        raw = {"source": name, "title": name, "owner_team": "billing"} | said
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(raw))


def test_a_system_may_have_roles_and_no_feeds(folder: Path) -> None:
    write(folder, queue={"connection": "work", "roles": {"billing": {}}})
    (queue,) = systems.systems(folder)
    assert (queue.feeds, queue.standard) == ({}, "")
    assert queue.roles["billing"].connection == "work"


def test_a_role_has_a_connection_of_its_own_or_that_of_the_feeds(folder: Path) -> None:
    write(
        folder,
        chart=CHART,
        desk={"roles": {"schedule": {"connection": "desk_api"}}},
        files=PAYER,
    )
    found = {one.source: one for one in systems.systems(folder)}
    assert found["chart"].roles["outreach"].connection == "one"
    assert connections(folder) == ["desk_api", "files", "one"]


REFUSED: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "no connection": (
        {"aa": {"roles": {"schedule": {}}}},
        "aa.yaml: roles/schedule/connection: is missing; write the id of an Airflow connection",
    ),
    "two that serve every payer": (
        {"aa": PAYER, "bb": OTHER},
        "bb.yaml: serves: aa also serves every payer for every billing provider;",
    ),
    "one that serves every payer, and one of them": (
        {"aa": PAYER, "bb": OTHER | {"serves": {"payers": ["P1", "P2"]}}},
        "bb.yaml: serves: aa also serves payer P1, P2 for every billing provider;",
    ),
    "one payer of two": (
        {
            "aa": PAYER | {"serves": {"payers": ["P1", "P2"]}},
            "bb": OTHER | {"serves": {"payers": ["P2", "P3"]}},
        },
        "bb.yaml: serves: aa also serves payer P2 for every billing provider;",
    ),
    "a payer, and a billing provider of every payer": (
        {
            "aa": PAYER | {"serves": {"payers": ["P1"]}},
            "bb": OTHER | {"serves": {"billing_npi": ["1234567893"]}},
        },
        "bb.yaml: serves: aa also serves payer P1 for billing provider 1234567893;",
    ),
    "two without a name for their files": (
        {
            "aa": PAYER | {"serves": {"payers": ["P1"]}},
            "bb": PAYER | {"serves": {"payers": ["P2"]}},
        },
        "bb.yaml: roles/payer/receiver_id: aa already uses the receiver",
    ),
    "two charts whose visits are named by their id alone": (
        {"aa": CHART, "bb": CHART},
        "bb.yaml: ids: the visits of aa already go by their bare id",
    ),
    "a chart that is not there": (
        {"aa": CHART, "bb": {"connection": "desk", "roles": {"schedule": {}}, "serves": {"charts": ["cc"]}}},
        "bb.yaml: serves/charts: no source cc has the role chart",
    ),
    "a name that is taken": (
        {"pcn": {"connection": "work", "roles": {"billing": {}}}},
        "pcn.yaml: source: this name is reserved",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_names_file_field_and_reason(folder: Path, name: str) -> None:
    definitions, said = REFUSED[name]
    write(folder, **definitions)
    with pytest.raises(SourceDefinitionError) as refused:
        systems.systems(folder)
    file, _, rest = said.partition(": ")
    assert re.match(
        rf"{re.escape(str(folder / file))}(:\d+)?: {re.escape(rest)}", str(refused.value)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"payers": ["P1"]}, {"payers": ["P2"]}),
        ({"billing_npi": ["1234567893"]}, {"billing_npi": ["1999999984"]}),
        (
            {"payers": ["P1"], "billing_npi": ["1234567893"]},
            {"payers": ["P1"], "billing_npi": ["1999999984"]},
        ),
    ],
)
def test_two_systems_may_share_the_payers_between_them(
    folder: Path, one: dict[str, list[str]], other: dict[str, list[str]]
) -> None:
    write(folder, aa=PAYER | {"serves": one}, bb=OTHER | {"serves": other})
    assert [each.source for each in systems.systems(folder)] == ["aa", "bb"]


def test_two_charts_may_be_there_if_one_names_its_visits(folder: Path) -> None:
    write(folder, aa=CHART | {"ids": "named"}, bb=CHART)
    assert [each.ids for each in systems.systems(folder)] == ["named", "bare"]
