"""Saves the world in one file, in parts, to limit memory."""

from __future__ import annotations

import pickle
from itertools import islice
from pathlib import Path
from typing import Any

PART = 2000


def save(kept: dict[str, Any], file: Path) -> None:
    """Write ``kept`` atomically; ``kept["world"]`` has the large dictionaries named in its ``MANY``.

    The pickler's memo is cleared after each part, so parts must not share objects.
    """
    world = kept["world"]
    part = file.with_name(file.name + ".part")
    with part.open("wb") as opened:
        pickler = pickle.Pickler(opened, protocol=5)
        pickler.dump(kept)
        for name in world.MANY:
            rows = iter(getattr(world, name).items())
            while chunk := list(islice(rows, PART)):
                pickler.clear_memo()
                pickler.dump((name, chunk))
        pickler.clear_memo()
        pickler.dump(None)
    part.replace(file)


def load(file: Path) -> dict[str, Any]:
    """Read what :func:`save` wrote."""
    with file.open("rb") as opened:
        kept: dict[str, Any] = pickle.load(opened)  # noqa: S301 - our own file
        world = kept["world"]
        for name in world.MANY:
            setattr(world, name, {})
        while (found := pickle.load(opened)) is not None:  # noqa: S301
            getattr(world, found[0]).update(found[1])
    return kept
