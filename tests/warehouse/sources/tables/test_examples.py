"""Each example of `docs/feed-columns.md` is delivered, read, and passes its gate."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from throughline import evidence, quality, sources, warehouse, workflows
from throughline.profiling.guessing.page import TARGET
from throughline.sources import Address, definition
from throughline.sources.fetch import extract
from throughline.sources.tabular.columns import readable
from throughline.warehouse import nights

SECTIONS = {
    section.partition("\n")[0]: section for section in TARGET.read_text("utf-8").split("\n## ")[1:]
}
DAY = "2026-03-03"


def test_every_feed_has_an_example() -> None:
    assert SECTIONS.keys() == readable()


@pytest.mark.nights
def test_each_example_passes_its_gate(
    new_warehouse: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, own = tmp_path / "box", tmp_path / "own"
    box.mkdir()
    (own / "sources").mkdir(parents=True)
    tables = {}
    for feed, section in SECTIONS.items():
        (content,) = re.findall(r"```csv\n(.*?)```", section, re.DOTALL)
        (record,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
        (box / f"{feed}.csv").write_text(content, "utf-8")
        tables[feed] = {
            "files": f"{feed}.csv", "delivers": "snapshot", "absent": "deleted", "records": yaml.safe_load(record)
        }  # fmt: skip
    said = {
        "source": "reports", "title": "Reports", "standard": "tabular", "transport": "folder", "connection": "reports",
        "owner_team": "billing", "time_zone": "America/Denver",
        "feeds": {feed: {"expected_by": "03:00"} for feed in SECTIONS}, "conventions": {"tables": tables},
    }  # fmt: skip
    (own / "sources" / "reports.yaml").write_text(yaml.safe_dump(said), "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(own))
    with warehouse.connect(new_warehouse()) as conn:
        night = nights.open_night(conn, date.fromisoformat(DAY), "America/Denver")
        sources.register(conn, night.seq)
        evidence.register_codes(conn)
        workflows.register(conn, night.seq)
        conn.commit()
        address = Address("reports", extra={"path": str(box)})
        batches = extract(definition("reports"), address, conn, night, tmp_path / "landing")
        assert {batch.feed for batch in batches} == SECTIONS.keys()
        for batch in batches:
            assert sources.stage(conn, batch.batch_id, tmp_path / "landing").faults == {}
        for batch in batches:
            verdict = quality.gate(conn, batch.batch_id, docs_root=tmp_path / "pages")
            assert (batch.feed, verdict.verdict, verdict.rows) == (batch.feed, "pass", 1)
            quality.load(conn, batch.batch_id, night.seq)
        evidence.assert_facts(conn, night.seq)
        kinds = {kind for (kind,) in conn.execute("select distinct kind from evidence.fact")}
    assert {
        "visit",
        "note",
        "contact",
        "charge",
        "claim",
        "booking",
        "remittance",
        "coverage",
    } <= kinds
