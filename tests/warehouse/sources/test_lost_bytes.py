"""Landed files that a disk has lost are told as that, and read as soon as they are back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.sources.test_staging import Desk, desk, patients
from throughline.orchestration.policies import RETRY_POLICY
from throughline.told import words
from throughline.warehouse import disk

__all__ = ["desk"]


def test_lost_bytes_are_named_and_nothing_of_the_delivery_is_read(desk: Desk) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1, 2), patients(3))
    file, other = sorted(path for path in desk.root.rglob("*") if path.is_file())
    kept = file.read_bytes()
    file.unlink()
    with pytest.raises(disk.BytesLostError, match=rf"lost: put {file} back, from a backup"):
        desk.stage(batch)
    desk.conn.rollback()
    assert desk.rows("select from staging.patient") == []
    assert desk.rows("select from quality.quarantine") == []
    file.write_bytes(kept)
    assert desk.stage(batch).rows == 3
    for lost in (file, other):
        lost.unlink()
    with pytest.raises(disk.BytesLostError, match="and 1 more of this delivery"):
        desk.stage(batch)


def test_a_retry_does_not_bring_them_back() -> None:
    with pytest.raises(disk.BytesLostError) as lost:
        disk.refuse_lost([Path("/nowhere/at/all")])
    decided = RETRY_POLICY.evaluate(lost.value, 1, 3)
    assert decided.action.name == "FAIL"
    assert words.ERRORS["BytesLostError"] == "the bytes of a landed file are lost"
