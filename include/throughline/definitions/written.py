"""Against which of ours a practice's files were written: copies in its folder, and what of ours has changed since."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from throughline.vocabulary import OURS, Layers, read, shown
from throughline.vocabulary.overlay import WRITTEN_AGAINST
from throughline.workflows.based_on import base_of

HEAD = "# A copy of Throughline's, against which a file of yours was written. Kept by make check-definitions.\n"


@dataclass(frozen=True)
class Replaced:
    """A file of the practice that stands for one of ours: `name` is ours, by its path below its folder."""

    name: str
    mine: Path
    kept: Path

    @property
    def ours(self) -> Path:
        """Ours, as it is now."""
        return OURS / self.name

    @property
    def has_changed(self) -> bool:
        """Whether ours is not what it was when the practice's file was written."""
        return self.kept.is_file() and _text(self.kept) != _text(self.ours)

    def difference(self) -> Iterator[str]:
        """Yield the lines of a unified diff, from what was kept to ours."""
        yield from difflib.unified_diff(
            _text(self.kept).splitlines(),
            _text(self.ours).splitlines(),
            shown(self.kept),
            shown(self.ours),
            lineterm="",
        )


def replaced(folder: Layers) -> list[Replaced]:
    """Return the practice's files that replace one of ours or are based on one. Raises `DefinitionError`."""
    if folder.own is None:
        return []
    found: dict[str, Replaced] = {}
    for name, path in folder.every().items():
        # a value set is replaced whole, by its version
        if not path.is_relative_to(folder.own) or path.suffix == ".json":
            continue
        for ours in dict.fromkeys((name, *_bases(path))):
            if (OURS / ours).is_file() or (folder.own / WRITTEN_AGAINST / ours).is_file():
                kept = folder.own / WRITTEN_AGAINST / ours
                found.setdefault(ours, Replaced(ours, path, kept))
    return list(found.values())


def _bases(path: Path) -> Iterator[str]:
    """Yield the name of the file of ours on which a workflow is based: they are named after their workflow."""
    named = base_of(read(path).data)
    if named is not None:
        yield f"workflows/{named[0]}.yaml"


def keep(found: list[Replaced], *, anew: bool = False) -> list[Path]:
    """Write a copy of ours to the practice's folder where none is, or `anew`; returns the copies. Raises `OSError`."""
    made = []
    for one in found:
        if one.ours.is_file() and (not one.kept.is_file() or (anew and one.has_changed)):
            one.kept.parent.mkdir(parents=True, exist_ok=True)
            one.kept.write_text(HEAD + one.ours.read_text("utf-8"), "utf-8")
            made.append(one.kept)
    return made


def _text(path: Path) -> str:
    return path.read_text("utf-8").removeprefix(HEAD) if path.is_file() else ""
