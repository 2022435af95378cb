"""A hundred bad files made of good ones: each is staged, an exception or a known duplicate, and counts add up."""

from __future__ import annotations

import gzip
import random

import pytest

from tests.unit.throughline.sources import wire
from tests.warehouse.quality.outbox import Outbox, claims


def good(number: int) -> bytes:
    """A file of one claim, or of one payment."""
    if number % 2:
        return claims(number)
    paid = wire.remittance(wire.payment(f"A{number}"))
    return wire.simple(wire.REMITTANCE, paid, number=number)


def mutated(rng: random.Random, number: int) -> bytes:
    """A file that something happened to."""
    one = good(number)
    at, to = sorted(rng.sample(range(len(one)), 2))
    kind = rng.randrange(10)
    return [
        one[:to],
        one[at:],
        one[:at] + one[to:],
        one + good(number + 1000),
        one[:at] + b"\x00" * (to - at) + one[to:],
        one.decode().encode(rng.choice(["utf-16", "utf-32", "cp037"])),
        gzip.compress(one)[: rng.choice([None, 40])],
        wire.siu(control=f"M{number}").encode(),
        bytes(rng.randrange(256) if rng.random() < 0.05 else byte for byte in one),
        good(rng.randrange(5)),
    ][kind]


@pytest.mark.parametrize("seed", [1, 2])
def test_each_ends_in_one_place_and_counts_add_up(outbox: Outbox, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(100):
        outbox.drop(f"file{number:03d}.dat", mutated(rng, number))
    outbox.read("2026-09-03")
    files = dict(outbox.rows("select original_name, status from landing.file"))
    assert len(files) == 100
    refused = {name for name, status in files.items() if status == "refused"}
    assert refused == set(outbox.open)
    assert set(files.values()) == {"landed", "refused", "duplicate"}
    staged = {
        name
        for (name,) in outbox.rows(
            "select f.original_name from landing.file as f"
            " inner join landing.batch_file as x on x.file_id = f.file_id"
            " inner join landing.batch as b on b.batch_id = x.batch_id where b.status = 'staged'"
        )
    }
    assert {name for name, status in files.items() if status == "landed"} <= staged
    for batch, received, pending, aside in outbox.rows(
        "select batch_id, rows_received, rows_pending, rows_quarantined from landing.batch"
    ):
        assert received == pending + aside
        assert outbox.rows(
            "select coalesce(sum(row_count), 0) from landing.batch_file where batch_id = %s", batch
        ) == [(received,)]
        assert outbox.rows(
            "select count(distinct (file_id, row_no)) from quality.quarantine where batch_id = %s",
            batch,
        ) == [(aside,)]
