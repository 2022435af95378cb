"""The truth, as the servers delivered it: JSON lines under ``DIR/truth``, one file per kind of fact.

A row that concerns a feed is kept in a separate file until that feed is delivered; ``observable_from`` is then
set to that time. If the feed is never delivered, ``observable_from`` stays null. Rows of no feed are known only
to the sandbox; their ``observable_from`` is the time they were written.

Every row has ``at``, when it happened (UTC), except ``persons`` and ``files``. ``patient``, ``visit``,
``discharge``, ``appointment``, ``practitioner`` are ids of FHIR resources or of the schedule; ``control`` is
CLM01; ``effect`` is what the sender called its effect. Money is text. ``what`` and ``status`` tell states
apart: a later row of the same id replaces an earlier one.

========================== ====================== ==========================================================
kind                       feed                   columns
========================== ====================== ==========================================================
persons                    patient                patient, person (the human), mrn, family, given, birth_date,
                                                  sex, phone, street, payers (kind, payer, member, starts,
                                                  order, is_qmb), wellness (code, day, elsewhere)
life_events                patient, consent,      patient, person, what (died, left, moved, phone, merged,
                           procedure              opted_out, hospice), street, phone, into
stays                      encounter              encounter, patient, facility, disposition, starts_at,
                                                  ends_at, what (admitted, treated and released, entered in
                                                  error)
discharges                 encounter              as stays; what (discharged, corrected, cancelled),
                                                  disposition (home, snf, hospice, ama, expired, ...)
contacts                   communication          communication, patient, person, outcome, two_way, result
                                                  (booked, agreed, declined), task, effect, request, discharge
tasks                      task                   task, effect, code, patient, status, business_status
bookings                   appointment            appointment, placer, patient, kind, practitioner, starts_at,
                                                  status (booked, moved, cancelled, noshow, arrived, deleted),
                                                  reason, discharge
schedule_messages          appointment            event, control, appointment, placer, patient, mrn, kind,
                                                  starts_at, status, reason: each SIU message
interface_messages         none                   kind (adt, mdm, dft), event, control, about (the stay, visit,
                                                  note or person), due (when it is sent): each HL7 v2 message,
                                                  if the world tells any
booking_answers            appointment            request, mrn, kind, status (booked, no_slot, declined,
                                                  pending), appointment
visits                     encounter              visit, patient, practitioner, billable_practitioner, kind,
                                                  date, starts_at, status (in-progress, finished,
                                                  entered-in-error), appointment, discharge
medication_reconciliations procedure              visit, patient
notes                      document_reference     note, visit, patient, what (signed, replaced, retracted)
charges                    charge_item            charge, visit, patient, practitioner, date, code, modifiers,
                                                  units, amount, mdm, no_charge, global_period,
                                                  self_pay_restricted, what (entered, retracted)
billing                    none                   visit, patient, payer, what (forgotten: a leak)
work_items                 none                   item, key, visit, patient, status (completed, rejected),
                                                  reason, control
claim_files                none                   file, sha256, submitter, interchange, refused: each
                                                  interchange that came to the clearinghouse
claims                     claim                  submission, submitter (LAKEBILL: the practice's billing
                                                  system), interchange, control, frequency, payer, member,
                                                  patient, visit, service_date, codes, charge, double (another
                                                  claim stands for the visit), same_file_again
acknowledgements           functional_            submitter, interchange, group, sets, refused: each 999
                           acknowledgement
claim_statuses             claim_response         submission, control, submitter, by (clearinghouse, payer),
                                                  category (A2 by the payer: accepted), code,
                                                  payer_claim_number: each claim in a 277CA
remittances                payment                submission, submitter, control, visit, patient, payer,
                                                  payer_claim_number, check, status (CLP02), charge, paid,
                                                  patient_share, denied (CARCs), crossover: each CLP of an 835
provider_adjustments       payment                payer, check, reason, amount: each PLB pair
eligibility_answers        eligibility_response   submitter, trace, payer, member, patient, reject (AAA03),
                                                  next (first day by HCPCS code): each subscriber of a 271
patient_payments           payment_notice         notice, control, visit, patient, what (paid, written-off,
                                                  taken back), amount, recorder
requests_received          none                   kind (FHIR type, booking, work_item, file), effect, id,
                                                  patient or mrn, is_new, is_double: everything sent to us
files                      none                   user, name, feed, day, misbehaviour: each file put out
========================== ====================== ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson


class Truth:
    """Append-only files; :meth:`mark` and :meth:`go_back` keep them in step with the world's snapshot."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder, self.lobby = folder, folder.with_name(folder.name + "-waiting")
        for each in (self.folder, self.lobby):
            each.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._offsets: dict[str, int] = {}
        self._lines: dict[tuple[str, str], list[bytes]] = {}
        """Rows since the last flush, by feed (empty: no feed) and kind."""

    def write(self, kind: str, row: Mapping[str, Any], feed: str = "") -> None:
        """Append a row of ``kind``; with ``feed``, once that feed of today is delivered."""
        line = orjson.dumps(row)
        self._lines.setdefault((feed, kind), []).append(line if feed else _seen(line, self._now()))

    def served(self, feed: str, at: datetime | None) -> None:
        """Record when the rows that wait for a feed were first served; None: never."""
        for kind, lines in self.take(feed):
            self.tell(kind, lines, at)

    def take(self, feed: str) -> Iterable[tuple[str, list[bytes]]]:
        """Remove and return the rows that wait for a feed, by kind."""
        self.flush()
        for file in sorted(self.lobby.glob(f"{feed}.*")):
            with file.open("rb") as opened:
                opened.seek(self._offsets.get(file.name, 0))
                lines = opened.read().splitlines()
                self._offsets[file.name] = opened.tell()
            if lines:
                yield file.name.partition(".")[2], lines

    def tell(self, kind: str, lines: list[bytes], at: datetime | None) -> None:
        """Write rows that were taken."""
        self._lines.setdefault(("", kind), []).extend(_seen(line, at) for line in lines)

    def flush(self) -> None:
        """Write all pending rows to the files."""
        for (feed, kind), lines in self._lines.items():
            file = self.lobby / f"{feed}.{kind}" if feed else self.folder / f"{kind}.jsonl"
            with file.open("ab") as opened:
                opened.write(b"\n".join(lines) + b"\n")
        self._lines.clear()

    def mark(self) -> dict[str, Any]:
        """Lengths of the files, and how much of what waits was taken, for :meth:`go_back`."""
        self.flush()
        lengths = {file.name: file.stat().st_size for file in self.folder.iterdir()}
        waiting = {
            f.name: (f.stat().st_size, self._offsets.get(f.name, 0)) for f in self.lobby.iterdir()
        }
        return {"lengths": lengths, "waiting": {n: w for n, w in waiting.items() if w[0] > w[1]}}

    def tidy(self) -> None:
        """After a mark was saved, delete rows that no longer wait."""
        for file in self.lobby.iterdir():
            if file.stat().st_size <= self._offsets.get(file.name, 0):
                file.unlink()
                self._offsets.pop(file.name, None)

    def go_back(self, mark: Mapping[str, Any]) -> None:
        """Discard everything written since ``mark``; an empty mark discards everything."""
        self._lines.clear()
        lengths, waiting = mark.get("lengths", {}), mark.get("waiting", {})
        self._offsets = {name: offset for name, (_, offset) in waiting.items()}
        for file in (*self.folder.iterdir(), *self.lobby.iterdir()):
            length = (
                lengths.get(file.name, 0)
                if file.parent == self.folder
                else waiting.get(file.name, (0, 0))[0]
            )
            if length == 0:
                file.unlink()
            elif file.stat().st_size > length:
                with file.open("r+b") as opened:
                    opened.truncate(length)


def _seen(line: bytes, at: datetime | None) -> bytes:
    when = b'"' + at.isoformat().encode() + b'"' if at else b"null"
    return line[:-1] + b',"observable_from":' + when + b"}"
