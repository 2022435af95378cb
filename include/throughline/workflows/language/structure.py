"""Checks what stands where in a file: `workflow_language.json`, and which keys a condition may have together.

The schema is what editors complete from; the words of its lists come from the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from throughline.vocabulary import Document, Place, Vocabulary, nearest
from throughline.vocabulary.schemas import WORDS, definitions_of, schema_of
from throughline.workflows.language.reading import Problem

SCHEMA = "workflow_language"
WORKFLOW, STANDARD_STAGES, STANDING_RULES = SCHEMA, "standard_stages", "standing_rules"
"""The schemas of the three kinds of file."""

WINDOW = ("from", "to", "at", "same")
MAY: Mapping[str, tuple[str, ...]] = {
    "exists": WINDOW,
    "none": WINDOW,
    "count": ("at_least", "at_most", "distinct", *WINDOW),
    "sum": ("at_least", "at_most", *WINDOW),
    "latest": ("is", *WINDOW),
    "stage": ("is", "from", "to", "at"),
    "bills": (),
    "age": ("at",),
    "all": (),
    "any": (),
    "first_of": (),
    "not": (),
}
"""What a condition asks, and the keys that may stand beside it."""

_IS = {list: "a list", dict: "keys with values", str: "text", bool: "true or false"}
_WANTED = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def problems(document: Document, words: Vocabulary, schema: str = WORKFLOW) -> list[Problem]:
    """Return what is wrong with the structure of a file, in no order."""
    if document.data is None:
        return []
    found = [
        problem
        for error in _validator(schema, words).iter_errors(document.data)
        for problem in _told(error, tuple(error.absolute_path))
    ]
    hidden = {place for each in found for place in each.hides}
    found = [each for each in found if not (each.is_lack and _is_misspelt(each.place, hidden))]
    return found + [
        each
        for each in _shapes(document.data, ())
        if not any((*each.place, head) in hidden for head in MAY)
    ]


def _is_misspelt(place: Place, hidden: set[Place]) -> bool:
    """Tell whether what is missed at a place is there under a key that is misspelt."""
    return any(other[: len(place)] == place for other in hidden)


def pruned(data: Any, places: Iterable[Place]) -> Any:
    """Return the data without what stands at some places, so that what is left can be checked further.

    An entry of a list becomes empty, so that the others keep their places.
    """
    wrong = set(places)

    def kept(part: Any, place: Place) -> Any:
        if isinstance(part, dict):
            return {k: kept(v, (*place, k)) for k, v in part.items() if (*place, k) not in wrong}
        if isinstance(part, list):
            return [
                {} if (*place, n) in wrong else kept(v, (*place, n)) for n, v in enumerate(part)
            ]
        return part

    whole = {} if () in wrong else kept(data, ())
    return whole if isinstance(whole, dict) else {}


_MADE: dict[tuple[str, int], tuple[Vocabulary, Any]] = {}
"""Validators by schema and vocabulary: one takes longer to make than a file takes to check."""


def _validator(schema: str, words: Vocabulary) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    made = _MADE.get((schema, id(words)))
    if made is not None and made[0] is words:
        return made[1]
    said = {WORDS: definitions_of(words), f"{SCHEMA}.json": schema_of(SCHEMA)}
    resources = [
        (uri, Resource.from_contents(each, default_specification=DRAFT202012))
        for uri, each in said.items()
    ]
    registry: Any = Registry().with_resources(resources).crawl()
    validator = Draft202012Validator(schema_of(schema), registry=registry)
    _MADE.clear()  # the words of one practice are asked for at a time
    _MADE[schema, id(words)] = words, validator
    return validator


def _told(error: Any, place: Place) -> Iterator[Problem]:
    """Yield what an error of jsonschema means, in the words of whoever writes the file."""
    schema, said, wanted = error.schema, error.instance, error.validator_value
    kind = error.validator
    if "propertyNames" in error.absolute_schema_path:
        place = (*place, str(said))
    if "told" in schema and kind in ("pattern", "const"):
        yield _hiding(place, f"{_shown(said)} {schema['told']}")
    elif kind == "type":
        yield Problem(place, _other_type(said, wanted), None, (place,), True)
    elif kind in ("enum", "const"):
        known = wanted if kind == "enum" else [wanted]
        title = schema.get("title", "word here")
        yield _hiding(place, f"{_shown(said)} is not {_a(title)}: {_instead(said, known)}")
    elif kind == "additionalProperties" and wanted is False:
        known = schema.get("properties", {})
        if list(known) == ["first_of"] and "code" in said:
            told = "this row is by itself: put the rows of each line below a `first_of`"
            yield Problem(place, told, None, (place, (*place, "first_of")), True)
            return
        for key in (key for key in said if key not in known):
            told = f"there is no key {key!r} here: {_instead(key, known)}"
            near = (*place, str(nearest(key, known)))
            yield Problem((*place, key), told, None, ((*place, key), near), True)
    elif kind == "required":
        for key in (key for key in wanted if key not in said):
            about = schema.get("properties", {}).get(key, {}).get("description", "")
            told = f"{key} is missing" + (f". {about}" if about else "")
            yield Problem((*place, key), told, is_lack=True)
    elif kind == "oneOf":
        if not isinstance(said, dict):
            return  # that it is no mapping is told by itself
        keys = [key for each in wanted for key in each["required"]]
        there = [key for key in keys if key in said]
        if there:
            yield Problem(place, f"{' and '.join(there)} are both here: write one of them")
        else:
            yield Problem(place, f"one of {', '.join(keys)} is missing", is_lack=True)
    elif kind in _PLAIN:
        yield Problem(place, _PLAIN[kind])
    else:
        bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
        told = f"must be {bound[kind]} {wanted}" if kind in bound else "is not allowed here"
        yield _hiding(place, f"{_shown(said)} {told}")


_EMPTY = "this is empty: write what it should say, or leave the key out"
_PLAIN: Mapping[str, str] = {
    "minItems": _EMPTY,
    "minProperties": _EMPTY,
    "minLength": _EMPTY,
    "maxProperties": "a moment has one anchor: write `soonest` for the earliest of several",
    "uniqueItems": "the list has one entry twice",
}


def _hiding(place: Place, text: str) -> Problem:
    """Return a problem of which others at its place would only follow."""
    return Problem(place, text, None, (place,))


def _other_type(said: Any, wanted: Any) -> str:
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    if isinstance(said, int | float) and not isinstance(said, bool) and "string" in kinds:
        return f'{said} is a number here: write it in quotes, "{said}"'
    if isinstance(said, bool) and "string" in kinds:
        return f'{str(said).lower()} is not text here: write it in quotes, "{str(said).lower()}"'
    names = " or ".join(_WANTED[kind] for kind in kinds)
    what = _IS.get(type(said), "a number")
    return f"this is {what}: write {names}"


def _a(title: str) -> str:
    """Return a title with its article."""
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"


def _shown(said: Any) -> str:
    return repr(said) if isinstance(said, str) else str(said)


def _instead(word: Any, known: Any) -> str:
    """Return what to write instead of a word that is not known: the nearest that is."""
    listed = [str(each) for each in known]
    if not listed:
        return "leave it out"
    if len(listed) <= 6 and not isinstance(word, str):
        return f"write one of {', '.join(listed)}"
    return f"the nearest is {nearest(str(word), listed)!r}"


def _shapes(data: Any, place: Place) -> Iterator[Problem]:
    """Yield what is wrong in the conditions of a file: which keys stand together."""
    if isinstance(data, list):
        for number, each in enumerate(data):
            yield from _shapes(each, (*place, number))
        return
    if not isinstance(data, dict):
        return
    if _is_condition(place):
        yield from _shape(data, place)
    for key, value in data.items():
        yield from _shapes(value, (*place, key))


_CONDITIONS = frozenset(
    {"unless", "population", "proof", "met_by", "pauses", "skips_when", "when", "only_if"}
)


def _is_condition(place: Place) -> bool:
    """Tell whether a condition stands at a place: by its key, or as a part of another one."""
    if not place or place[0] == "facts":
        return False
    if not isinstance(place[-1], int):
        return place[-1] in _CONDITIONS or place[-1] == "not"
    if len(place) < 2 or place[-2] not in ("all", "any", "first_of"):
        return False
    return place[-2] != "first_of" or place[0] != "bills" or "when" in place or "only_if" in place


def _shape(words: dict[str, Any], place: Place) -> Iterator[Problem]:
    asked = [key for key in MAY if key in words]
    if len(asked) != 1:
        told = (
            f"{' and '.join(asked)} are two questions: put them below `all` or `any`"
            if asked
            else f"nothing is asked here: write one of {', '.join(MAY)}"
        )
        yield _hiding(place, told)
        return
    (head,) = asked
    for key in words:
        if key != head and key not in MAY[head] and any(key in may for may in MAY.values()):
            told = f"{key} has no effect beside {head}"
            others = [each for each, may in MAY.items() if key in may]
            yield Problem((*place, key), f"{told}: it goes with {', '.join(others)}")
    if "at" in words and ("from" in words or "to" in words) and head != "age":
        yield Problem(
            (*place, "at"), "`at` is one moment, `from` and `to` are a window: write one of both"
        )
    if head in ("count", "sum") and not {"at_least", "at_most"} & words.keys():
        yield Problem(place, f"{head} has no bound: write at_least or at_most")
    if head in ("latest", "stage"):
        yield from _is(head, words, place)
    if (
        head == "age"
        and isinstance(words["age"], dict)
        and not {"from", "to"} & words["age"].keys()
    ):
        yield Problem(place, "age has no bound: write from or to, in years")
    least, most = words.get("at_least"), words.get("at_most")
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        yield Problem((*place, "at_most"), f"at most {most} and at least {least} cannot both hold")


def _is(head: str, words: dict[str, Any], place: Place) -> Iterator[Problem]:
    if "is" not in words:
        what = "in which state the stage must be" if head == "stage" else "which codes it has"
        yield Problem((*place, "is"), f"`is` is missing beside {head}: it says {what}")
    elif head == "latest" and not isinstance(words["is"], list):
        yield Problem((*place, "is"), "the codes of `latest` are a list: write [ ] around them")
    elif head == "stage" and isinstance(words["is"], list):
        yield Problem((*place, "is"), "a stage is in one state: leave [ ] out, or write `any`")
    elif head == "stage" and words["is"] != "proven" and {"from", "to", "at"} & words.keys():
        key = next(key for key in ("from", "to", "at") if key in words)
        yield Problem((*place, key), "only `is: proven` has a time: when the stage was proven")
