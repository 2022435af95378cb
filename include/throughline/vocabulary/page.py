"""Generates `docs/vocabulary.md`, and `words.json` for editors, from the vocabulary.

`python -m throughline.vocabulary.page [--check]`; with `--check` it writes nothing and exits with 1 if a file
differs.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from throughline import programs
from throughline.vocabulary.lists import ADDED, PRACTICE_LISTS, vocabulary
from throughline.vocabulary.overlay import OURS
from throughline.vocabulary.schemas import SCHEMAS, WORDS, definitions_of, schema_of
from throughline.vocabulary.words import LISTS

ROOT = OURS.parents[1]
PAGE = ROOT / "docs" / "vocabulary.md"
HEAD = """# The vocabulary

Written by `make docs` from `throughline.vocabulary` and the definitions of this tree; a test fails when it differs.

Definitions may use only these words. Any other word is refused, with its file, its line and the nearest valid word. A
word marked *not yet* has no effect so far and is refused as well; a workflow version that was registered with one
before goes on."""


def files(definitions: Path = OURS) -> dict[Path, str]:
    """Return the generated texts by path. Raises `DefinitionError` for definitions with invalid YAML."""
    schema = json.dumps(definitions_of(vocabulary(definitions)), indent=2, ensure_ascii=False)
    return {PAGE: render(definitions), SCHEMAS / WORDS: schema + "\n"}


def render(definitions: Path = OURS) -> str:
    """Return the page: each list with its words, where definitions use them, and which columns hold them."""
    said = places()
    words = vocabulary(definitions).words
    lines = [HEAD]
    for own in LISTS:
        key = ADDED.get(own.name)
        grows = f"A practice adds its own in `vocabulary.yaml` (`{key}`)." if key else ""
        held = ", ".join(f"`{column}`" for column in own.columns)
        lines += _section(
            own.title, own.about, grows, said.get(own.name, ()), held, words[own.name]
        )
        if own.not_yet:
            lines += ["", "Not yet:", ""]
            lines += [f"- `{word}`: {reason}" for word, reason in own.not_yet.items()]
    for practice in PRACTICE_LISTS:
        where = f"The practice's own, in `{practice.file}`."
        lines += _section(
            practice.title,
            practice.about,
            where,
            said.get(practice.name, ()),
            "",
            words[practice.name],
        )
    return "\n".join(lines) + "\n"


def places() -> dict[str, list[str]]:
    """Return, by list, where definitions use its words: the file, and the place in it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SCHEMAS.glob("*.json")):
        if path.name != WORDS:
            for name, place in _references(schema_of(path.stem), ()):
                found[name].append(f"{path.stem}: {'/'.join(place) or 'its keys'}")
    return found


def _references(node: Any, place: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (list, place) for each reference to a list of words in a schema."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item, place)
    if not isinstance(node, dict):
        return
    if str(node.get("$ref", "")).startswith(f"{WORDS}#/$defs/"):
        yield node["$ref"].rpartition("/")[2], place
    for key, value in node.items():
        if key == "properties":
            for name, below in value.items():
                yield from _references(below, (*place, name))
        elif key == "additionalProperties":
            yield from _references(value, (*place, "…"))
        else:
            yield from _references(value, place)


def _section(title: str, about: str, grows: str, said: Any, held: str, words: Any) -> Iterator[str]:
    yield from (
        "",
        f"## {title[0].upper()}{title[1:]}",
        "",
        " ".join(filter(None, (about, grows))),
        "",
    )
    if said:
        yield f"Used in {', '.join(f'`{place}`' for place in said)}.  "
    if held:
        yield f"Held by {held}; the database refuses every other word there.  "
    if said or held:
        yield ""
    yield from ("| word | meaning |", "|---|---|")
    yield from (f"| `{word}` | {meaning} |" for word, meaning in words.items())


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` report which are out of date."""
    stale = [
        path
        for path, text in files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    names = ", ".join(path.relative_to(ROOT).as_posix() for path in stale)
    if "--check" in arguments:
        sys.stdout.write(
            f"run `make docs`: {names}\n" if stale else "docs/vocabulary.md is up to date\n"
        )
        return 1 if stale else 0
    for path in stale:
        path.write_text(files()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]))
