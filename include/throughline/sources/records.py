"""What every reader yields beside its records: faults, and the one way to refuse a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["row", "warning"]


class FileRefusedError(Exception):
    """A file whose envelope cannot be read, so that not one of its rows can be told apart.

    `file` is its name at the source, `position` the byte or segment where reading ended, `reason`
    a code such as `no_interchange_header`. The text quotes no content.
    """

    def __init__(self, file: str, position: int, reason: str) -> None:
        super().__init__(f"{file}: refused at {position}: {reason}")
        self.file = file
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that could not be used, and where.

    `row` counts the rows of the file from 1 (0: no row, the envelope), `position` the segment,
    line or byte. A fault of severity `row` stands for a row that was received and cannot be loaded;
    a `warning` goes beside rows that were. `payload` is the row as received: it may hold patient
    data, goes to quarantine only, and is never part of the fault's text.
    """

    file: str
    row: int
    position: int
    reason: str
    severity: Severity = "row"
    source_id: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.file}: row {self.row}, position {self.position}: {self.reason}"
