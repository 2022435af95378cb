"""Puts a workflow together of one of ours and of what a practice says differently.

A file of the practice with `based_on: {workflow: …, version: …}` takes everything of that workflow that it does not say
itself: keys of the file whole, stages by their name. The result is checked, registered and pinned as any workflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from throughline.vocabulary import (
    OURS,
    DefinitionError,
    Document,
    Layers,
    Place,
    Vocabulary,
    nearest,
    problems,
    read,
    shown,
)
from throughline.vocabulary.overlay import WORKFLOWS, WRITTEN_AGAINST

OWN_KEYS = ("based_on", "stages", "without")
"""Keys of the file that say how to put it together; every other one replaces ours."""
OF_STAGE = ("after", "before", "remove", "without")
"""Keys of a stage that do the same there."""
_Parts = tuple[dict[str, Any], dict[Place, tuple[str, int]]]


def base_of(said: Any) -> tuple[str, int] | None:
    """Return the workflow and version on which a file says that it is based; None if it names none."""
    named = said.get("based_on") if isinstance(said, dict) else None
    if not isinstance(named, dict):
        return None
    workflow, version = named.get("workflow"), named.get("version")
    return (workflow, version) if isinstance(workflow, str) and isinstance(version, int) else None


def base_file(said: Any, folder: Layers) -> Path | None:
    """Return the file on which a workflow is based: ours, else the practice's copy of it; None if there is none.

    An update of ours changes nothing in this practice: until it takes note, its own copy of the older version holds.
    """
    named = base_of(said)
    if named is None:
        return None
    workflow, version = named
    places = [OURS, *([] if folder.own is None else [folder.own / WRITTEN_AGAINST])]
    for place in places:
        for path in sorted((place / WORKFLOWS).glob("*.yaml")):
            about = read(path).data
            if isinstance(about, dict) and (about.get("workflow"), about.get("version")) == (
                workflow,
                version,
            ):
                return path
    return None


def put_together(path: Path, folder: Layers, words: Vocabulary) -> tuple[Document, Path | None]:
    """Return the definition that a file makes, and the file of ours on which it is based. Raises `DefinitionError`."""
    document = read(path)
    if not isinstance(document.data, dict) or "based_on" not in document.data:
        return document, None
    wrong = problems(document, "based_on", words)
    if wrong:
        raise DefinitionError("\n".join(wrong))
    base = base_file(document.data, folder)
    if base is None:
        raise DefinitionError(f"{document.at(('based_on',))}: {_what_is_there(document.data)}")
    data, lines = _merged(read(base), document)
    whole = Document(
        document.name,
        data,
        {place: line for place, (_, line) in lines.items()},
        {place: file for place, (file, _) in lines.items()},
    )
    return whole, base


def _what_is_there(said: Any) -> str:
    """Return why there is no such version of ours, and what to write."""
    workflow, version = base_of(said) or ("", 0)
    ours = {}
    for path in (OURS / WORKFLOWS).glob("*.yaml"):
        about = read(path).data
        ours[about["workflow"]] = about["version"]
    if workflow not in ours:
        return f"{workflow!r} is none of our workflows: the nearest is {nearest(workflow, ours)!r}"
    return (
        f"version {version} of {workflow} is not ours any more, and no copy of it is in {WRITTEN_AGAINST}/{WORKFLOWS}:"
        f" ours is version {ours[workflow]}; read it in {shown(OURS / WORKFLOWS / f'{workflow}.yaml')},"
        f" and write version: {ours[workflow]}"
    )


def _places(document: Document, of: Place, to: Place) -> Iterator[tuple[Place, tuple[str, int]]]:
    """Yield (place, (file, line)) of everything at and below a place of a document, moved to another place."""
    for place, line in document.lines.items():
        if place[: len(of)] == of:
            yield (*to, *place[len(of) :]), (document.name, line)


def _merged(base: Document, own: Document) -> _Parts:
    data: dict[str, Any] = {}
    lines: dict[Place, tuple[str, int]] = dict(_places(own, (), ()))
    lines = {place: at for place, at in lines.items() if not place}
    gone = set(own.data.get("without", ()))
    unknown = sorted(gone - set(base.data))
    if unknown:
        near = nearest(unknown[0], base.data)
        raise DefinitionError(
            f"{own.at(('without',))}: {unknown[0]!r} is no key of {base.name}: the nearest is {near!r}"
        )
    for key in (*base.data, *(key for key in own.data if key not in base.data)):
        if key in OWN_KEYS or key in gone:
            continue
        source = own if key in own.data else base
        data[key] = source.data[key]
        lines |= dict(_places(source, (key,), (key,)))
    stages, of_stages = _stages(base, own)
    lines |= dict(
        _places(base, ("stages",), ("stages",))
        if "stages" not in own.data
        else _places(own, ("stages",), ("stages",))
    )
    lines = {
        place: at for place, at in lines.items() if place[:1] != ("stages",) or len(place) == 1
    } | of_stages
    data["stages"] = stages
    return data, lines


def _stages(
    base: Document, own: Document
) -> tuple[list[dict[str, Any]], dict[Place, tuple[str, int]]]:
    """Return the stages, and the file and line of each place in them. Raises `DefinitionError`."""
    order: list[str] = [stage["stage"] for stage in base.data["stages"]]
    ours = {name: number for number, name in enumerate(order)}
    mine: dict[str, int] = {}
    for number, said in enumerate(own.data.get("stages", ())):
        name, where = said["stage"], own.at(("stages", number))
        if name in mine:
            raise DefinitionError(f"{where}: this stage appears twice")
        mine[name] = number
        beside = [key for key in ("after", "before") if key in said]
        if name in ours:
            if beside:
                raise DefinitionError(
                    f"{where}: {beside[0]} places a new stage, and {base.name} has this one"
                )
            if said.get("remove"):
                order.remove(name)
            continue
        if len(beside) != 1 or said[beside[0]] not in order:
            near = nearest(name, ours)
            raise DefinitionError(
                f"{where}: {base.name} has no stage {name!r}: the nearest is {near!r};"
                f" a new stage says after or before which it comes, one of {', '.join(order)}"
            )
        order.insert(order.index(said[beside[0]]) + (beside == ["after"]), name)
    stages: list[dict[str, Any]] = []
    lines: dict[Place, tuple[str, int]] = {}
    for number, name in enumerate(order):
        to: Place = ("stages", number)
        theirs = base.data["stages"][ours[name]] if name in ours else {}
        said = own.data["stages"][mine[name]] if name in mine else {}
        gone = said.get("without", ())
        for key in gone:
            if key not in theirs:
                raise DefinitionError(
                    f"{own.at(('stages', mine[name], 'without'))}: {key!r} is no key of this stage in {base.name}:"
                    f" the nearest is {nearest(key, theirs)!r}"
                )
        if name in ours:
            lines[to] = (base.name, base.lines[("stages", ours[name])])
        if name in mine:
            lines[to] = (own.name, own.lines[("stages", mine[name])])
        stage: dict[str, Any] = {}
        for key in (*theirs, *(key for key in said if key not in theirs)):
            if key in OF_STAGE or key in gone:
                continue
            source, at = (own, mine[name]) if key in said else (base, ours[name])
            stage[key] = source.data["stages"][at][key]
            lines |= dict(_places(source, ("stages", at, key), (*to, key)))
        stages.append(stage)
    return stages, lines
