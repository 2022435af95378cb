-- depends: 0650.replaced-deliveries

-- The telephone numbers of these persons that somebody found to belong to another person: the number that was on record when
-- the call was made. A number that the record had only later is another one, and a talk with the patient after the call
-- shows that the number is right after all. Found by the person, for the persons on a page or on a list.
create function tasks.wrong_numbers(persons uuid[]) returns table (person_id uuid, digits text, said_at timestamptz)
language sql stable as $$
    with own as materialized (
        select l.person_id, l.source, l.source_id
        from identity.link as l
        where l.person_id = any(wrong_numbers.persons) and l.status = 'active' and l.retired_seq is null
    ),

    call as materialized (
        select o.person_id, f.code, f.occurred_at as at, f.known_seq
        from own as o
        inner join evidence.fact as f on f.subject_source = o.source and f.subject_id = o.source_id
        where f.kind in ('attempt', 'contact') and f.retracted_seq is null
        union all
        -- recorded by hand since the last night
        select c.person_id, d.detail ->> 'outcome', (d.detail ->> 'at')::timestamptz, null
        from cases.case_record as c
        inner join operations.decision as d
            on d.about_kind = 'case' and d.about_id = c.case_id::text and d.kind = 'record_call' and d.known_seq is null
        where c.person_id = any(wrong_numbers.persons)
            and not exists (
                select from operations.decision as b
                where b.about_kind = 'recorded_call' and b.about_id = d.decision_id::text and b.kind = 'take_back_call'
            )
    ),

    wrong as (
        select w.person_id, w.at, w.known_seq
        from call as w
        where w.code = 'wrong_number'
            and not exists (
                select from call as r
                where r.person_id = w.person_id and r.at > w.at and r.code in ('reached', 'declined')
            )
    )

    select w.person_id, regexp_replace(n.phone, '\D', '', 'g'), max(w.at)
    from wrong as w
    cross join lateral (
        -- the best record, as it stood before the night that learned of the call; at a first load both came at once
        select r.phone
        from own as o
        inner join identity.patient_record as r on r.source = o.source and r.source_id = o.source_id
        left join operations.source as s on s.source = r.source
        where o.person_id = w.person_id
            and (
                (w.known_seq is null and r.retracted_seq is null)
                or (r.known_seq < w.known_seq and coalesce(r.retracted_seq >= w.known_seq, true))
                or (
                    r.known_seq = w.known_seq
                    and not exists (
                        select from identity.patient_record as e
                        where e.source = r.source and e.source_id = r.source_id and e.known_seq < r.known_seq
                    )
                )
            )
        order by coalesce(s.is_chart, false) desc, r.replaced_by is not null, r.is_active desc, r.known_seq desc, r.source_id
        limit 1
    ) as n
    where n.phone <> ''
    group by w.person_id, n.phone
$$;

revoke all on function tasks.wrong_numbers(uuid[]) from public;
grant execute on function tasks.wrong_numbers(uuid[]) to throughline_loop, throughline_reader;

comment on function tasks.wrong_numbers(uuid[]) is 'The telephone numbers of these persons, as digits, that somebody found to belong to another person, with the moment of the newest call that did. A number that came on record later, or on which somebody spoke with the patient later, is not among them.';
