"""The steps of a night in the order of the loop: one function for each task of the five DAGs.

Every function takes a partition key (the business date, `YYYY-MM-DD`) or a night's number, opens
its own connection, records itself in `operations.step`, and returns only numbers and ids.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from throughline import warehouse
from throughline.orchestration import metrics, notices, waiting
from throughline.orchestration.connections import LOADER, open_warehouse
from throughline.warehouse import nights

if TYPE_CHECKING:
    from throughline.quality import Counts, Verdict

log = logging.getLogger(__name__)


def begin(partition_key: str | None) -> int:
    """Take the chain's lease for a business date, open its night and register the definitions.

    Returns the night's number. Raises `LeaseHeldError` while another night holds the chain,
    `DefinitionError` for an invalid definition, `CatalogueError` for a feed with a missing part, and
    `AirflowFailException` for a run without a business date.
    """
    from throughline import definitions, evidence, sources, workflows
    from throughline.definitions import refused
    from throughline.proven import catalogue

    if not partition_key:
        raise AirflowFailException(
            "a night needs a business date: trigger with partition_key YYYY-MM-DD"
        )
    business_date = date.fromisoformat(partition_key)
    with open_warehouse() as conn:
        nights.take_lease(conn, f"night of {partition_key}", business_date)
        night = nights.open_night(conn, business_date, refused.zone(conn))
        with refused.told(conn, night.seq), warehouse.step(conn, night.seq, "open_night") as record:
            definitions.check()
            catalogue.check(conn)
            sources.register(conn, night.seq)
            evidence.register_codes(conn)
            record.rows = workflows.register(conn, night.seq)
            record.detail = {"kind": night.kind, "business_date": partition_key}
        notices.night_began(conn, night)
    return night.seq


def take_up(partition_key: str | None) -> int:
    """Return the number of the night that the previous DAG handed over.

    Raises `AirflowSkipException` if an earlier step of that night failed; the report says which.
    """
    if not partition_key:
        raise AirflowFailException("this DAG needs a business date as its partition key")
    with open_warehouse() as conn:
        night = nights.current(conn, date.fromisoformat(partition_key))
    if night.status == "failed":
        raise AirflowSkipException(f"night {night.seq} failed in an earlier step")
    return night.seq


def hand_over(partition_key: str | None, dag_id: str, failed_tasks: list[str]) -> dict[str, object]:
    """Return how this DAG ended, as the extra of the asset event that starts the next DAG.

    A failure is recorded on the night, so that later steps skip their work and the report shows it.
    """
    if not partition_key:
        return {"status": "no night"}
    with open_warehouse() as conn:
        try:
            night = nights.current(conn, date.fromisoformat(partition_key))
        except nights.NightUnknownError:
            return {"status": "failed", "failed_step": ", ".join(failed_tasks)}
        if failed_tasks and night.status == "running":
            conn.execute(
                "update operations.night set status = 'failed', failed_step = %s where seq = %s",
                (f"{dag_id}: {', '.join(failed_tasks)}", night.seq),
            )
            conn.commit()
            return {"status": "failed", "failed_step": ", ".join(failed_tasks), "seq": night.seq}
    return {"status": night.status, "seq": night.seq}


# --- extract_feeds -----------------------------------------------------------------------------


def land(source: str, seq: int) -> list[str]:
    """Fetch what a source has for the night and keep the bytes; returns the ids of its batches.

    A source that cannot be reached delays nothing: its feeds are late, and the stages they would
    have proven are unknown. One that is still preparing what we asked for is visited again, and the
    task holds no worker's slot in between: raises `AirflowRescheduleException`, until its deadline.
    """
    from throughline import sources
    from throughline.orchestration.addresses import address_of, landing_root

    definition = sources.definition(source)
    with open_warehouse(LOADER) as conn:
        night = nights.by_seq(conn, seq)
        deadline, again = waiting.deadline(conn, definition), None
        with warehouse.step(conn, seq, "land", source) as record:
            try:
                batches = sources.extract(
                    definition, address_of(definition), conn, night, landing_root(), deadline
                )
            except sources.SourceUnavailable as error:
                again = waiting.again(error, deadline)
                conn.rollback()
                log.warning("%s cannot be read tonight: %s", source, error)
                record.detail = {"waiting" if again else "unavailable": str(error)}
                if not again:
                    sources.note_not_received(conn, source, seq, definition.feeds, error)
                batches = []
            else:
                record.detail = {"batches": len(batches)}
            record.rows = sum(batch.rows for batch in batches)
    if again is not None:
        raise again
    return [str(batch.batch_id) for batch in batches]


def stage(source: str, seq: int, batch_ids: list[str]) -> list[str]:
    """Parse landed bytes into staging; returns the ids of the batches, for the gate."""
    from throughline import sources
    from throughline.orchestration.addresses import landing_root

    with open_warehouse(LOADER) as conn:
        for batch_id in batch_ids:
            with warehouse.step(conn, seq, "stage", f"{source}/{batch_id[:8]}") as record:
                staged = sources.stage(conn, batch_id, landing_root())
                record.rows = staged.rows
                record.detail = {"feed": staged.feed, "faults": staged.faults}
    return batch_ids


def gate(source: str, seq: int, batch_ids: list[str]) -> list[str]:
    """Pass a verdict on each staged batch; returns the ids of those that were stopped."""
    stopped = []
    with open_warehouse(LOADER) as conn:
        for batch_id in batch_ids:
            with warehouse.step(conn, seq, "gate", f"{source}/{batch_id[:8]}") as record:
                verdict = gate_batch(conn, batch_id)
                record.rows = verdict.rows
                record.detail = {"feed": verdict.feed, "verdict": verdict.verdict}
            if verdict.verdict == "stop":
                stopped.append(batch_id)
    return stopped


def load(source: str, seq: int, batch_ids: list[str]) -> int:
    """Merge the batches that no gate stopped into the typed records; returns rows loaded.

    First what a named person has rejected of earlier deliveries is taken back. Rows of earlier batches
    that somebody has released since are loaded as well.
    """
    from throughline import quality
    from throughline.orchestration.addresses import landing_root

    total = 0
    with open_warehouse(LOADER) as conn:
        if quality.has_rejected(conn, source):
            with warehouse.step(conn, seq, "load", f"{source}/rejected") as record:
                record.rows = quality.withdraw(conn, source, seq, landing_root())
        released = [str(one) for one in quality.released(conn, source)]
        for batch_id in dict.fromkeys([*batch_ids, *released]):
            with warehouse.step(conn, seq, "load", f"{source}/{batch_id[:8]}") as record:
                counts = load_batch(conn, batch_id, seq)
                record.rows = counts.loaded
                record.detail = {"feed": quality.feed_of(conn, batch_id), **asdict(counts)}
            total += counts.loaded
    return total


def gate_batch(conn: warehouse.Connection, batch_id: str) -> Verdict:
    """Gate a batch; parses it again first if a crash of the server lost its staged rows."""
    from throughline import quality, sources
    from throughline.orchestration.addresses import data_docs_root, landing_root

    try:
        return quality.gate(conn, batch_id, docs_root=data_docs_root())
    except quality.StagingLost as error:
        log.warning("%s", error)
        sources.stage(conn, batch_id, landing_root())
        return quality.gate(conn, batch_id, docs_root=data_docs_root())


def load_batch(conn: warehouse.Connection, batch_id: str, seq: int) -> Counts:
    """Load a batch; parses and gates it again first if a crash of the server lost its staged rows."""
    from throughline import quality, sources
    from throughline.orchestration.addresses import landing_root

    try:
        return quality.load(conn, batch_id, seq)
    except quality.StagingLost as error:
        log.warning("%s", error)
        sources.stage(conn, batch_id, landing_root())
        gate_batch(conn, batch_id)
        return quality.load(conn, batch_id, seq)


# --- build_cases -------------------------------------------------------------------------------


def link_persons(seq: int) -> None:
    """Decide whose record each new one is; before, open exceptions about files that were refused."""
    from throughline import identity, quality

    with open_warehouse() as conn, warehouse.step(conn, seq, "notice_files") as record:
        record.detail = dict(quality.notice_files(conn, seq))
    with open_warehouse() as conn, warehouse.step(conn, seq, "link_persons") as record:
        counts = identity.link_persons(conn, seq)
        record.rows, record.detail = sum(counts.values()), dict(counts)


def assert_facts(seq: int) -> None:
    """Write what the typed records state into the ledger of evidence."""
    from throughline import evidence

    with open_warehouse() as conn, warehouse.step(conn, seq, "assert_facts") as record:
        counts = evidence.assert_facts(conn, seq)
        record.rows, record.detail = sum(counts.values()), dict(counts)


def open_cases(seq: int) -> None:
    """Find the persons whose state may have changed and open the cases that are due."""
    from throughline import cases

    with open_warehouse() as conn:
        as_of = nights.by_seq(conn, seq).cut_off
        with warehouse.step(conn, seq, "build_work_list") as record:
            record.rows = cases.build_work_list(conn, seq, as_of)
        with warehouse.step(conn, seq, "open_cases") as record:
            record.rows = cases.open_cases(conn, seq, as_of)


# --- reconcile_tasks ---------------------------------------------------------------------------


def reconcile(seq: int) -> None:
    """Compare open tasks and cases with the standing evidence: the only place stages change.

    First asks receivers about requests that tasks still wait for; afterwards looks for feeds, facts
    and workflows that have fallen silent, and for money and answers that match nothing.
    """
    from throughline import cases, silence, tasks
    from throughline.orchestration.addresses import clients
    from throughline.silence import unmatched

    with open_warehouse() as conn:
        as_of = nights.by_seq(conn, seq).cut_off
        with warehouse.step(conn, seq, "ask_receivers") as record:
            answers = tasks.ask(conn, seq, clients)
            record.rows, record.detail = answers.get("asked", 0), dict(answers)
        with warehouse.step(conn, seq, "reconcile") as record:
            counts = cases.reconcile(conn, seq, as_of)
            record.rows, record.detail = sum(counts.values()), dict(counts)
        with warehouse.step(conn, seq, "settle") as record:
            record.rows = cases.settle(conn, seq)
        with warehouse.step(conn, seq, "notice_silence") as record:
            counts = silence.notice(conn, seq, as_of)
            counts |= {f"unmatched_{k}": n for k, n in unmatched.notice(conn, seq, as_of).items()}
            record.rows, record.detail = sum(counts.values()), dict(counts)


def reconcile_by_day() -> int | None:
    """Reconcile between two nights, on decisions and outcomes that came in since.

    Returns the number it ran under, or None if there is no night yet, one is running, or nothing is
    new. Cases it advances wait, with a date, for tonight's plan.
    """
    from throughline import cases, proven, quality
    from throughline.practice import practice

    with open_warehouse() as conn:
        last = nights.newest(conn)
        if last is None or last.status != "finished":
            return None
        waiting = conn.execute(
            "select count(*) from operations.decision where known_seq is null"
        ).fetchone()
        if waiting is None or not waiting[0]:
            return None
        nights.take_lease(conn, "reconcile by day", last.business_date)
        try:
            night = nights.open_night(conn, last.business_date, practice().time_zone, "intraday")
            quality.notice_files(conn, night.seq)
            cases.build_work_list(conn, night.seq, night.cut_off)
            conn.commit()
        finally:
            nights.release_lease(conn, last.business_date)
    reconcile(night.seq)
    with open_warehouse() as conn:
        proven.close_night(conn, night.seq)
    return night.seq


# --- create_tasks ------------------------------------------------------------------------------


def plan(seq: int) -> None:
    """Plan the one next task of each case that asks for one."""
    from throughline import tasks

    with open_warehouse() as conn:
        as_of = nights.by_seq(conn, seq).cut_off
        with warehouse.step(conn, seq, "plan") as record:
            counts = tasks.plan(conn, seq, as_of)
            record.rows, record.detail = sum(counts.values()), dict(counts)


def dispatch(seq: int) -> None:
    """Send what the plan asks for, each effect once, and record the outcomes."""
    from throughline import tasks
    from throughline.orchestration.addresses import clients

    with open_warehouse() as conn, warehouse.step(conn, seq, "dispatch") as record:
        counts = tasks.dispatch(conn, seq, clients())
        record.rows, record.detail = sum(counts.values()), dict(counts)


def prepare_claims(seq: int) -> list[dict[str, str]]:
    """Put prepared claims into batches that wait for a named person, and escalate old ones; returns which to ask."""
    from throughline import tasks

    with open_warehouse() as conn:
        with warehouse.step(conn, seq, "prepare_claims") as record:
            tasks.claims.prepare(conn, seq)
            record.rows = len(asked := tasks.claims.to_ask(conn, seq))
        notices.escalate(conn, seq)
    return asked


def settle(seq: int) -> None:
    """Give every open case its one next step, now that tonight's tasks exist."""
    from throughline import cases

    with open_warehouse() as conn, warehouse.step(conn, seq, "settle_plan") as record:
        record.rows = cases.settle(conn, seq)


# --- report_operations -------------------------------------------------------------------------


def check_invariants(partition_key: str | None) -> None:
    """Check the invariants on what the night changed. Raises `InvariantViolated`."""
    from throughline import proven

    seq = take_up(partition_key)
    with open_warehouse() as conn, warehouse.step(conn, seq, "check_invariants") as record:
        record.rows = proven.check_night(conn, seq)


def report(partition_key: str | None, failed_tasks: list[str]) -> str | None:
    """Write the night's numbers and page, whatever happened, and release the lease; returns the page's name."""
    from throughline import proven, told
    from throughline.orchestration.addresses import chain_root, reports_root

    if not partition_key:
        return None
    business_date = date.fromisoformat(partition_key)
    with open_warehouse() as conn:
        try:
            night = nights.current(conn, business_date)
        except nights.NightUnknownError:
            nights.release_lease(conn, business_date)
            return None
        notices.hold_chain(conn, night, chain_root())
        with warehouse.step(conn, night.seq, "close_night") as record:
            if failed_tasks and night.status == "running":
                failed = f"report_operations: {', '.join(failed_tasks)}"
                nights.finish(conn, night.seq, status="failed", failed_step=failed)
            record.detail = proven.close_night(conn, night.seq)
        with warehouse.step(conn, night.seq, "write_page"):
            page = told.write_page(conn, night.seq, reports_root())
            proven.chain.keep(conn, night.seq, chain_root())
        nights.release_lease(conn, business_date)
        metrics.emit(conn, night.seq)
    return page.name


def verdict(partition_key: str | None) -> None:
    """Fail the run when its night failed, so that the red square is where people look."""
    if not partition_key:
        return
    with open_warehouse() as conn:
        night = nights.current(conn, date.fromisoformat(partition_key))
        failed_step = "select failed_step from operations.night where seq = %s"
        row = conn.execute(failed_step, (night.seq,)).fetchone()
        notices.night_ended(conn, night)
    if night.status == "failed" and row is not None:
        raise AirflowFailException(f"night {night.seq} failed in {row[0]}")
