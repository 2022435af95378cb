-- reads: evidence.coverage, evidence.practitioner, identity.link, identity.patient_record, tasks.task,
--     tasks.transmission, tasks.transmission_task
-- makes: w_doubt
-- changes: tasks.transmission_task

-- Tonight's eligibility inquiries: one row per open eligibility task that is not in a file yet. Persons whose
-- identity is in doubt are left out.
create temp table w_doubt on commit drop as
select distinct own.person_id
from identity.link as d
inner join identity.link as own
    on own.source = d.source and own.source_id = d.source_id and own.retired_seq is null
    and own.status in ('active', 'doubt')
where d.status = 'doubt' and d.retired_seq is null;

-- A file that has been waiting since an earlier night is not sent if it asks about a person who must not, or need
-- not, be asked about any more; the others in it go into a new file.
select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, 'asked anew')
from tasks.transmission as x
where x.kind = 'eligibility' and x.outcome = 'intended' and x.sent_at is null
    and exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id
            and (t.closed_seq is not null or t.person_id in (select w.person_id from w_doubt as w))
    );

delete from tasks.transmission_task as l
using tasks.transmission as x, tasks.task as t
where x.transmission_id = l.transmission_id and t.task_id = l.task_id
    and x.kind = 'eligibility' and x.outcome = 'withheld' and x.outcome_seq = %(seq)s
    and x.outcome_reason = 'asked anew'
    and t.closed_seq is null and t.person_id not in (select w.person_id from w_doubt as w);

select
    t.task_id::text as trace,
    t.detail ->> 'payer_id' as payer_id,
    p.payer_name,
    p.member_id,
    p.family,
    p.given,
    p.birth_date,
    p.sex,
    d.npi as provider_npi,
    d.family as provider_family,
    d.given as provider_given
from tasks.task as t
-- prefer the patient record of a system that has this payer's coverage for them
inner join lateral (
    select
        c.source, c.source_id, c.family, c.given, c.birth_date, c.sex, c.general_practitioner_id, v.member_id,
        v.payer_name
    from identity.link as l
    inner join identity.patient_record as c
        on c.source = l.source and c.source_id = l.source_id and c.retracted_seq is null
        and c.replaced_by is null
    left join lateral (
        select a.member_id, a.payer_name
        from evidence.coverage as a
        where a.subject_source = c.source and a.subject_id = c.source_id and a.retracted_seq is null
            and a.payer_id = t.detail ->> 'payer_id'
            and coalesce(a.ends_on, 'infinity') >= %(business_date)s::date
        order by a.coverage_order nulls last, a.source_id
        limit 1
    ) as v on true
    where l.person_id = t.person_id and l.status = 'active' and l.retired_seq is null
    order by
        c.is_active desc, bool_or(v.member_id is not null) over (partition by c.source) desc, c.source_id, c.source
    limit 1
) as p on true
left join evidence.practitioner as d
    on d.source = p.source and d.source_id = p.general_practitioner_id and d.retracted_seq is null
where t.closed_seq is null and t.planned_seq <= %(seq)s and t.kind = 'eligibility'
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.transmission as x on x.transmission_id = l.transmission_id
        -- a file that did not arrive
        where l.task_id = t.task_id and x.outcome <> 'rejected'
    )
    and not exists (select from w_doubt as w where w.person_id = t.person_id)
order by t.detail ->> 'payer_id', t.task_id;
