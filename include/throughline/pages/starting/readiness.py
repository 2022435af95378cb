"""What can be proven with the feeds that are configured, what never, and what has come so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Response
from fastapi import Request as Browser

from throughline.definitions import examined, readiness
from throughline.definitions.readiness import Need
from throughline.definitions.readiness.back import Back, wanted
from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.practice import said_now
from throughline.programs.kept import Kept
from throughline.told.today import how_far, today
from throughline.vocabulary import DefinitionError, layers

PLACE = "readiness"
router = APIRouter(dependencies=[Depends(requires_authenticated())])
SECONDS = 12 * 3600
"""How long a process keeps what follows from the definitions, and what has come, while neither changes."""


@dataclass(frozen=True)
class _Examined:
    """What the definitions say: their faults, or else what is needed and how far back each feed is wanted."""

    faults: tuple[str, ...]
    needs: list[Need]
    back: list[Back]


_examined: Kept[tuple[object, ...], _Examined] = Kept(1, SECONDS)
_came: Kept[tuple[object, ...], dict[str, str]] = Kept(1, SECONDS)


@router.get("/readiness")
def readiness_page(request: Browser, who: Looking) -> Response:
    """Return, by workflow, what can be known and by which feed."""
    checked = _examined.get(_files(), _examine)
    with reading() as conn:
        now = today(conn)
        came = _came.get(how_far(conn, now), lambda: readiness.came(conn))
    found = readiness.with_history(checked.needs, came)
    workflows = {
        one.workflow: [each for each in found if each.workflow == one.workflow] for one in found
    }
    return html(
        render(
            "readiness.html.jinja", who, root_of(request), PLACE,
            workflows=workflows, faults=checked.faults, today=now, back=checked.back,
            never=[one for one in found if one.matters and not one.is_met],
        )
    )  # fmt: skip


def _examine() -> _Examined:
    checked = examined()
    if checked.faults:
        return _Examined(checked.faults, [], [])
    needs = readiness.needs(checked.workflows, checked.sources, said_now())
    return _Examined((), needs, wanted(checked.workflows, checked.sources, said_now()))


def _files() -> tuple[object, ...]:
    """Return what tells the definitions of this moment from others: each file with its time and its size."""
    try:
        folder = layers()
    except DefinitionError as error:
        return (str(error),)
    every = [folder.ours, *([folder.own] if folder.own else [])]
    return tuple(
        (str(path), *_stamp(path)) for each in every for path in sorted(each.rglob("*.yaml"))
    )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
