-- depends: 0580.answers-are-named 0571.first-load

-- The signed notes of the visit of a case, of the types that its workflow asks for, and who signed each: whoever is asked
-- for the level of decision-making must have signed one, or name one as a coder.
create view cases.signed_note as
select distinct on (c.case_id, f.source, f.source_ref)
    c.case_id,
    f.source,
    f.source_ref as note,
    f.identifiers ->> 'document' as document,
    f.occurred_at as signed_at,
    case
        when exists (
            select from evidence.practitioner as d
            where d.source = f.source and d.source_id = s.signer and d.retracted_seq is null
        ) then (
            select max(d.npi) from evidence.practitioner as d
            where d.source = f.source and d.source_id = s.signer and d.retracted_seq is null
                and d.is_billable is not false
            having count(distinct d.npi) = 1
        )
        -- a system that sends no practitioners means those of the charts, or names them by their NPI
        when not exists (
            select from evidence.practitioner as d where d.source = f.source and d.retracted_seq is null
        ) then coalesce(
            (
                select max(d.npi) from evidence.practitioner as d
                where d.source_id = s.signer and d.retracted_seq is null
                having count(distinct d.npi) = 1 and bool_and(d.is_billable is not false)
            ),
            (
                select max(d.npi) from evidence.practitioner as d
                where d.npi = s.signer and d.retracted_seq is null
                having bool_and(d.is_billable is not false)
            )
        )
    end as signer_npi
from cases.case_record as c
inner join identity.link as l on l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f
    on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'note' and f.retracted_seq is null
left join operations.source as o on o.source = f.source
cross join lateral (select f.detail ->> 'authenticator_id' as signer) as s
where (
        coalesce(o.id_prefix, '') || (f.identifiers ->> 'encounter') = c.encounter_ref
        -- one that names its visit in another way proves the stage
        or exists (select from cases.stage as p where p.case_id = c.case_id and p.fact_id = f.fact_id)
    )
    and exists (
        select from cases.workflow_version as w
        cross join lateral jsonb_array_elements(w.definition -> 'stages') as r (rule)
        where w.workflow = c.workflow and w.version = c.version
            and (r.rule -> 'note_types' ? f.code or w.definition -> 'trigger' -> 'note_types' ? f.code)
    )
order by c.case_id, f.source, f.source_ref, f.known_seq desc, f.fact_id;

revoke all on cases.signed_note from throughline_loader, throughline_loop, throughline_reader, throughline_decider;
grant select on cases.signed_note to throughline_decider, throughline_reader;

comment on view cases.signed_note is 'The signed notes of the visit of a case, of the types that its workflow asks for: what a stated level of decision-making is about.';
comment on column cases.signed_note.case_id is 'The case.';
comment on column cases.signed_note.source is 'The system of record, by the name of its definition.';
comment on column cases.signed_note.note is 'The note, by its name in the source.';
comment on column cases.signed_note.document is 'The note, by the number that its system has for it.';
comment on column cases.signed_note.signed_at is 'When it was signed.';
comment on column cases.signed_note.signer_npi is 'The NPI of the practitioner who signed it. Null: not known, or somebody who may not bill.';

comment on column cases.do_not_bill.reason is 'charge_check: the charge is not what the documentation supports. level_not_stated: nothing says which level of decision-making the note documents. eligibility_unknown: nobody knows what the payer covers. impossible_date: the visit cannot have been on its day.';
comment on column tasks.prepared_by.kind is 'What they decided: retry, continue, confirm, state_disposition, state_level, release, record_call.';
