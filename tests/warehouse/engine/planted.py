"""Plants faults in the engine's SQL, one at a time: the comparison with the model must find each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from ruamel.yaml import YAML

from throughline.warehouse import sql

LIST = Path(__file__).with_name("planted.yaml")


@dataclass(frozen=True)
class Fault:
    """What stands once in a file of sql/engine, and what stands there instead."""

    file: str
    right: str
    wrong: str

    @property
    def path(self) -> str:
        return f"engine/{self.file}.sql"

    def __str__(self) -> str:
        return f"{self.path}: {' '.join(self.right.split())} -> {' '.join(self.wrong.split()) or 'nothing'}"


def faults() -> list[Fault]:
    """Return every fault of the list."""
    said = YAML(typ="safe", pure=True).load(LIST.read_text(encoding="utf-8"))
    return [Fault(*row) for row in said]


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """Let the engine run with a fault."""
    read = sql.statements
    wrong = tuple(each.replace(fault.right, fault.wrong) for each in read(fault.path))
    with patch.object(sql, "statements", lambda path: wrong if path == fault.path else read(path)):
        yield
