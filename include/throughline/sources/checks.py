"""Describes errors in a definition, and says what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from throughline.vocabulary import Place


def instead(word: object, known: Collection[str]) -> str:
    """Return what to write for an unknown word: the nearest known one, and the list of all."""
    near = get_close_matches(str(word), list(known), n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"{guess}write one of {', '.join(known)}"


def problems(raw: Any, schema: Mapping[str, Any], at: str = "") -> list[str]:
    """Return the violations of a JSON schema in a document: the place, its value, and what to write."""
    import jsonschema

    found = jsonschema.Draft202012Validator(schema).iter_errors(raw)
    return sorted(text for error in found for text in _told(error, at))


def _told(error: Any, at: str) -> Iterator[str]:
    place = "/".join([*([at] if at else []), *(str(part) for part in error.absolute_path)])
    value, schema = error.instance, error.schema
    if error.validator == "additionalProperties" and schema["additionalProperties"] is False:
        fields = schema.get("properties", {})
        for name in sorted(value.keys() - fields.keys()):
            yield f"{_join(place, name)}: there is no such field; {instead(name, fields)}"
    elif error.validator == "required":
        for name in sorted(set(schema["required"]) - value.keys()):
            wanted = schema.get("properties", {}).get(name, {}).get("description", "a value")
            yield f"{_join(place, name)}: is missing; write {wanted}"
    elif error.validator == "dependentRequired":
        for named, needed in schema["dependentRequired"].items():
            for name in sorted(set(needed) - value.keys()) if named in value else ():
                wanted = schema["properties"][name].get("description", "a value")
                yield f"{_join(place, name)}: is missing; write {wanted}"
    elif error.validator == "enum":
        yield f"{place}: {value!r} is not allowed; {instead(value, schema['enum'])}"
    else:
        wanted = schema.get("description", error.message)
        yield f"{place or 'document'}: {value!r} cannot be read; write {wanted}"


def _join(place: str, name: object) -> str:
    return f"{place}/{name}" if place else str(name)


def with_line(told: str, file: str, lines: Mapping[Place, int]) -> str:
    """Prefix a message with its file, and with the line of the nearest enclosing place."""
    place: Place = tuple(
        int(step) if step.isdigit() else step for step in told.partition(":")[0].split("/")
    )
    known = next((p for n in range(len(place), 0, -1) if (p := place[:n]) in lines), None)
    return f"{file}: {told}" if known is None else f"{file}:{lines[known]}: {told}"
