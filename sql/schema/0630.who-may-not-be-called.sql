-- depends: 0610.levels-stated-by-hand

-- Why nobody may call these persons as of a moment: asked for a whole night when something is about to be sent, and for the
-- persons on a page. One row for each person and reason, with the newest source that states it. Everything is found by the
-- person: for 9,000 of 30,000 persons with 600,000 facts it took 2.5 s, the statements that it replaces 6 s.
create function tasks.not_called(persons uuid[], as_of timestamptz) returns table (
    person_id uuid, reason text, occurred_at timestamptz, source text
)
language sql stable as $$
    with own as materialized (
        select l.person_id, l.source, l.source_id, l.status
        from identity.link as l
        where l.person_id = any(not_called.persons) and l.retired_seq is null and l.status in ('active', 'doubt')
    ),

    stops as (
        select o.person_id, f.kind as reason, f.occurred_at, f.source
        from own as o
        inner join evidence.fact as f on f.subject_source = o.source and f.subject_id = o.source_id
        where o.status = 'active' and f.retracted_seq is null
            and f.kind in ('death', 'opt_out', 'hospice', 'left_practice', 'admission')
            and f.occurred_at <= not_called.as_of and coalesce(f.ends_at > not_called.as_of, true)
            and not coalesce(f.kind = 'admission' and f.detail ->> 'status' = 'finished', false)
        union all
        -- whose record it is of two persons: both are in doubt
        select o.person_id, 'identity_doubt', null, d.source
        from own as o
        inner join identity.link as d on d.source = o.source and d.source_id = o.source_id
        where d.status = 'doubt' and d.retired_seq is null
        union all
        -- a refusal with a code that nobody has mapped may be one of contact
        select o.person_id, 'consent_not_mapped', null, u.source
        from own as o
        inner join evidence.unmapped as u on u.subject_source = o.source and u.subject_id = o.source_id
        where o.status = 'active' and u.retracted_seq is null and u.feed = 'consent' and u.rests
        union all
        -- an encounter that goes on, of which nobody has mapped what it is, may be a stay; a named person may have said
        -- that it is none
        select o.person_id, 'stay_not_mapped', null, u.source
        from own as o
        inner join evidence.unmapped as u on u.subject_source = o.source and u.subject_id = o.source_id
        where o.status = 'active' and u.retracted_seq is null and u.may_be_stay
            and coalesce(u.from_on <= cases.local_day(not_called.as_of), true)
            and not exists (
                select
                from cases.case_record as c
                cross join lateral (
                    select 'case' as about_kind, c.case_id::text as about_id
                    union all
                    select 'exception', e.exception_id::text
                    from operations.exception as e
                    where e.case_id = c.case_id
                ) as a
                inner join operations.decision as d on d.about_kind = a.about_kind and d.about_id = a.about_id
                where c.person_id = o.person_id and d.known_seq > u.known_seq
                    and coalesce(d.detail ->> 'action', d.kind) in ('retry', 'continue')
            )
    )

    select distinct on (s.person_id, s.reason) s.person_id, s.reason, s.occurred_at, s.source
    from stops as s
    order by s.person_id, s.reason, s.occurred_at desc nulls last, s.source
$$;

revoke all on function tasks.not_called(uuid[], timestamptz) from public;
grant execute on function tasks.not_called(uuid[], timestamptz) to throughline_loop, throughline_reader;

comment on function tasks.not_called(uuid[], timestamptz) is 'Why nobody may call these persons as of a moment, by the newest state: one row for each person and reason, with the newest source that states it. A person without a row may be called. Reasons: death, opt_out, hospice, left_practice, admission, as the facts are called; identity_doubt; consent_not_mapped, stay_not_mapped: records with a code that nobody has mapped, which may be a refusal or a stay.';
