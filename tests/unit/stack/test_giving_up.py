"""Ctrl-C while a world starts: a second one must not make us wait for the whole start."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stack import up


def test_a_second_interrupt_still_stops_what_a_thread_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()
    tries: list[Path] = []
    said: list[str] = []

    def stop(world: Path) -> None:
        tries.append(world)
        if len(tries) == 1:
            raise KeyboardInterrupt
        stopped.set()

    monkeypatch.setattr(up, "_stop_programs", stop)
    with ThreadPoolExecutor(1) as pool:
        # the program that a start waits for, up to a minute
        work = [pool.submit(stopped.wait, 60)]
        up._give_up(tmp_path, work, said.append)
        assert work[0].result(timeout=0) is True
    assert said == ["stopping ..."]
    assert len(tries) == 3
