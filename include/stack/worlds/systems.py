"""Which systems a world reads and sends to: those of the sandbox, or those of a practice. Never both by accident.

A practice whose folder of definitions has sources of its own is about real systems: its world has no sandbox, and every
connection has to be given. All other worlds read the sandbox, whatever connections the caller has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from stack import options, paths, sandbox
from stack.worlds import given
from throughline.practice import told_zone
from throughline.sources import systems
from throughline.sources.definitions import file_of
from throughline.vocabulary import OURS, shown
from throughline.warehouse.nights import cut_off_of

Stored = Callable[[], set[str]]
"""Returns the ids of the connections in the Airflow of a world."""
Look = Callable[[Iterable[str]], set[str]]
"""Returns which of some connections are at a place."""


class NotGiven(RuntimeError):
    """Connections are not given; the message has each with the variable to set."""


class NotUp(RuntimeError):
    """The sandbox of a world is not up; the message says how to start it."""


def is_real(world: str) -> bool:
    """Whether the systems of a world are a practice's, by its name."""
    return world.startswith(options.REAL)


def last_over(at: datetime | None = None) -> date:
    """The last business date that is over for the practice: a night may be run from 03:00 of the next day on."""
    zone, now = told_zone(), at or datetime.now(UTC)
    day = now.date() + timedelta(days=1)
    while cut_off_of(day, zone) > now:
        day -= timedelta(days=1)
    return day


def check(chosen: options.Options, stored: Stored) -> list[str]:
    """Return what to say of a world's systems before anything of it is started; `stored` looks into its Airflow.

    Raises :class:`NotGiven` for what is needed and not there, and ``options.WrongOption``.
    """
    wanted = systems.needed(systems.systems())
    if chosen.practice is None:
        unused = sorted(given.in_environment(sandbox.CONNECTIONS & wanted.keys()))
        others = {k: v for k, v in wanted.items() if k not in sandbox.CONNECTIONS}
        lacking = missing(others, (given.in_environment, lambda _: stored()))
        if lacking:
            raise NotGiven("\n".join(_told(lacking)))
        return [
            f"{given.variable(one)} is not used: the sandbox has this system. Real systems belong into a folder of"
            " definitions with sources of its own (DEFINITIONS=, docs/connections.md)"
            for one in unused
        ]
    looks = (given.in_environment, given.in_backend, lambda _: stored())
    lacking = missing(wanted, looks)
    if lacking:
        raise NotGiven("\n".join(_told(lacking)))
    return [f"systems: real ones, by connections {', '.join(wanted)}; no sandbox is started"]


def missing(wanted: dict[str, list[str]], looks: Iterable[Look]) -> dict[str, list[str]]:
    """Return what of some connections is found at none of some places, with the sources that name each."""
    left = dict(wanted)
    for look in looks:
        if left:
            found = look(left)
            left = {name: sources for name, sources in left.items() if name not in found}
    return left


def _told(lacking: dict[str, list[str]]) -> Iterator[str]:
    yield "nothing was started, because connections are not given:"
    for name, sources in lacking.items():
        yield f"  {given.variable(name)}, for {', '.join(_by(sources))}"
    yield (
        "Set these variables, or keep the connections in a secrets backend or in the world's Airflow (make ui):"
        " docs/connections.md has an example for each kind of system"
    )


def _by(sources: Iterable[str]) -> Iterator[str]:
    for name in sources:
        file = file_of(name)
        ours = " (Throughline's: leave_out in practice.yaml, if you do not have this system)"
        yield f"{shown(file)}{ours if file.is_relative_to(OURS) else ''}"


def refuse_real(chosen: options.Options, command: str) -> None:
    """Raise ``options.WrongOption`` for a command that only the sandbox can do."""
    if chosen.practice:
        raise options.WrongOption(
            f"`make {command}` is of the sandbox, and {shown(paths.typed(chosen.practice))} has systems of its own"
            f" (DEFINITIONS={options.OURS} for the sandbox)"
        )
