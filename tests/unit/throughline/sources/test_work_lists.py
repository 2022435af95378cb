"""What is wrong with a work list in a source definition, by its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.sources.definitions import parse
from throughline.sources.source import SourceDefinitionError

ROOT = Path(__file__).resolve().parents[4]
(EXAMPLE,) = re.findall(
    r"```yaml\n# sources/care_lists.yaml\n(.*?)```",
    (ROOT / "docs" / "work-lists.md").read_text("utf-8"),
    re.DOTALL,
)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with another value at a place; None takes it away."""
    said: dict[str, Any] = yaml.safe_load(EXAMPLE)
    at: Any = said
    *steps, last = path.split("/")
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return said


LIST = "roles/outreach/list"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (f"{LIST}/permissions", "0644", f"{LIST}/permissions: everybody could read about patients"),
        (f"{LIST}/permissions", "0000", f"{LIST}/permissions: nobody could read it"),
        (f"{LIST}/permissions", "rw", f"{LIST}/permissions:"),
        (f"{LIST}/folder", "../out", f"{LIST}/folder: '../out' leads elsewhere"),
        (f"{LIST}/folder", "/out", f"{LIST}/folder: '/out' leads elsewhere"),
        (f"{LIST}/folder", "./back/", f"{LIST}/folder: our lists would be read there as answers"),
        (f"{LIST}/file", "pdf", f"{LIST}/file:"),
        (f"{LIST}/outcomes", ["Reached", "Ill"], f"{LIST}/outcomes/1: no table of this source reads 'Ill'"),
        (f"{LIST}/bring", {"transitonal_care": "x"}, f"{LIST}/bring/transitonal_care: there is no workflow"),
        ("roles/outreach/form", "letter", "roles/outreach/form:"),
        ("roles/outreach/form", None, "roles/outreach/list: applies only to form: work_list"),
        ("roles/payer", {"form": "work_list"}, "roles/payer/form: does not apply to the role payer"),
        ("transport", "https", f"{LIST}/transport: is missing"),
        ("conventions/tables/calls/order", "position", "calls/records/0/row: a list of three days ago may come back"),
        ("conventions/tables/calls/records/0/patient", "Patient", "records/0/patient: the row's number says"),
        ("conventions/tables/calls/records/0/row", None, "records/0/patient: is missing"),
        ("conventions/tables/calls/records/0/row", {"number": "No."}, "records/0/row"),
        ("conventions/tables/calls/records/0/one_per", "key", "records/0/one_per: the row's number tells"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_place(path: str, value: Any, told: str) -> None:
    with pytest.raises(SourceDefinitionError) as error:
        parse(changed(path, value), "care_lists.yaml")
    assert told in str(error.value)


def test_the_example_is_right_and_its_lists_are_as_it_says() -> None:
    found = parse(yaml.safe_load(EXAMPLE), "care_lists.yaml")
    care = found.roles["outreach"].work_list
    assert care is not None
    assert (care.transport, care.folder, care.file, care.permissions) == (
        "sftp",
        "out",
        "xlsx",
        "0640",
    )
    assert found.roles["schedule"].work_list is not None
    assert found.roles["schedule"].work_list.permissions == "0600"
