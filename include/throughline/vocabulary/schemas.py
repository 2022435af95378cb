"""Checks a definition against its schema in `include/definitions/schemas/`; the words come from the vocabulary.

The schemas define the structure of a file and refer to `words.json` for its words. `make docs` writes that
file for editors; the checks here use the current vocabulary instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from throughline.vocabulary.documents import DefinitionError, Document, Place
from throughline.vocabulary.lists import Vocabulary, nearest
from throughline.vocabulary.numbers import is_npi, is_time_zone
from throughline.vocabulary.overlay import OURS

SCHEMAS = OURS / "schemas"
WORDS = "words.json"


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
        "$defs": {name: _list_of(name, words) for name in sorted(words.words)},
    }


def _list_of(name: str, words: Vocabulary) -> dict[str, Any]:
    if name in words.unread:
        return {"title": words.titles[name]}
    listed = words.words[name]
    return {
        "title": words.titles[name],
        "enum": list(listed),
        "enumDescriptions": list(listed.values()),
        **({"notYet": dict(words.not_yet[name])} if name in words.not_yet else {}),
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
        if isinstance(instance, str) and not is_time_zone(instance):
            known = available_timezones()
            yield ValidationError(f"{instance!r} is not a time zone: {instead(instance, known)}")

    def npi(_: Any, __: Any, instance: Any, ___: Any) -> Iterator[Any]:
        if isinstance(instance, str) and len(instance) == 10 and not is_npi(instance):
            yield ValidationError(
                f"{instance!r} is no NPI: its check digit does not fit; look it up"
            )

    named = {WORDS: definitions_of(words), "workflow.json": schema_of("workflow")}
    resources = [
        (uri, Resource.from_contents(said, default_specification=DRAFT202012))
        for uri, said in named.items()
    ]
    extend: Any = validators.extend
    kind = extend(Draft202012Validator, {"notYet": not_yet, "timeZone": time_zone, "npi": npi})
    return kind(schema_of(name), registry=Registry().with_resources(resources))


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
        yield place, f"{text}: {instead(error.instance, error.validator_value)}"
    elif error.validator == "additionalProperties" and error.validator_value is False:
        known = schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield (*place, key), f"unknown key {key!r}: {instead(key, known)}"
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                about = schema.get("properties", {}).get(key, {}).get("description", "")
                yield place, f"{key!r} is a required property" + (f": {about}" if about else "")
    elif error.validator == "oneOf" and all(
        set(each) == {"required"} for each in error.validator_value
    ):
        keys = [key for each in error.validator_value for key in each["required"]]
        yield place, f"exactly one of {', '.join(keys)} is required here"
    else:
        yield place, error.message


def instead(word: str, words: Any) -> str:
    """Return a suggestion for an invalid word: the nearest valid one."""
    if not words:
        return "there is none yet"
    return f"the nearest is {nearest(word, (str(each) for each in words))!r}"
