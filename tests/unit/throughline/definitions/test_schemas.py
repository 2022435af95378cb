"""Each definition of ours names its schema for editors, once, and the schema is the one that the check uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from throughline.definitions.lay_out import MODELINE
from throughline.vocabulary import OURS

FILES = sorted(OURS.rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_each_file_names_its_schema_once(file: Path) -> None:
    text = file.read_text("utf-8")
    (line,) = [one for one in text.splitlines() if one.startswith(MODELINE)]
    schema = (file.parent / line.removeprefix(f"{MODELINE} $schema=")).resolve()
    assert schema.is_file()
    # as an editor reads it: with the files beside it, and none of our own words in Python
    beside = {
        path.name: DRAFT202012.create_resource(json.loads(path.read_text("utf-8")))
        for path in schema.parent.glob("*.json")
    }
    registry: Any = Registry().with_resources(beside.items())
    said = json.loads(schema.read_text("utf-8"))
    validator = Draft202012Validator(said, registry=registry)
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []
    assert not validator.is_valid({"no": "definition"})
