"""The schema that editors complete from: sound, described, and read as it stands on the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML

from tests.unit.language.loading.base import SOUND
from throughline.vocabulary.schemas import SCHEMAS, schema_of
from throughline.workflows.language import structure
from throughline.workflows.language.structure import MAY

NAMES = (structure.WORKFLOW, structure.STANDARD_STAGES, structure.STANDING_RULES)


def validator(name: str) -> Any:
    """Return what an editor makes of the files on the disk."""
    resources = [
        (
            path.name,
            Resource.from_contents(json.loads(path.read_text()), default_specification=DRAFT202012),
        )
        for path in SCHEMAS.glob("*.json")
    ]
    return Draft202012Validator(schema_of(name), registry=Registry().with_resources(resources))


def properties(schema: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a schema, with what is said of it."""
    if isinstance(schema, dict):
        for key, said in (
            schema.get("properties", {}).items()
            if isinstance(schema.get("properties"), dict)
            else ()
        ):
            yield f"{place}/{key}", said
        for key, below in schema.items():
            yield from properties(below, f"{place}/{key}")
    elif isinstance(schema, list):
        for number, below in enumerate(schema):
            yield from properties(below, f"{place}/{number}")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    list(validator(name).iter_errors({}))  # every reference leads somewhere


def test_every_key_is_described() -> None:
    schema = schema_of(structure.WORKFLOW)
    defs = schema["$defs"]
    silent = [
        place
        for place, said in properties(schema)
        if "description" not in said
        and "description" not in defs.get(said.get("$ref", "").rpartition("/")[2], {})
    ]
    assert not silent


def test_an_editor_takes_a_sound_workflow_and_not_another() -> None:
    words = YAML(typ="safe", pure=True).load(SOUND)
    assert list(validator(structure.WORKFLOW).iter_errors(words)) == []
    words["stages"][0]["prof"] = {}
    words["owner"] = "nobody"
    found = {error.validator for error in validator(structure.WORKFLOW).iter_errors(words)}
    assert found == {"additionalProperties", "enum"}


def test_what_a_condition_asks_is_what_the_schema_lets_it_say() -> None:
    keys = set(schema_of(structure.WORKFLOW)["$defs"]["condition"]["properties"])
    assert keys == set(MAY) | {key for may in MAY.values() for key in may}
