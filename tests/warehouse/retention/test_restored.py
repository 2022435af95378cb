"""What retention removed is known as removed after an older warehouse was restored, or is there again."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.deployment.test_backup import KEY, Deployed
from throughline.deployment import backup


def test_what_retention_removed_since_is_known_after_a_restore(
    deployed: Deployed, tmp_path: Path
) -> None:
    point = backup.take(
        tmp_path / "point", deployed.dsn, None, None, fernet=KEY, say=lambda _: None
    )
    whole = deployed.back_up(tmp_path / "whole")
    deployed.rows(
        "insert into operations.removal (decision_id, kind, before_on, things)"
        " values (md5('d')::uuid, 'landed_bytes', '2026-07-07', 1);"
        " insert into landing.removed_file (path, sha256, bytes, decision_id, kind)"
        " select path, sha256, bytes, md5('d')::uuid, 'landed_bytes' from landing.file"
    )
    (deployed.landing / "2026-07-06.ndjson").unlink()
    deployed.back_up(tmp_path / "after")  # misses nothing
    deployed.restore(point)  # it holds no files
    assert deployed.rows("select path from landing.removed_file") == [("2026-07-06.ndjson",)]
    assert deployed.rows("select count(*) from operations.removal") == [(1,)]
    deployed.restore(whole)  # it brings the bytes back
    assert (deployed.landing / "2026-07-06.ndjson").is_file()
    assert deployed.rows("select count(*) from landing.removed_file") == [(0,)]
