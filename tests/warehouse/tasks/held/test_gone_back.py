"""An upgrade that is undone: the older version takes its restore point up, and sends nothing that went out since."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import postgres
from tests.warehouse.clinic import Record
from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, billable, member, seen
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_dispatch import EVERY, ask
from throughline import evidence, sources, warehouse, workflows
from throughline.deployment import backup, restore, restore_point
from throughline.deployment.archive import ArchiveError
from throughline.proven import chain, invariants

KEY = "the key of this practice"
COLUMNS = (
    "select table_schema, table_name, column_name, data_type from information_schema.columns"
    " where table_schema not in ('pg_catalog', 'information_schema') order by 1, 2, 3"
)


def a_night(desk: Desk, on: str, wanted: tuple[str, ...]) -> None:
    """Open a night in which each of these asks about a patient of its own, an inquiry and a claim included."""
    known: list[Record] = []
    for name in (*EVERY, "eligibility"):
        known += [*member(name, "MEDB1"), seen(name)]
    desk.know(known, billable("claim"))
    desk.open(on)
    for name in wanted:
        if name == "claim":
            desk.bills("claim")
        elif name == "eligibility":
            desk.wants(name, name, workflow="annual_wellness", payer_id="MEDB1")
        else:
            ask(desk, name, name)


def keeps(desk: Desk, pages: Path) -> None:
    """Keep the head of the chain, as the end of a night does."""
    with warehouse.step(desk.conn, desk.seq, "write_page"):
        chain.keep(desk.conn, desk.seq, pages)


def test_after_going_back_the_next_night_goes_on_and_sends_nothing_twice(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, pages = tmp_path / "landing", tmp_path / "pages"
    landing.mkdir()
    pages.mkdir()
    with postgres.throwaway() as server:
        warehouse.migrate(server.dsn())
        with warehouse.connect(server.dsn()) as conn:
            sources.register(conn, 0)
            evidence.register_codes(conn)
            workflows.register(conn, 0)
        admin = server.dsn(postgres.SUPERUSER, "postgres")

        def opened() -> Desk:
            made = Desk(warehouse.connect(server.dsn(postgres.SUPERUSER)), outside)
            ((made.seq,),) = made.rows("select coalesce(max(seq), 0) from operations.night")
            return made

        desk = opened()
        a_night(desk, FIRST, ("outreach",))
        assert desk.work() == {"accepted": 1}
        keeps(desk, pages)
        columns = desk.rows(COLUMNS)
        desk.conn.close()

        # a version of tomorrow comes
        (tmp_path / "schema").mkdir()
        (tmp_path / "schema" / "9999.of-tomorrow.sql").touch()
        with monkeypatch.context() as patch:
            patch.setattr(restore_point, "ROOT", tmp_path)
            point = restore_point.take(tmp_path / "points", admin, KEY, say=lambda _: None)
        assert point is not None
        desk = opened()
        desk.conn.execute("alter table tasks.task add column of_tomorrow text")
        desk.conn.execute(
            "insert into public._yoyo_migration (migration_hash, migration_id) values ('x', '9999.of-tomorrow')"
        )
        desk.conn.commit()
        a_night(desk, SECOND, (*EVERY, "eligibility", "claim"))
        desk.plan()
        (batch,) = desk.prepare()
        desk.release(batch)
        desk.dispatch()
        keeps(desk, pages)
        sent = {x.effect_key: x.kind for x in desk.sent() if x.planned_seq == desk.seq}
        assert set(sent.values()) >= {"claim_batch", "eligibility"}
        assert len(sent) >= len(EVERY)
        assert set(desk.outcomes()) == {"accepted"}
        lost = chain.head(desk.conn, desk.seq)
        desk.conn.close()
        made, files = dict(outside.made), outside.files()[:]
        assert len(files) == 2, "the claims and the inquiry, over SFTP"
        newer = backup.take(
            tmp_path / "newer", admin, landing, pages, fernet=KEY, say=lambda _: None
        )

        # and this one again
        said: list[str] = []

        def back(source: Path) -> None:
            restore.restore(
                source, admin, lambda name: server.dsn(postgres.OWNER, name), landing, pages, fernet=KEY,
                say=said.append,
            )  # fmt: skip

        with pytest.raises(ArchiveError, match=r"does not know 9999\.of-tomorrow"):
            back(newer)
        back(point)
        assert any(f"{lost}" in line and "newer than the backup" in line for line in said)
        assert any(f"Ada Biller: release (claim_batch {str(batch)[:8]})" in line for line in said)
        desk = opened()
        assert desk.rows(COLUMNS) == columns, "the schema that it knows"

        # one night takes up all since: what can be looked up was found, what cannot is asked about
        a_night(desk, THIRD, (*EVERY, "eligibility", "claim"))
        desk.plan()
        assert desk.prepare() == []
        desk.dispatch()
        assert desk.outcomes("eligibility") == ["uncertain"]
        again = {
            x.kind for x in desk.sent() if x.outcome == "accepted" and x.planned_seq == desk.seq
        }
        assert len(again) == len(EVERY) - 1, "whoever was called in the first night is called again"
        assert outside.files() == files
        assert outside.made == made
        desk.open("2026-07-13")
        desk.work()
        assert desk.open_exceptions().count("uncertain_transmission") == 2, "claim and inquiry"
        assert outside.files() == files
        assert set(outside.times.values()) == {1}
        keeps(desk, pages)
        assert desk.broken() == []
        assert [b.check for b in invariants.check(desk.conn) if "chain" in b.check.invariant] == []
        assert chain.compare(desk.conn, pages) == []
        desk.conn.close()
