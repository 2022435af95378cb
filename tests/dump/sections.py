"""The sections of a dump: for each its query, and the columns that identify a row.

Rows are complete (`to_jsonb`), so a new column shows up automatically. Only wall-clock times are left out, and the ids
of decisions, which are random and not derived.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A query that gives one `jsonb` per row, and the keys of a row in it. `%(seq)s` is the night's number."""

    query: str
    keys: tuple[str, ...]


SECTIONS: dict[str, Section] = {
    "night": Section(
        "select to_jsonb(n) - array['started_at', 'finished_at', 'code_revision', 'definition_hashes', 'counts']"
        " from operations.night as n where n.seq = %(seq)s",
        ("seq",),
    ),
    "batches": Section(
        "select to_jsonb(b) - 'received_at' || jsonb_build_object("
        "  'files', (select count(*) from landing.batch_file as f where f.batch_id = b.batch_id))"
        " from landing.batch as b where b.known_seq = %(seq)s",
        ("source", "feed", "business_date", "known_seq"),
    ),
    "freshness": Section(
        "select to_jsonb(f) - 'last_received_at' from operations.feed_freshness as f",
        ("source", "feed"),
    ),
    "quarantine": Section(
        "select to_jsonb(q) - 'decision_id' from quality.quarantine as q", ("quarantine_id",)
    ),
    "links": Section(
        "select to_jsonb(l) - 'decision_id' from identity.link as l"
        " where l.known_seq = %(seq)s or l.retired_seq = %(seq)s",
        ("source", "source_id", "person_id", "status", "known_seq"),
    ),
    "facts": Section(
        "select to_jsonb(f) from evidence.fact as f"
        " where f.known_seq = %(seq)s or f.retracted_seq = %(seq)s",
        ("source", "source_ref", "kind", "source_version"),
    ),
    "cases": Section(
        "select to_jsonb(c) from cases.case_record as c", ("workflow", "person_id", "trigger_ref")
    ),
    "stages": Section(
        "select to_jsonb(s) || jsonb_build_object('fact', (select jsonb_build_object("
        "    'source', f.source, 'source_ref', f.source_ref, 'kind', f.kind, 'version', f.source_version)"
        "  from evidence.fact as f where f.fact_id = s.fact_id))"
        " from cases.stage as s",
        ("case_id", "stage"),
    ),
    "events": Section(
        "select to_jsonb(e) - 'decision_id' from cases.event as e where e.known_seq = %(seq)s",
        ("event_id",),
    ),
    "tasks": Section(
        "select to_jsonb(t) from tasks.task as t", ("case_id", "stage", "kind", "attempt")
    ),
    "exceptions": Section(
        "select to_jsonb(e) - 'decision_id' from operations.exception as e", ("exception_id",)
    ),
    "transmissions": Section(
        "select to_jsonb(x)"
        " - array['payload', 'intended_at', 'sent_at', 'outcome_at', 'decision_id']"
        " || jsonb_build_object('bytes', encode(x.payload, 'base64'), 'was_sent', x.sent_at is not null,"
        "  'tasks', (select jsonb_agg(l.task_id order by l.task_id) from tasks.transmission_task as l"
        "   where l.transmission_id = x.transmission_id))"
        " from tasks.transmission as x",
        ("effect_key", "attempt"),
    ),
    "claims": Section("select to_jsonb(c) from tasks.claim as c", ("patient_control_number",)),
    "claim_batches": Section(
        "select to_jsonb(b) - array['payload', 'created_at', 'decision_id']"
        " || jsonb_build_object('bytes', encode(b.payload, 'base64')) from tasks.claim_batch as b",
        ("batch_id",),
    ),
    "decisions": Section(
        "select to_jsonb(d) - array['decision_id', 'decided_at'] from operations.decision as d"
        " where d.known_seq = %(seq)s",
        ("kind", "about_kind", "about_id"),
    ),
    "prevented": Section(
        "select to_jsonb(p) - 'at' from operations.prevented as p where p.seq = %(seq)s",
        ("effect_key", "reason"),
    ),
}

# What each id stands for, without names of sources, to compare practices with different source names.
NAMES = (
    "select p.person_id::text, 'person ' || coalesce(min(l.source_id) filter (where l.source <> 'pcn'),"
    "  min(l.source_id)) from identity.person as p"
    " inner join identity.link as l on l.person_id = p.person_id group by p.person_id",
    "select c.case_id::text, concat_ws(' ', 'case', c.workflow, c.person_id, c.trigger_ref)"
    " from cases.case_record as c",
    "select t.task_id::text, concat_ws(' ', 'task', t.case_id, t.stage, t.kind, t.attempt) from tasks.task as t",
    "select x.transmission_id::text, concat_ws(' ', 'transmission', x.effect_key, x.attempt)"
    " from tasks.transmission as x",
    "select f.fact_id::text, concat_ws(' ', 'fact', f.source_ref, f.kind, f.source_version) from evidence.fact as f",
    "select b.batch_id::text, concat_ws(' ', 'batch', b.feed, b.business_date, b.known_seq) from landing.batch as b",
    "select f.file_id::text, concat_ws(' ', 'file', f.sha256, f.original_name) from landing.file as f",
    "select e.exception_id::text, concat_ws(' ', 'exception', e.reason, e.about_kind, e.about_id)"
    " from operations.exception as e",
    "select c.patient_control_number, concat_ws(' ', 'claim', c.encounter_id, c.frequency_code) from tasks.claim as c",
    "select b.batch_id::text, concat_ws(' ', 'claim batch', b.payer_id, b.billing_npi, b.planned_seq, b.claim_count)"
    " from tasks.claim_batch as b",
)
