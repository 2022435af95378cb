"""The practice of `docs/extending.md` that has three reports and nothing else, night by night."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from throughline import cases, evidence, identity, quality, sources, tasks, warehouse, workflows
from throughline.sources import Address, SourceDefinition, definition
from throughline.sources.fetch import extract
from throughline.vocabulary import OURS
from throughline.warehouse import nights

ROOT = Path(__file__).resolve().parents[4]
CHAPTER = (ROOT / "docs" / "extending.md").read_text("utf-8").partition("\n## A table\n")[2]
CHAPTER = CHAPTER.partition("\n## ")[0]
FILES: dict[str, str] = dict(re.findall(r"```csv\n# ([\w.]+)\n(.*?)```", CHAPTER, re.DOTALL))
(WORKFLOW,) = re.findall(r"```yaml\n# workflows/charge_capture.yaml\n(.*?)```", CHAPTER, re.DOTALL)
(LEAVE_OUT,) = re.findall(r"```yaml\n# practice.yaml.*?\n(.*?)```", CHAPTER, re.DOTALL)
(DEFINITION,) = re.findall(r"```yaml\n# sources/front_office.yaml\n(.*?)```", CHAPTER, re.DOTALL)
DENVER = ZoneInfo("America/Denver")
DAY = "2026-03-06"


def of(name: str) -> str:
    """A report of the chapter: patients, appointments or charges."""
    return next(text for file, text in FILES.items() if file.startswith(name))


class Office:
    """A practice with a folder of reports, and the warehouse that reads it."""

    def __init__(self, conn: warehouse.Connection, root: Path, said: str = DEFINITION) -> None:
        self.conn = conn
        self.root = root
        self.box = root / "there" / "reports"
        self.box.mkdir(parents=True)
        self.own = root / "own"
        (self.own / "sources").mkdir(parents=True)
        practice = (OURS / "practice.yaml").read_text("utf-8")
        (self.own / "practice.yaml").write_text(practice + LEAVE_OUT, "utf-8")
        (self.own / "workflows").mkdir()
        (self.own / "workflows" / "charge_capture.yaml").write_text(WORKFLOW, "utf-8")
        self.said = said
        self.define(said)
        self.seq = 0
        self.day = ""

    def define(self, said: str) -> None:
        """Write the definition of the source."""
        (self.own / "sources" / "front_office.yaml").write_text(said, "utf-8")

    def leave_out_all(self) -> None:
        """Be a practice without workflows."""
        (self.own / "workflows" / "charge_capture.yaml").unlink()
        practice = self.own / "practice.yaml"
        named = "workflows: [charge_capture, "
        practice.write_text(practice.read_text("utf-8").replace("workflows: [", named), "utf-8")

    @property
    def definition(self) -> SourceDefinition:
        return replace(definition("front_office"), transport="folder")

    def drop(self, text: str, name: str, day: str, at: str = "20:00") -> None:
        """Put a report of a day there, written at a time of that day in Denver."""
        path = self.box / f"{name}_{day.replace('-', '')}.csv"
        path.write_text(text, "utf-8")
        made = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=DENVER)
        os.utime(path, (made.timestamp(),) * 2)

    def reports(self, day: str, **texts: str) -> None:
        """Put the three reports of a day there: those of the chapter, or others."""
        for name in ("patients", "appointments", "charges"):
            if texts.get(name, "-") != "":
                self.drop(texts.get(name, of(name)), name, day)

    def night(self, day: str) -> dict[str, str]:
        """Run the night of a day to its cases; returns the verdict of each feed that came."""
        self.day = day
        self.conn.execute("update operations.night set status = 'finished'")
        night = nights.open_night(self.conn, date.fromisoformat(day), "America/New_York")
        self.seq = night.seq
        sources.register(self.conn, night.seq)
        evidence.register_codes(self.conn)
        workflows.register(self.conn, night.seq)
        self.conn.commit()
        address = Address("front_office", extra={"path": str(self.box.parent)})
        landing = self.root / "landing"
        batches = extract(self.definition, address, self.conn, night, landing)
        for batch in batches:
            sources.stage(self.conn, batch.batch_id, landing)
        verdicts = {}
        for batch in batches:
            verdict = quality.gate(self.conn, batch.batch_id, docs_root=self.root / "pages")
            verdicts[batch.feed] = verdict.verdict
        for batch in batches:
            quality.load(self.conn, batch.batch_id, night.seq)
        quality.notice_files(self.conn, night.seq)
        identity.link_persons(self.conn, night.seq)
        evidence.assert_facts(self.conn, night.seq)
        cases.build_work_list(self.conn, night.seq, night.cut_off)
        cases.open_cases(self.conn, night.seq, night.cut_off)
        cases.reconcile(self.conn, night.seq, night.cut_off)
        cases.settle(self.conn, night.seq)
        self.conn.commit()
        return verdicts

    def work(self) -> dict[str, int]:
        """Plan tonight's tasks and send what may be sent, to a practice that has nobody who takes it."""
        tasks.plan(self.conn, self.seq, nights.by_seq(self.conn, self.seq).cut_off)
        self.conn.commit()
        return tasks.dispatch(self.conn, self.seq, {})

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode(), params).fetchall()

    def standing(self, table: str, *columns: str) -> dict[str, Any]:
        """The standing records of a table by id: one column's value, or several."""
        names = ", ".join(columns) or "source_version"
        found = self.rows(
            f"select source_id, {names} from core.{table} where retracted_seq is null and not is_deleted"
            " order by 1"
        )
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in found}

    def facts(self, kind: str) -> list[str]:
        """The standing facts of a kind, by their record."""
        return [
            ref
            for (ref,) in self.rows(
                "select source_ref from evidence.fact where kind = %s and retracted_seq is null order by 1",
                kind,
            )
        ]

    def set_aside(self) -> list[tuple[str, int, str]]:
        """The rows that were set aside tonight: feed, row and reason."""
        return self.rows(
            "select feed, row_no, reason from quality.quarantine where known_seq = %s order by 1, 2",
            self.seq,
        )
