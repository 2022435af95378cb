"""Writes the morning's page: one self-contained HTML file that opens without Airflow.

It shows case numbers and no patient data. Charts are inline SVG. It has no script and loads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from throughline.practice import told_name, told_zone
from throughline.programs.commands import as_here, in_clone
from throughline.told import mornings, owed, times, words
from throughline.told.numbers import Numbers, collect
from throughline.told.shapes import FunnelStage
from throughline.told.standing import what_holds
from throughline.warehouse import Connection, nights

LATEST = "latest.html"
FUNNEL_WIDTH = 360.0
"""Width of a funnel in SVG units; narrow enough that its text stays readable on a phone."""
CALLS_LISTED = 40
"""Calls shown at first; the rest are behind a click."""
STANDING = ("pending", "unknown", "missed", "blocked", "observed")


@dataclass(frozen=True)
class Bar:
    """One segment of a stage's bar; `x` (its left edge) and `width` are in SVG units."""

    state: str
    count: int
    x: float
    width: float


@dataclass(frozen=True)
class Rung:
    """One stage of a funnel, with its bar and the number of cases at it."""

    stage: FunnelStage
    bars: list[Bar]
    here: int

    @property
    def came_through(self) -> int:
        """How many cases are past the stage: proven, waived, or continued without it."""
        return self.stage.proven + self.stage.waived + self.stage.failed


@dataclass(frozen=True)
class Funnel:
    """The funnel of one workflow."""

    workflow: str
    cases: int
    open_cases: int
    rungs: list[Rung]


def funnels(numbers: Numbers) -> list[Funnel]:
    """Return the funnels of all workflows, scaled so that each one's first stage fills its width."""
    by_workflow: dict[str, list[FunnelStage]] = {}
    for stage in numbers.funnel:
        by_workflow.setdefault(stage.workflow, []).append(stage)
    drawn = []
    for workflow, stages in by_workflow.items():
        most = max(stage.cases for stage in stages)
        rungs = [_rung(stage, FUNNEL_WIDTH / most) for stage in stages]
        drawn.append(Funnel(workflow, most, sum(rung.here for rung in rungs), rungs))
    return drawn


def _rung(stage: FunnelStage, scale: float) -> Rung:
    counts = {
        "complete": stage.proven,
        "waived": stage.waived + stage.failed,
        **{state: getattr(stage, state) for state in STANDING},
    }
    bars, x = [], 0.0
    for state, count in counts.items():
        if count:
            # A single case among thousands must still be visible.
            width = max(count * scale, 1.5)
            bars.append(Bar(state, count, round(x, 2), round(width, 2)))
            x += width
    return Rung(stage, bars, sum(counts[state] for state in STANDING))


def render(numbers: Numbers, earlier_page: str | None = None) -> str:
    """Return the page as HTML. `earlier_page` is the file name of the previous morning's page, if any."""
    environment = Environment(
        loader=PackageLoader("throughline.told"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["days"] = times.days
    return environment.get_template("page.html.jinja").render(
        n=numbers,
        practice=told_name(),
        standing=what_holds(numbers),
        here=as_here,
        in_clone=in_clone,
        w=words,
        owed=owed,
        funnels=funnels(numbers),
        width=FUNNEL_WIDTH,
        listed=CALLS_LISTED,
        earlier_page=earlier_page,
        ended=_ended(numbers),
    )


def _ended(numbers: Numbers) -> list[tuple[str, str, str, int]]:
    """Return the ended cases as (workflow, status, reason, count)."""
    return [
        (row.workflow, row.status, row.stage, row.cases)
        for row in numbers.cases
        if row.status != "open"
    ]


def write_page(
    conn: Connection, seq: int, folder: Path | str, time_zone: str | None = None
) -> Path:
    """Write `<business date>.html` and, for the newest night, `latest.html`; returns the former.

    For a void night, the page shows the valid night of the same date. Files are replaced atomically,
    so a reader never sees half a page. Then `mornings.json` says how the night ended. If the previous
    night's page is missing because its process was killed, it is written as well.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    night = nights.by_seq(conn, seq)
    if night.status == "void":
        night = nights.current(conn, night.business_date)
    zone = time_zone or told_zone()
    before = nights.finished_before(conn, night.seq)
    if before:
        earlier = nights.current(conn, nights.by_seq(conn, before).business_date)
        if not _path(folder, earlier.business_date).exists():
            _write(conn, earlier.seq, folder, zone)
    return _write(conn, night.seq, folder, zone)


def _write(conn: Connection, seq: int, folder: Path, time_zone: str) -> Path:
    numbers = collect(conn, seq, time_zone)
    path = _path(folder, numbers.business_date)
    earlier = max(
        (page.name for page in folder.glob("????-??-??.html") if page.name < path.name),
        default=None,
    )
    html = render(numbers, earlier)
    _put(path, html)
    if numbers.is_newest:
        _put(folder / LATEST, html)
    mornings.record(folder, numbers.business_date, numbers.status)
    return path


def _path(folder: Path, business_date: date) -> Path:
    return folder / f"{business_date}.html"


def _put(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
