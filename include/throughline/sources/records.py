"""What every reader produces besides records: faults, and the error that refuses a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["row", "warning"]


class FileRefusedError(Exception):
    """A file whose envelope cannot be read, so that none of its rows can be identified.

    `file` is its name at the source, `position` the byte or segment where reading stopped, `reason`
    a code such as `no_interchange_header`. The message quotes no content.
    """

    def __init__(self, file: str, position: int, reason: str) -> None:
        super().__init__(f"{file}: refused at {position}: {reason}")
        self.file = file
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that could not be used, and where.

    `row` is the row's number in the file, from 1 (0: the envelope); `position` is the segment,
    line or byte. A fault of severity `row` stands for a received row that cannot be loaded; a
    `warning` is about rows that can. `payload` is the row as received: it may hold patient data, goes
    to quarantine only, and is never part of the fault's text.
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
