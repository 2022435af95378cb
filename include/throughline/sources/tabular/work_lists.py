"""Work lists in source definitions: what is wrong with one, which feeds bring answers, how an answer names its row.

DAG files import this module, so it imports nothing heavy at the top.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from throughline.sources.checks import instead
from throughline.sources.source import SourceDefinition
from throughline.vocabulary import DefinitionError, layers

ROLES = ("outreach", "schedule", "documentation", "billing")
"""The roles whose work can go out as a list."""

FORM = "work_list"
TRANSPORTS = ("folder", "sftp")
BETWEEN = " | "
"""What stands between number and name in the subject of an answer, until it is named (`sources.tabular.answers`)."""

_MISTAKEN = str.maketrans("OIL", "011")


def folded_number(number: str) -> str:
    """Return the number of a row without what people leave out or mistake when they type it: `W7K3MQ9QX2T`."""
    return "".join(c for c in number.upper() if c.isascii() and c.isalnum()).translate(_MISTAKEN)


def letters_of(name: str) -> str:
    """Return the letters of a name by which an answer is compared with its row: a to z and digits, nothing else.

    An encoding that was mistaken breaks only letters with marks. A name without any of a to z stays as it is.
    """
    return "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "".join(name.split())


def named(number: str, name: str) -> str:
    """Return number and name of an answer as the subject of its record, until that is named."""
    return f"{folded_number(number)}{BETWEEN}{letters_of(name)}"


def mistakes(name: str, role: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the form of a role, and with its list."""
    at = f"roles/{name}"
    if "form" in role and name not in ROLES:
        yield f"{at}/form: does not apply to the role {name}; leave it out"
    if role.get("form") != FORM:
        if "list" in role:
            yield f"{at}/list: applies only to form: {FORM}; leave it out, or write the form"
        return
    said = role.get("list", {})
    transport = said.get("transport", raw.get("transport"))
    if transport not in TRANSPORTS:
        yield f"{at}/list/transport: is missing; write folder or sftp: how the file gets there"
    folder = said.get("folder", "")
    if folder.startswith("/") or ".." in folder.split("/"):
        yield f"{at}/list/folder: {folder!r} leads elsewhere; write it from where the connection leads"
    if int(said.get("permissions", "0600"), 8) & 0o007:
        yield f'{at}/list/permissions: everybody could read about patients; write "0600" or "0640"'
    elif not int(said.get("permissions", "0600"), 8) & 0o400:
        yield f'{at}/list/permissions: nobody could read it; write "0600" or "0640"'
    is_same = role.get("connection", raw.get("connection")) == raw.get("connection")
    if "feeds" in raw and is_same and _plain(folder) == _plain(raw.get("folder", "")):
        yield f"{at}/list/folder: our lists would be read there as answers; write another folder than {folder!r}"
    yield from _unknown_workflows(at, said.get("bring", {}))
    words = _read_words(raw)
    for number, word in enumerate(said.get("outcomes", ()) if words is not None else ()):
        if _folded(word) not in (words or ()):
            yield (
                f"{at}/list/outcomes/{number}: no table of this source reads {word!r};"
                " map it in conventions/codes or a lookup, name it in when, or ignore it"
            )


def _unknown_workflows(at: str, bring: Mapping[str, str]) -> Iterator[str]:
    try:
        known = list(layers().files("workflows"))
    except DefinitionError:  # its own check says so
        return
    for workflow in bring:
        if workflow not in known:
            yield f"{at}/list/bring/{workflow}: there is no workflow {workflow!r}; {instead(workflow, known)}"


def answered(definition: SourceDefinition) -> frozenset[str]:
    """Return the feeds of a source whose records answer rows of our lists."""
    tables = definition.conventions.get("tables", {})
    return frozenset(
        record["feed"]
        for table in tables.values()
        for record in table["records"]
        if "row" in record
    )


def _read_words(raw: Mapping[str, Any]) -> set[str] | None:
    """Return every word that the tables of answers read; None if the source reads none."""
    conventions = raw.get("conventions", {})
    tables = conventions.get("tables")
    if not isinstance(tables, Mapping):
        return None
    records = [r for t in tables.values() for r in t.get("records", ()) if "row" in r]
    if not records:
        return None
    found: set[str] = set()
    for codes in conventions.get("codes", {}).values():
        found |= {_folded(word) for word in codes}
    for table in tables.values():
        for conditions in (*table.get("ignore", ()), *(r.get("when", {}) for r in records)):
            for condition in conditions.values():
                found |= {_folded(word) for word in _words(condition)}
    for record in records:
        for value in record.get("columns", {}).values():
            if isinstance(value, Mapping):
                found |= {_folded(word) for word in value.get("lookup", {})}
    return found


def _words(condition: Any) -> Iterable[Any]:
    if isinstance(condition, Mapping):
        return ()
    return condition if isinstance(condition, list) else (condition,)


def _folded(word: object) -> str:
    return " ".join(str(word).split()).casefold()


def _plain(folder: str) -> str:
    return "/".join(part for part in folder.split("/") if part not in ("", "."))
