"""End-of-day deliveries: puts files into outboxes, and records in the truth what was served when."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import MethodType

from sandbox import misbehaviour
from sandbox.ehr import bulk
from sandbox.scheduling import siu
from sandbox.truth import Truth
from sandbox.world.engine import World, at


class Outbox:
    """Puts files into the folders that the SFTP server shows, intact or damaged."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.root = world, root

    def drop(self, user: str, name: str, content: bytes, feed: str) -> None:
        """Deliver a file, with the misbehaviour requested for its feed and day."""
        world = self.world
        day = world.lived_to + timedelta(days=1)
        kinds = world.misbehaviour.planned(feed, day) if feed and not world.is_history else []
        self.note(user, name, feed, day, kinds)
        if "missing" in kinds:
            return
        if "late" in kinds:
            again = world.misbehaviour.release(feed, day)
            world.schedule(at(again, 23.5), "put_file", (user, name, content))
            return
        if "odd_name" in kinds:
            name = misbehaviour.odd_name(name)
        damages = [
            kind for kind in kinds if kind in (*misbehaviour.DAMAGES, *misbehaviour.OF_FILES)
        ]
        if damages:
            spoiled = content
            for kind in damages:
                spoiled = misbehaviour.damage(kind, spoiled)
            self.put(user, name, spoiled)
            world.schedule(
                at(day + timedelta(days=1), 23.5), "put_file", (user, f"again_{name}", content)
            )
            return
        self.put(user, name, content)
        if "duplicate" in kinds:
            self.put(user, f"copy_{name}", content)

    def put(self, user: str, name: str, content: bytes) -> None:
        """Write a file atomically."""
        folder = self.root / user / "outbox"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder.parent / f".{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)

    def note(self, user: str, name: str, feed: str, day: date, kinds: list[str]) -> None:
        """Write down that a file was delivered, and how."""
        self.world.truth.write(
            "files",
            {
                "user": user,
                "name": name,
                "feed": feed,
                "day": day.isoformat(),
                "misbehaviour": kinds,
            },
        )


def _put_file(world: World, payload: tuple[str, str, bytes]) -> None:
    assert isinstance(world._drop, MethodType)
    outbox = world._drop.__self__
    assert isinstance(outbox, Outbox)
    outbox.put(*payload)


def install(world: World) -> None:
    """Register what is done at the end of a day."""
    world.handle("put_file", _put_file)
    world.on("deliver", siu.deliver)


def settle(world: World, day: date, truth: Truth) -> None:
    """Record for everything that waits when it was served.

    Before the first night, an export waits until it is requested. Files of those days are always put out intact, for
    the first night to find.
    """
    if day < world.first_night:
        for feed in misbehaviour.FILE_FEEDS:
            truth.served(feed, at(world.first_night, 26.5))
        return
    now = at(day, 26.5)
    held: list[tuple[date, str, list[bytes]]] = world.parts.setdefault("held_truth", [])
    for feed in misbehaviour.FEEDS:
        release = world.misbehaviour.release(feed, day)
        if release is None:
            truth.served(feed, None)
        elif release > day:
            held += [(release, kind, lines) for kind, lines in truth.take(feed)]
        else:
            truth.served(feed, now)
    for entry in [e for e in held if e[0] <= day]:
        held.remove(entry)
        truth.tell(entry[1], entry[2], now)
    bulk.settle(world, day)
    world.misbehaviour.last_delivery = day
