"""Drafts of workflows: which there are and whether each is sound, and the page that its owner signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Response
from fastapi import Path as InPath
from fastapi import Request as Browser

from throughline.definitions.drafts import examined
from throughline.pages.forms import root_of
from throughline.pages.one import NotFound
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.programs.kept import Kept
from throughline.vocabulary import DefinitionError, layers, shown
from throughline.workflows.language.expanded import Workflow
from throughline.workflows.language.rendered import Phrases, fragment
from throughline.workflows.language.rendered.page import page
from throughline.workflows.language.rendered.style import STYLE

PLACE = "drafts"
SECONDS = 12 * 3600
"""How long a process keeps what the files say, while none of them changes."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@dataclass(frozen=True)
class Draft:
    """A draft: the name of its file, what it says as far as it can be read, and what is wrong with it."""

    name: str
    file: str
    workflow: Workflow
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Drafts:
    """All drafts by name, what is wrong with what they share, and the phrases of their pages."""

    by_name: dict[str, Draft]
    problems: tuple[str, ...]
    phrases: Phrases


_kept: Kept[tuple[object, ...], Drafts] = Kept(1, SECONDS)


@router.get("/drafts")
def drafts_page(request: Browser, who: Looking) -> Response:
    """Return the drafts, with what is wrong with each."""
    found = _kept.get(_files(), _read)
    content = render(
        "drafts.html.jinja", who, root_of(request), PLACE,
        drafts=list(found.by_name.values()), problems=found.problems, style="",
    )  # fmt: skip
    return html(content)


@router.get("/drafts/{name}")
def draft_page(
    request: Browser, who: Looking, name: Annotated[str, InPath(max_length=100)]
) -> Response:
    """Return the page of one draft; of one that is not sound what is wrong with it. Raises `NotFound`."""
    found = _kept.get(_files(), _read)
    draft = found.by_name.get(name)
    if draft is None:
        raise NotFound("There is no draft of this name.")
    is_sound = not draft.problems and not found.problems
    content = render(
        "draft.html.jinja", who, root_of(request), PLACE, draft=draft, problems=found.problems, style=STYLE,
        said=fragment(page(draft.workflow, found.phrases)) if is_sound else "",
    )  # fmt: skip
    return html(content)


def _read() -> Drafts:
    try:
        folder = layers()
        found, wrong, phrases = examined(folder)
    except DefinitionError as error:
        return Drafts({}, tuple(str(error).splitlines()), Phrases())
    drafts = {
        path.stem: Draft(path.stem, shown(path), loaded.workflow, loaded.problems)
        for path, loaded in found.items()
    }
    return Drafts(drafts, tuple(dict.fromkeys(wrong)), phrases)


def _files() -> tuple[object, ...]:
    """Return what tells the definitions of this moment from others: each file with its time and its size."""
    try:
        folder = layers()
    except DefinitionError as error:
        return (str(error),)
    every = [folder.ours, *([folder.own] if folder.own else [])]
    files = [path for each in every for path in sorted(each.rglob("*.*"))]
    return tuple((str(path), *_stamp(path)) for path in files if path.suffix in (".yaml", ".json"))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
