"""How the cost of odd inputs grows with their size: each is made twice and four times as large.

`python -m tests.benchmark.growth` prints a table. A cost that grows with the bytes doubles from column to column.
"""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from stack import postgres
from tests.unit.throughline.sources import wire
from throughline import warehouse
from throughline.sources.files import open_file
from throughline.sources.hl7v2 import batch
from throughline.sources.landing import Landing
from throughline.sources.x12.segments import SegmentReader
from throughline.warehouse import nights

TIMES = (1, 2, 4)
ZONE = "America/New_York"


def interchanges(number: int, *, alternating: bool) -> bytes:
    """Return interchanges of one claim each; alternating ones differ in their separators."""
    made = []
    for n in range(number):
        body = wire.claims(wire.claim(f"A{n}"))
        groups = wire.group(wire.CLAIMS, wire.transaction(wire.CLAIMS, body))
        one = wire.file_of(wire.interchange(groups, number=n))
        made.append(one.replace(b"*", b"|").replace(b"~", b"!") if alternating and n % 2 else one)
    return b"".join(made)


def seconds_of_x12(number: int, *, alternating: bool) -> float:
    """Return how long it takes to split so many interchanges, in seconds."""
    data = interchanges(number, alternating=alternating)
    begun = time.perf_counter()
    for _ in SegmentReader(io.BytesIO(data), "f"):
        pass
    return time.perf_counter() - begun


def seconds_of_landing(number: int) -> float:
    """Return how long it takes to keep so many files of one night, in seconds."""
    with postgres.throwaway() as server, tempfile.TemporaryDirectory() as root:
        warehouse.migrate(server.dsn())
        with warehouse.connect(server.dsn(), loading=True) as conn:
            night = nights.open_night(conn, date(2026, 9, 3), ZONE)
            landing = Landing(conn, "clearinghouse", night, Path(root))
            begun = time.perf_counter()
            for n in range(number):
                incoming = landing.incoming()
                incoming.write_text(f"ISA{n}")
                landing.known(f"file{n}", 5, night.cut_off)
                landing.keep(incoming, f"file{n}", "x12", modified_at=night.cut_off)
            conn.commit()
            return time.perf_counter() - begun


def megabytes_of_hl7(messages: int) -> float:
    """Return the most memory that a packed file takes whose messages are of 16 MB each, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "packed.gz"
        with gzip.open(packed, "wb") as file:
            for n in range(messages):
                file.write(wire.siu(control=f"M{n}").encode() + b"NTE|1||" + b"A" * 16_000_000)
        # a process of its own, started by a shell: its memory would begin with ours otherwise
        code = f"from tests.benchmark import growth; growth.read({str(packed)!r})"
        said = subprocess.run(
            ["sh", "-c", f'exec "{sys.executable}" -c "$0"', code],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(said.stdout) / 1024


def read(packed: str) -> None:
    """Read a packed file of HL7 v2 and print the most memory that this took, in kB."""
    with open_file(Path(packed)) as stream:
        batch.scan(stream, "f", ZoneInfo(ZONE))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


MEASURED: dict[str, tuple[int, str, Callable[[int], float]]] = {
    "X12 interchanges": (1000, "s", lambda n: seconds_of_x12(n, alternating=False)),
    "X12 interchanges, alternating separators": (
        1000,
        "s",
        lambda n: seconds_of_x12(n, alternating=True),
    ),
    "files of one night, kept": (4000, "s", seconds_of_landing),
    "HL7 v2 messages of 16 MB, packed": (4, "MB", megabytes_of_hl7),
}


def text(share: float = 1) -> str:
    """Return the table, of a share of each number: a small one tells that everything is measured, not what it costs."""
    lines = ["| what | how many | cost | twice as many | four times |", "|---|--:|--:|--:|--:|"]
    for what, (number, unit, cost) in MEASURED.items():
        number = max(1, round(number * share))
        costs = " | ".join(f"{cost(number * times):,.2f} {unit}" for times in TIMES)
        lines.append(f"| {what} | {number:,} | {costs} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(text())
