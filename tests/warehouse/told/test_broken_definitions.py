"""A night whose definitions are broken does not begin, and says why where people look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from throughline import told, warehouse
from throughline.orchestration import night
from throughline.proven import close_night
from throughline.told import status
from throughline.vocabulary import OURS, DefinitionError

BROKEN = {
    "a word of another file": ("permissions.yaml", "decide_identity: [registration]", "decide_identity: [registraton]"),
    "a practice that cannot be read": ("practice.yaml", "name: ", "name: [\nname: "),
    "a zone that is none": ("practice.yaml", "America/New_York", "America/NewYork"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_the_page_and_the_status_say_what_is_wrong(
    new_warehouse: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    from throughline import practice

    name, right, wrong = BROKEN[what]
    text = (OURS / name).read_text("utf-8")
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong, 1), "utf-8")
    dsn = new_warehouse()
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE", dsn)
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    practice.practice.cache_clear()
    try:
        with pytest.raises(DefinitionError, match=name):
            night.begin("2026-07-01")
        with warehouse.connect(dsn) as conn:
            row = conn.execute(
                "select status, failed_step, reason from operations.night"
            ).fetchone()
            assert row is not None
            assert row[:2] == ("failed", "extract_feeds: open_night")
            assert f"{tmp_path}/{name}:" in row[2]
            close_night(conn, 1)
            page = told.write_page(conn, 1, tmp_path / "pages").read_text("utf-8")
            assert f"{tmp_path}/{name}:" in page
            said = status.tell(conn)
            assert "Why the last night failed: " in said
            assert "no night begins with them" in said
            assert said.count(f"{tmp_path}/{name}:") >= 2
        (tmp_path / name).unlink()
        practice.practice.cache_clear()
        assert night.begin("2026-07-01") == 1, "the night is taken up again"
        with warehouse.connect(dsn) as conn:
            assert "Why the last night failed" not in status.tell(conn)
    finally:
        practice.practice.cache_clear()
