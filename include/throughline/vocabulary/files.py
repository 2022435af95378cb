"""Checks the definition files of which a practice has exactly one, each by itself and against the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from throughline.vocabulary import keeping
from throughline.vocabulary.documents import DefinitionError, Document, read, shown
from throughline.vocabulary.lists import Vocabulary, nearest, vocabulary
from throughline.vocabulary.overlay import DRAFTS, OURS, PARTS, WRITTEN_AGAINST, Layers, layers
from throughline.vocabulary.schemas import instead, problems

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


def check_files(definitions: Path | None = None) -> None:
    """Raise `DefinitionError` with every problem in the files that a practice has exactly one of."""
    folder = layers(definitions)
    found = faults(folder, vocabulary(folder))
    if found:
        raise DefinitionError("\n".join(found))


def faults(folder: Layers, words: Vocabulary) -> list[str]:
    """Return every problem of these files, one a line, in the order of the files. Raises nothing."""
    found: list[str] = []
    sound: dict[str, Document] = {}
    for name in FILES:
        try:
            document = read(folder.file(f"{name}.yaml"))
        except DefinitionError as error:
            found += str(error).splitlines()
            continue
        wrong = problems(document, name, words)
        if not wrong:
            sound[name] = document
        if name == "exceptions" and isinstance(document.data, dict):
            lost = [word for word in words.words["exception_reason"] if word not in document.data]
            wrong += [f"{document.at(())}: {word} is missing: a step opens it" for word in lost]
        found += wrong
    if practice := sound.get("practice"):
        found += _places_twice(practice)
        found += _not_left_out(practice, folder)
        if "payers" in sound:
            found += keeping.too_short(practice, sound["payers"].data["payers"])
    if calendars := sound.get("calendars"):
        found += _no_days(calendars)
    if permissions := sound.get("permissions"):
        lost = [word for word in words.words["permission"] if word not in permissions.data["may"]]
        found += [
            f"{permissions.at(('may',))}: {word} is missing: say who may, or [] for nobody"
            for word in lost
        ]
    if teams := sound.get("teams"):
        found += _not_of_a_team(teams)
    return found


def _not_left_out(document: Document, folder: Layers) -> Iterator[str]:
    """Yield names of `leave_out` that are none of ours, or that the practice has a file for."""
    for part, names in (document.data.get("leave_out") or {}).items():
        ours = sorted(path.stem for path in (OURS / part).glob("*.yaml"))
        for number, name in enumerate(names):
            place = document.at(("leave_out", part, number))
            mine = folder.mine(f"{part}/{name}.yaml")
            if mine is not None:
                yield f"{place}: {name} has a file of yours, {shown(mine)}: remove that file, or this line"
            elif name not in ours:
                yield f"{place}: {name!r} is none of ours: {instead(name, ours)}"


def strangers(own: Path) -> Iterator[str]:
    """Yield the files of a practice's folder that nothing reads, with the name that was probably meant.

    Names that begin with a dot, and other kinds of files, belong to the practice: a README, a `.git`.
    """
    known = [f"{name}.yaml" for name in FILES]
    for path in sorted(own.iterdir()):
        if path.name.startswith(".") or path.name == WRITTEN_AGAINST:
            continue
        if path.is_dir():
            near = nearest(path.name, (*PARTS, DRAFTS))
            if path.name not in (*PARTS, DRAFTS) and any(_yaml(path)):
                yield f"{shown(path)}: nothing reads this folder; the nearest that is read is {near!r}"
            continue
        if path.suffix in (".yaml", ".yml") and path.name not in known:
            near = nearest(path.name, known)
            yield f"{shown(path)}: nothing reads this file; the nearest that is read is {near!r}"
    for part in (*PARTS, DRAFTS):
        for path in _yaml(own / part):
            if path.suffix != ".yaml" or path.parent != own / part:
                yield f"{shown(path)}: nothing reads this file; write {own.name}/{part}/{path.stem}.yaml"


def _yaml(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml") and not path.name.startswith("."):
            yield path


def _no_days(document: Document) -> Iterator[str]:
    """Yield the first and last days of seasons that are days of no year."""
    for season, said in (document.data.get("seasons") or {}).items():
        for key in ("begins", "ends"):
            try:
                date.fromisoformat(f"2024-{said[key]}")  # a leap year: 02-29 is a day
            except ValueError:
                yield f"{document.at(('seasons', season, key))}: {said[key]!r} is a day of no year"


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
    """Yield members with the name of a team, and logins and NPIs that belong to nobody or to two people."""
    owner: dict[str, str] = {}
    holder: dict[str, str] = {}
    has: dict[str, str] = {}
    for team, said in document.data.items():
        members = said.get("members") or []
        for number, member in enumerate(members):
            if member in document.data:
                yield f"{document.at((team, 'members', number))}: {member!r} is the name of a team"
        for login, member in (said.get("system_users") or {}).items():
            place = document.at((team, "system_users", login))
            if member not in members:
                yield f"{place}: {member!r} is no member of {team}: {instead(member, members)}"
            if owner.setdefault(login, member) != member:
                yield f"{place}: is {owner[login]} in another team"
        for member, npi in (said.get("npis") or {}).items():
            place = document.at((team, "npis", member))
            if member not in members:
                yield f"{place}: {member!r} is no member of {team}: {instead(member, members)}"
            if holder.setdefault(npi, member) != member:
                yield f"{place}: {npi} is {holder[npi]}'s already: a number is one person's"
            if has.setdefault(member, npi) != npi:
                yield f"{place}: {member} has {has[member]} already: a person has one"
