-- Persons who may not be reached out to now: asked when planned and again at the moment of sending.
create temp table w_forbidden on commit drop as
with wanted as (
    select distinct x.person_id
    from tasks.transmission as x
    where x.outcome = 'intended' and x.person_id is not null and x.kind in ('outreach', 'booking')
)

select distinct on (w.person_id) w.person_id, r.reason
from wanted as w
inner join identity.link as l
    on l.person_id = w.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f
    on f.subject_source = l.source and f.subject_id = l.source_id and f.retracted_seq is null
cross join lateral (
    select case
        when f.kind = 'death' then 'died'
        when f.kind = 'opt_out' then 'opt_out'
        when f.kind = 'hospice' then 'hospice'
        when f.kind = 'left_practice' then 'left_practice'
        when f.kind = 'admission' and f.ends_at is null and f.detail ->> 'status' <> 'finished'
            then 'admitted'
        when f.kind = 'preference' and (f.detail ->> 'confidential_address')::boolean
            and not coalesce((f.detail ->> 'has_phone')::boolean, true) then 'confidential_address'
    end as reason
) as r
where r.reason is not null
union all
select w.person_id, 'identity_doubt'
from wanted as w
where exists (
    select from identity.link as d
    where d.person_id = w.person_id and d.status = 'doubt' and d.retired_seq is null
);

update tasks.transmission as x
set outcome = 'withheld', outcome_at = %(as_of)s, outcome_seq = %(seq)s, outcome_reason = f.reason
from w_forbidden as f
where f.person_id = x.person_id and x.outcome = 'intended' and x.kind in ('outreach', 'booking')
    and x.sent_at is null;

insert into operations.prevented (seq, effect_key, kind, reason, person_id, at)
select x.outcome_seq, x.effect_key, 'contact', x.outcome_reason, x.person_id, %(as_of)s
from tasks.transmission as x
where x.outcome = 'withheld' and x.outcome_seq = %(seq)s
on conflict do nothing;

drop table w_forbidden;
