"""Checks a definition against its schema in `include/definitions/schemas/`; the words come from the vocabulary.

The schemas define the structure of a file and refer to `words.json` for its words. `make docs` writes that
file for editors; the checks here use the current vocabulary instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from throughline.vocabulary import keeping
from throughline.vocabulary.documents import DefinitionError, Document, Place, read
from throughline.vocabulary.lists import DEFINITIONS, Vocabulary, nearest, vocabulary

SCHEMAS = DEFINITIONS / "schemas"
WORDS = "words.json"
FILES = (
    "calendars",
    "codes",
    "exceptions",
    "payers",
    "permissions",
    "practice",
    "teams",
    "vocabulary",
)
"""The definition files of which a practice has exactly one: `<name>.yaml`, with schema `<name>.json`."""


def load(path: Path, schema: str, words: Vocabulary | None = None) -> Document:
    """Read a definition and check it against its schema. Raises `DefinitionError`.

    `words` defaults to the vocabulary of the file's folder.
    """
    document = read(path)
    check(document, schema, words or vocabulary(path.parent))
    return document


def check_files(definitions: Path = DEFINITIONS) -> None:
    """Raise `DefinitionError` with every problem in the files that a practice has exactly one of."""
    words = vocabulary(definitions)
    found = []
    for name in FILES:
        document = read(definitions / f"{name}.yaml")
        found += problems(document, name, words)
        if name == "exceptions" and isinstance(document.data, dict):
            lost = [word for word in words.words["exception_reason"] if word not in document.data]
            found += [f"{document.at(())}: {word} is missing: a step opens it" for word in lost]
        if name == "practice" and not found:
            found += _places_twice(document)
            found += keeping.too_short(document, read(definitions / "payers.yaml").data["payers"])
        if name == "permissions" and not found:
            lost = [word for word in words.words["permission"] if word not in document.data["may"]]
            found += [
                f"{document.at(('may',))}: {word} is missing: say who may, or [] for nobody"
                for word in lost
            ]
        if name == "teams" and not found:
            found += _not_of_a_team(document)
    if found:
        raise DefinitionError("\n".join(found))


def _places_twice(document: Document) -> Iterator[str]:
    """Yield the location codes that two sites both claim; a source's code must name one site."""
    first: dict[tuple[str, str], str] = {}
    for site, said in (document.data.get("sites") or {}).items():
        for source, codes in said["locations"].items():
            for number, code in enumerate(codes):
                other = first.setdefault((source, code), site)
                if other != site:
                    place = ("sites", site, "locations", source, number)
                    yield f"{document.at(place)}: {code!r} of {source} already belongs to {other}"


def _not_of_a_team(document: Document) -> Iterator[str]:
    """Yield members with the name of a team, and logins that belong to nobody or to two people."""
    owner: dict[str, str] = {}
    for team, said in document.data.items():
        members = said.get("members") or []
        for number, member in enumerate(members):
            if member in document.data:
                yield f"{document.at((team, 'members', number))}: {member!r} is the name of a team"
        for login, member in (said.get("system_users") or {}).items():
            place = document.at((team, "system_users", login))
            if member not in members:
                yield f"{place}: {member!r} is no member of {team}: {_instead(member, members)}"
            if owner.setdefault(login, member) != member:
                yield f"{place}: is {owner[login]} in another team"


def check(document: Document, schema: str, words: Vocabulary) -> None:
    """Raise `DefinitionError` with every problem of a definition, one per line, in the order of the file."""
    found = problems(document, schema, words)
    if found:
        raise DefinitionError("\n".join(found))


def problems(document: Document, schema: str, words: Vocabulary) -> list[str]:
    """Return the problems of a definition as `file:line: place: problem`, in the order of the file."""
    found = []
    for error in _validator(schema, words).iter_errors(document.data):
        place: Place = tuple(error.absolute_path)
        found += [(at, text, error.validator == "notYet") for at, text in _told(error, place)]
    refused = {at for at, _, is_not_yet in found if is_not_yet}
    kept = {(at, text) for at, text, is_not_yet in found if is_not_yet or at not in refused}
    order = sorted(kept, key=lambda each: (document.lines.get(each[0], 0), str(each)))
    return [f"{document.at(at)}: {text}" for at, text in order]


def definitions_of(words: Vocabulary) -> dict[str, Any]:
    """Return the content of `words.json`: a schema for each list, with the meaning of each word."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The words of the definitions. Written by `make docs`",
        "$defs": {
            name: {
                "title": words.titles[name],
                "enum": list(listed),
                "enumDescriptions": list(listed.values()),
                **({"notYet": dict(words.not_yet[name])} if name in words.not_yet else {}),
            }
            for name, listed in sorted(words.words.items())
        },
    }


def schema_of(name: str) -> dict[str, Any]:
    """Return a schema by its name: `workflow`, `payers`."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _validator(name: str, words: Vocabulary) -> Any:
    # Imported here: DAG files that name a source are parsed all the time.
    from jsonschema import Draft202012Validator, ValidationError, validators
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    def not_yet(_: Any, reasons: str | dict[str, str], instance: Any, __: Any) -> Iterator[Any]:
        reason = (
            reasons
            if isinstance(reasons, str)
            else reasons.get(instance)
            if isinstance(instance, str)
            else None
        )
        if reason is not None:
            yield ValidationError(reason)

    def time_zone(_: Any, __: Any, instance: Any, ___: Any) -> Iterator[Any]:
        known = available_timezones()
        if isinstance(instance, str) and instance not in known:
            yield ValidationError(f"{instance!r} is not a time zone: {_instead(instance, known)}")

    resource = Resource.from_contents(definitions_of(words), default_specification=DRAFT202012)
    extend: Any = validators.extend
    kind = extend(Draft202012Validator, {"notYet": not_yet, "timeZone": time_zone})
    return kind(schema_of(name), registry=Registry().with_resource(WORDS, resource))


def _told(error: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield (place, problem) for an error of jsonschema; the problem suggests the nearest valid word."""
    schema = error.schema
    if "propertyNames" in error.absolute_schema_path:
        place = (*place, str(error.instance))
    if error.validator == "notYet":
        said = f"{error.instance!r} is" if isinstance(error.validator_value, dict) else "this is"
        yield place, f"{said} not supported yet: {error.message}"
    elif error.validator == "enum" and isinstance(error.instance, str):
        title = schema.get("title", "")
        text = (
            f"{error.instance!r} is not a known {title}"
            if title
            else f"{error.instance!r} is not allowed"
        )
        yield place, f"{text}: {_instead(error.instance, error.validator_value)}"
    elif error.validator == "additionalProperties" and error.validator_value is False:
        known = schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield (*place, key), f"unknown key {key!r}: {_instead(key, known)}"
    elif error.validator == "oneOf" and all(
        set(each) == {"required"} for each in error.validator_value
    ):
        keys = [key for each in error.validator_value for key in each["required"]]
        yield place, f"exactly one of {', '.join(keys)} is required here"
    else:
        yield place, error.message


def _instead(word: str, words: Any) -> str:
    """Return a suggestion for an invalid word: the nearest valid one."""
    if not words:
        return "there is none yet"
    return f"the nearest is {nearest(word, (str(each) for each in words))!r}"
