"""The settings of the embedded PostgreSQL follow the memory that it may have."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from stack import cluster


@pytest.mark.parametrize(
    ("gigabytes", "buffers", "temporary"),
    [
        (1, "256MB", "16MB"),
        (4, "1024MB", "42MB"),
        (24, "6144MB", "256MB"),
        (512, "16384MB", "512MB"),
    ],
)
def test_settings_follow_the_memory(gigabytes: int, buffers: str, temporary: str) -> None:
    said = cluster.sized(gigabytes << 30)
    assert (said["shared_buffers"], said["temp_buffers"]) == (buffers, temporary)


def test_a_control_group_limits_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, other = tmp_path / "memory.max", tmp_path / "none"
    monkeypatch.setattr(cluster, "_LIMITS", (other, limit))
    assert cluster.memory() == psutil.virtual_memory().total
    limit.write_text("max\n")
    assert cluster.memory() == psutil.virtual_memory().total
    limit.write_text(f"{1 << 29}\n")
    assert cluster.memory() == 1 << 29


def test_a_server_is_written_its_settings(tmp_path: Path) -> None:
    cluster.write_settings(tmp_path, None, durable=True)
    said = (tmp_path / "postgresql.auto.conf").read_text()
    for name, value in cluster.sized(cluster.memory()).items():
        assert f"{name} = '{value}'\n" in said
    cluster.write_settings(tmp_path, None, durable=False)
    assert "shared_buffers = '64MB'\n" in (tmp_path / "postgresql.auto.conf").read_text()
